// From the first call of a program to the look of the support: a company is registered, its owner and the provider find it, the
// operator asks for a support session, the owner accepts, and both sides read afterwards what was done.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { enter, enterPortal, holdsInEachLook, listed, moveIn, open, rows, settled, submit, takeOn } from './portal.mjs';
import { NORTHWIND, importCustomers, mailTo, registerCompany } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

const COMPANY = 'Curlew Med Spa';
const PASSWORD = 'a-Quiet-harbour-41-lamps';
const WHY = 'They say that the list of customers is empty.';
const WORK = 'Order syringes';
let owner;
let operator;

stage({ demo: false }, async () => {
  operator = await enterPortal(browser, server, 'provider');
});

describe('a company that a program registers', () => {
  test('is its owner’s after a password by way of a mail', async () => {
    const account = await registerCompany(server, COMPANY, 'K-4001');
    const door = await open(browser);
    const { page } = door;
    await page.goto((await mailTo(server, account.email)).match(/https?:\/\/\S+/)[0]);
    account.password = PASSWORD;
    await page.getByLabel('New password', { exact: true }).fill(account.password);
    await submit(page);
    await page.getByText('Your password is changed').waitFor();
    assert.deepEqual(door.problems, []);
    await door.close();
    await moveIn(browser, server, account);
    importCustomers(server, account, NORTHWIND);
    owner = await enter(browser, server, account);
    await owner.visit('customers');
    await rows(owner.page).first().waitFor();
    await owner.visit('tasks');
    await owner.page.getByRole('textbox', { name: 'What is to be done' }).fill(WORK);
    await owner.page.getByRole('button', { name: 'Add task' }).click();
    await owner.page.locator('.task-row', { hasText: WORK }).waitFor();
    await owner.page.locator('.org-name').getByText(COMPANY).first().waitFor();
  });

  test('is seen by the provider, with how it came', async () => {
    const { page } = operator;
    await (await listed(page, server, COMPANY)).click();
    const timeline = page.locator('.timeline');
    await timeline.getByText('Registered', { exact: true }).waitFor();
    await timeline.getByText(/^Link handshake done/).waitFor();
    await page.getByRole('heading', { name: 'Support sessions' }).waitFor();
  });
});

describe('a support session', () => {
  test('is asked for with password, code and a reason', async () => {
    const { page } = operator;
    await page.getByRole('button', { name: 'Request support session' }).click();
    await takeOn(page, operator.account, 'support');
    const ask = page.getByRole('dialog', { name: 'Request a support session' });
    await ask.getByLabel('Why').fill('too short');
    await ask.getByRole('button', { name: 'Ask the company' }).click();
    await ask.locator('.field-error').getByText(/20/).waitFor();
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
    const take = async () => {
      await page.getByRole('button', { name: /^Open\b/ }).click();
      await page.waitForURL(/support-session#/);
      return page.url();
    };
    const link = await take();
    // Who goes back before using it has lost nothing.
    for (const look of [() => undefined, () => page.reload()]) {
      await page.goBack();
      await look();
      await settled(page);
      assert.equal(await take(), link);
    }
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

  test('shows the work and how it is set up, and leaves both as they are', async () => {
    const { page } = operator;
    const inside = page.url().replace(/client\/.*/, 'client');
    await page.goto(`${inside}/settings/work-orders`);
    await settled(page);
    await page.getByText('Treatment', { exact: true }).waitFor();
    await page.getByText('Contraindications asked').waitFor();
    assert.equal(await page.locator('main').getByRole('button', { name: /New type|Change |Move / }).count(), 0);
    await holdsInEachLook(page, 'the work orders of a support session');
    await page.goto(`${inside}/tasks`);
    await settled(page);
    await page.getByRole('button', { name: 'Everyone’s' }).click();
    const task = page.locator('.task-row', { hasText: WORK });
    await task.waitFor();
    assert.ok(await task.getByRole('checkbox', { name: `Done: ${WORK}` }).isDisabled());
    assert.equal(await page.getByRole('textbox', { name: 'What is to be done' }).count(), 0);
    await holdsInEachLook(page, 'the tasks of a support session');
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
