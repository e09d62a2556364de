// The drill in a browser: the provider portal's database goes away, the break-glass account gets in and looks, the database comes back
// and the session ends; once a file that is moved, once a PostgreSQL that is stopped. Also the pages that only this portal has.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accessible, enterPortal, freshCode, holdsInEachLook, nextCode, open, settled, signIn } from './portal.mjs';
import { browser, server, stage } from './stage.mjs';

let url;
let window;
const nia = { email: 'nia@example.com', password: 'seven purple gliders 42' };

async function come() {
  url = server.url('provider');
  window = await enterPortal(browser, server, 'provider');
  window.page.setDefaultTimeout(15_000);
}

const DRILL = 'the break-glass account gets in while the database is away, and out when it is back';

async function drill() {
  const { page, problems, account } = window;
  server.database.lose();
  const lost = Date.now();
  // An open page notices at its next call.
  while (!(await page.getByText('Recovery Mode.').isVisible())) {
    assert.ok(Date.now() - lost < 20_000, 'no banner');
    await page.reload();
    await page.waitForTimeout(500);
  }
  await page.getByRole('heading', { name: 'Break-glass sign-in' }).waitFor();
  await holdsInEachLook(page, 'break-glass sign-in');
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.locator('.otp-input').fill(await nextCode(account.totp_secret));
  await page.getByRole('button', { name: 'Enter Recovery Mode' }).click();
  await page.getByRole('heading', { name: 'Recovery', exact: true }).waitFor();
  await page.getByText('Out of reach').first().waitFor();
  await holdsInEachLook(page, 'recovery view');
  await page.getByRole('button', { name: 'Probe now' }).click();
  await page.getByText(/The database:/).waitFor();
  await page.getByRole('button', { name: 'Restart jobs' }).click();
  await page.getByText('Jobs were restarted').waitFor();
  await page.locator('.recovery-log li', { hasText: 'RestartJobs' }).getByText('OK').waitFor();

  server.database.bringBack();
  await page.waitForURL(/sign-in/, { timeout: 15_000 });
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.deepEqual(problems, []);
}

describe('the provider portal on a file', () => {
  stage({ demo: false }, come);

  test('a person is added and sets the account up by the link', async () => {
    const { page, problems } = window;
    await page.goto(`${url}/provider/admins`);
    await holdsInEachLook(page, 'admins');
    await page.getByRole('button', { name: 'Add a person' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('E-mail').fill(nia.email);
    await dialog.getByLabel('Name').fill('Nia New');
    await accessible(page, 'adding a person');
    await dialog.getByRole('button', { name: 'Add and show the link' }).click();
    const link = await page.locator('dialog .secret').innerText();
    assert.match(link, /\/set-up#token=/);
    await page.getByRole('button', { name: 'I handed it over' }).click();
    await page.getByText('Link not used yet').waitFor();

    const other = await open(browser);
    await other.page.goto(link);
    await holdsInEachLook(other.page, 'set-up');
    nia.totp_secret = (await other.page.locator('.secret').textContent()).replaceAll(' ', '');
    await other.page.getByLabel('New password', { exact: true }).fill(nia.password);
    await other.page.locator('.otp-input').fill(await freshCode(nia.totp_secret));
    await other.page.getByRole('button', { name: 'Finish' }).click();
    await other.page.getByText('You can sign in now.').waitFor();
    await other.page.goto(link);
    await other.page.getByText('This link was used already').waitFor();
    await holdsInEachLook(other.page, 'a link that was used');
    assert.deepEqual([...problems, ...other.problems], []);
    await other.close();
  });

  test('a viewer looks and changes nothing, and is out once disabled', async () => {
    const { page, problems } = window;
    const other = await open(browser);
    await signIn(other.page, url, nia);
    for (const name of ['admins', 'settings']) {
      await other.page.goto(`${url}/provider/${name}`);
      await settled(other.page);
      await other.page.getByText(name === 'admins' ? nia.email : 'Allowed networks').first().waitFor();
      assert.equal(await other.page.locator('main').getByRole('button').count(), 0, `${name}: nothing to change`);
    }

    await page.goto(`${url}/provider/admins`);
    const ask = async (what) => {
      await page.getByRole('button', { name: 'Change Nia New' }).click();
      await page.getByRole('menuitem', { name: what }).click();
      await page.getByRole('dialog').waitFor();
    };
    await ask('Disable');
    await holdsInEachLook(page, 'disabling a person');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await ask('New link');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await ask('Disable');
    await page.getByRole('button', { name: 'Disable the account' }).click();
    await page.getByText('Disabled').waitFor();
    await other.page.reload();
    await other.page.waitForURL(/sign-in/);
    assert.deepEqual([...problems, ...other.problems], []);
    await other.close();
  });

  test('a setting is changed and told in the audit', async () => {
    const { page, problems } = window;
    await page.goto(`${url}/provider/settings`);
    await holdsInEachLook(page, 'settings');
    await page.getByRole('button', { name: 'Change All tenants together' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('250');
    await page.getByRole('button', { name: 'Save setting' }).click();
    await page.getByText('250 EUR a month').waitFor();
    // What Recovery Mode needs is kept outside the database by a command, and the page says where that is behind.
    const behind = page.getByText(/In Recovery Mode this server would go by the usual values/);
    assert.equal(await behind.count(), 0);
    await page.getByRole('button', { name: 'Change Allowed networks' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill('127.0.0.0/8');
    await page.getByRole('button', { name: 'Save setting' }).click();
    await behind.waitFor();
    await holdsInEachLook(page, 'settings that the mirror lacks');
    assert.deepEqual(problems, []);
  });

  test(DRILL, drill);
});

describe('the provider portal on PostgreSQL', () => {
  // Each request that fails before it is noticed would be three lines.
  stage({ demo: false, postgres: true, settings: { STREAMFLOW_LOG: 'error,streamflow_kernel=off' } }, come);

  test(DRILL, drill);
});
