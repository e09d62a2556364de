// What somebody sets for themselves: light or dark, where they are signed in, the password, another authenticator.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHONE, SIZES, enrol, enter, expired, moveIn, open, pressOn, remember, sound, submit } from './portal.mjs';
import { makeCompany } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

let owner;
let recovery;

stage({ demo: false }, async () => {
  owner = makeCompany(server, 'Own & Sons', 'Olga Own');
  recovery = await moveIn(browser, server, owner);
});

/** Another browser of the same person, by a recovery code: the authenticator's would have to be waited for. */
async function elsewhere() {
  const window = await open(browser);
  const { page } = window;
  page.setDefaultTimeout(10_000);
  await page.goto(`${server.url('client')}/sign-in`);
  await page.getByLabel('E-mail').fill(owner.email);
  await page.getByLabel('Password', { exact: true }).fill(owner.password);
  await submit(page);
  await page.waitForURL(/second-factor/);
  await page.getByRole('button', { name: 'Use a recovery code' }).click();
  await page.getByLabel('Recovery code').fill(recovery.pop());
  await submit(page);
  await page.waitForURL(/dashboard/);
  return window;
}

async function isOut({ page }) {
  await page.reload();
  await page.waitForURL(/sign-in/);
}

const sessions = (page) => page.getByRole('region', { name: 'Where you are signed in' });

test('a theme is chosen for this browser, and stays', async () => {
  for (const size of ['desktop', 'phone']) {
    const window = await enter(browser, server, owner, { size });
    const { page } = window;
    await window.visit('profile');
    const look = page.getByRole('group', { name: 'Light and dark' });
    await look.getByRole('button', { name: 'Dark' }).click();
    await page.locator('html[data-theme=dark]').waitFor();
    await sound(window, `chosen dark, ${size}`);
    await window.visit('tasks');
    await page.locator('html[data-theme=dark]').waitFor();
    await window.visit('profile');
    assert.equal(await look.getByRole('button', { name: 'Dark' }).getAttribute('aria-pressed'), 'true');
    await look.getByRole('button', { name: 'As the system' }).click();
    await page.locator('html:not([data-theme])').waitFor();
    await window.close();
  }
});

test('dates, times and numbers follow the region that is chosen, at once, and it stays', async () => {
  const window = await enter(browser, server, owner, { size: 'phone' });
  const { page } = window;
  await window.visit('profile');
  const card = page.getByRole('region', { name: 'Language and region' });
  const region = card.getByLabel('Region');
  const example = card.getByRole('status');
  const since = sessions(page).getByText(/signed in .*\d/).first();
  assert.match(await card.innerText(), /The words stay English/);
  assert.match(await example.innerText(), /^\d+ \w{3} 20\d\d, \d\d:\d\d and 1,204\.50$/, 'as the browser');
  for (const [tag, written, day] of [
    ['de-DE', /^\d+\. \w{3} 20\d\d, \d\d:\d\d and 1\.204,50$/, /signed in \d+\. \w{3} 20\d\d/],
    ['fr-FR', /^\d+ \w{3} 20\d\d, \d\d:\d\d and 1\u202f204,50$/, /signed in \d+ \w{3} 20\d\d/],
    ['en-US', /^\w{3} \d+, 20\d\d, \d+:\d\d [AP]M and 1,204\.50$/, /signed in \w{3} \d+, 20\d\d/],
  ]) {
    await region.selectOption(tag);
    assert.match(await example.textContent(), written, tag);
    assert.match(await since.innerText(), day, tag);
  }
  await sound(window, 'another region');
  await page.reload();
  await card.waitFor();
  assert.equal(await region.inputValue(), 'en-US');
  assert.match(await example.textContent(), /[AP]M/);
  await window.visit('leads');
  await page.getByRole('button', { name: 'New lead' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/^Value/).fill('1.250,50');
  await dialog.getByLabel('What it is about').fill('Ada Lovelace');
  await page.keyboard.press('Control+Enter');
  await dialog.getByText('Enter an amount, e.g. 1,250.50.').waitFor();
  await window.close();
});

test('without a choice the formats are those of the browser', async () => {
  const window = await enter(browser, server, owner, { locale: 'de-DE' });
  const { page } = window;
  await window.visit('profile');
  const card = page.getByRole('region', { name: 'Language and region' });
  assert.equal(await card.getByLabel('Region').inputValue(), '');
  assert.match(await card.getByRole('status').textContent(), /1\.204,50$/);
  await card.getByLabel('Region').selectOption('en-GB');
  assert.match(await card.getByRole('status').textContent(), /1,204\.50$/);
  await window.close();
});

test('a wrong password changes nothing; a new one signs out everywhere else', async () => {
  const other = await elsewhere();
  const window = await enter(browser, server, owner, PHONE);
  const { page } = window;
  await window.visit('profile');
  const card = page.getByRole('region', { name: 'Password', exact: true });
  const [current, next] = ['Current password', 'New password'].map((label) => card.getByLabel(label, { exact: true }));
  const change = card.getByRole('button', { name: 'Change the password' });
  await current.fill(owner.password);
  await next.fill('short');
  await change.click();
  await card.locator('.field-error').first().waitFor();
  await sound(window, 'a password that is too short');
  const before = owner.password;
  owner.password = `next-${before}`;
  await current.fill(before);
  await next.fill(owner.password);
  await change.click();
  await pressOn(page, change, page.getByText('Password changed, your other sessions are signed out'));
  assert.equal(await current.inputValue(), '', 'the old one is not kept on the page');
  await isOut(other);
  await page.reload();
  await card.waitFor();
  await remember(window, owner);
  await window.close();
  await other.close();
});

test('another authenticator takes the place of the first, by way of a recovery code', async () => {
  const window = await enter(browser, server, owner, { size: 'phone', theme: 'light' });
  const { page } = window;
  await window.visit('profile');
  await page.getByRole('button', { name: 'Use another authenticator' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Your password', { exact: true }).fill(owner.password);
  await dialog.getByLabel('Present code').fill('000000');
  await sound(window, 'the question for the present authenticator');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.locator('.field-error, [role=alert]').first().waitFor();
  await dialog.getByLabel('Present code').fill(recovery.pop());
  const go = dialog.getByRole('button', { name: 'Go on' });
  const picture = dialog.getByRole('img', { name: /QR code/ });
  await go.click();
  await pressOn(page, go, picture);
  await sound(window, 'the new key');
  const first = owner.totp_secret;
  recovery = await enrol(page, owner, dialog);
  assert.notEqual(owner.totp_secret, first);
  assert.equal(new Set(recovery).size, 10);
  await sound(window, 'new recovery codes');
  await dialog.getByRole('button', { name: 'I kept them' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'New recovery codes' }).click();
  await dialog.getByLabel('Present code').waitFor();
  await sound(window, 'asking for new recovery codes');
  await remember(window, owner);
  await window.close();
});

test('who was away for long is told why a sign-in is asked for, and is led back', async () => {
  const window = await enter(browser, server, owner);
  const { page } = window;
  await window.visit('dashboard');
  await page.route(/Service\/(?!Me$)/, (route) => route.fulfill(expired()));
  await page.getByRole('link', { name: 'Team' }).first().click();
  await page.waitForURL(/sign-in\?next=/);
  await page.getByText('Your session has expired.').waitFor();
  await page.setViewportSize(SIZES.phone);
  await sound(window, 'the sign-in after a session has ended');
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  // The session goes on at the server, and with it the page that was asked for.
  await page.reload();
  await page.waitForURL(/client\/team/);
  await window.close();
});

test('sessions are listed, and ended one by one or all at once', async () => {
  const [first, second] = [await elsewhere(), await elsewhere()];
  const window = await enter(browser, server, owner);
  const { page } = window;
  await window.visit('profile');
  const list = sessions(page);
  await list.getByText('This one').waitFor();
  const ends = list.getByRole('button', { name: /^Sign out (?!everywhere)/ });
  const known = await ends.count();
  assert.ok(known >= 2, `two others: ${known}`);
  await ends.first().click();
  await page.getByText('Signed out there').waitFor();
  await page.waitForFunction((left) => [...document.querySelectorAll('main li button')].filter((one) => /^Sign out/.test(one.textContent)).length === left, known - 1);
  await list.getByRole('button', { name: 'Sign out everywhere' }).click();
  await page.getByRole('dialog', { name: 'Sign out everywhere?' }).waitFor();
  await sound(window, 'the question before signing out everywhere');
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
  await page.waitForURL(/sign-in/);
  assert.equal(await page.getByText(/expired|without activity/).count(), 0, 'who leaves knows why');
  for (const one of [first, second]) await isOut(one);
  assert.deepEqual(window.problems, []);
  for (const one of [window, first, second]) await one.close();
});
