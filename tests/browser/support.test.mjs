// A support session: the operator asks for it, an owner accepts, and both sides read afterwards what was done.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { enter, freshCode, holdsInEachLook, launch, listed, open, settled, signIn } from './portal.mjs';
import { startServer } from './server.mjs';

const COMPANY = 'Harrow & Pike';
const WHY = 'They say that the list of customers is empty.';
let server;
let browser;
let owner;
let operator;

before(async () => {
  server = await startServer();
  browser = await launch();
  const account = server.accounts.find((one) => one.role === 'OWNER' && one.company === COMPANY);
  owner = await enter(browser, server, account);
  operator = await open(browser);
  operator.account = server.operators.find((one) => one.portal === 'provider');
  await signIn(operator.page, server.url('provider'), operator.account);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function toTenant() {
  await (await listed(operator.page, server, COMPANY)).click();
  await operator.page.getByRole('heading', { name: 'Support sessions' }).waitFor();
}

describe('a support session', () => {
  test('is asked for with password, code and a reason', async () => {
    const { page } = operator;
    await toTenant();
    await page.getByRole('button', { name: 'Request support session' }).click();
    const confirm = page.getByRole('dialog', { name: 'Confirm that it is you' });
    await confirm.getByLabel('Password', { exact: true }).fill(operator.account.password);
    await confirm.getByLabel('Code of your authenticator').fill(await freshCode(operator.account.totp_secret));
    await confirm.getByRole('button', { name: 'Confirm' }).click();
    const ask = page.getByRole('dialog', { name: 'Request a support session' });
    await ask.getByLabel('Why').fill('too short');
    await ask.getByRole('button', { name: 'Ask the company' }).click();
    await ask.getByText(/20/).first().waitFor();
    await ask.getByLabel('Why').fill(WHY);
    await ask.getByRole('button', { name: 'Ask the company' }).click();
    await page.getByText('Waits for the company').waitFor();
    await page.getByText('You have the right “support”.').waitFor();
    await holdsInEachLook(page, 'a tenant with a request');
    // The program begins anew, and the right is still counted down.
    await page.reload();
    await page.getByText('You have the right “support”.').waitFor();
  });

  test('waits for an owner, who is told and accepts', async () => {
    const { page } = owner;
    await owner.visit('inbox');
    await page.getByText(/of the support asks to look at your company/).first().waitFor();
    await owner.visit('settings/support');
    await page.getByText('Waits for your answer').waitFor();
    await page.getByText(WHY).waitFor();
    await holdsInEachLook(page, 'the settings of support');
    await page.getByRole('button', { name: /^Accept/ }).click();
    await page.getByText(/May look, opened before/).waitFor();
  });

  test('shows the company without personal data, and does nothing to it', async () => {
    const { page } = operator;
    await page.getByRole('button', { name: /^Open\b/ }).click();
    await page.getByRole('button', { name: 'Open the support session' }).click();
    await page.waitForURL(/\/tenant\/.*\/client\/dashboard/);
    await page.getByRole('button', { name: 'Leave' }).waitFor();
    await holdsInEachLook(page, 'the dashboard of a support session');
    await page.goto(page.url().replace('dashboard', 'customers'));
    await settled(page);
    await page.getByText('••••').first().waitFor();
    assert.equal(await page.getByText('@').count(), 0, 'an e-mail address is shown');
    assert.equal(await page.getByRole('button', { name: 'New customer' }).count(), 0);
    await page.locator('main table a, main [role=row] a').first().click();
    await settled(page);
    await page.getByText('••••').first().waitFor();
    await holdsInEachLook(page, 'a customer in a support session');
  });

  test('is left, and both audits have it', async () => {
    const { page } = operator;
    await page.getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('button', { name: 'Leave' }).waitFor({ state: 'detached' });
    await owner.visit('audit');
    await owner.page.locator('main').getByText(/support/i).first().waitFor();
    await page.goto(`${server.url('provider')}/provider/audit`);
    await settled(page);
    await page.locator('main').getByText(/support/i).first().waitFor();
  });

  test('asks nothing that a browser complains about', () => assert.deepEqual([...owner.problems, ...operator.problems], []));
});
