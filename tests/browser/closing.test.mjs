// An owner asks to delete the company, everybody sees when it happens, and the owner cancels it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { enter, freshCode, holdsInEachLook } from './portal.mjs';
import { COMPANY, accountOf } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

let owner;
let colleague;
let account;
let staff;

stage({}, async () => {
  account = accountOf(server, 'OWNER');
  staff = accountOf(server, 'STAFF');
  owner = await enter(browser, server, account);
  colleague = await enter(browser, server, staff);
});

const line = ({ page }) => page.getByText(/This company will be deleted on/);

describe('the end of a company', () => {
  test('is asked for with its name, password and code', async () => {
    const { page } = owner;
    await colleague.visit('customers');
    await owner.visit('settings/data');
    await page.getByRole('button', { name: 'Delete company' }).click();
    const ask = page.getByRole('dialog', { name: 'Delete this company?' });
    await ask.getByLabel(`Type “${COMPANY}”`).fill('harrow');
    await ask.getByLabel('Your password').fill(account.password);
    await ask.getByRole('button', { name: 'Delete company' }).click();
    await ask.getByText(/exactly as it is written/).waitFor();
    await ask.getByLabel(`Type “${COMPANY}”`).fill(COMPANY);
    await ask.getByLabel('Code of your authenticator').fill(await freshCode(account.totp_secret));
    await ask.getByRole('button', { name: 'Delete company' }).click();
    await ask.waitFor({ state: 'hidden' });
    await line(owner).waitFor();
    await page.getByText(/has asked for it/).waitFor();
    await holdsInEachLook(page, 'the settings of a company that is deleted soon');
  });

  test('leaves a phone room for one line: that of a lost connection, while it is lost', async () => {
    const phone = await enter(browser, server, staff, { size: 'phone' });
    await phone.visit('customers');
    await line(phone).waitFor();
    await phone.context.setOffline(true);
    await phone.page.getByText(/Offline since/).waitFor();
    await line(phone).waitFor({ state: 'hidden' });
    await phone.context.setOffline(false);
    await line(phone).waitFor();
    await phone.close();
  });

  test('stands on every page of everybody, and only owners cancel it', async () => {
    await line(colleague).waitFor();
    assert.equal(await colleague.page.getByRole('button', { name: 'Cancel deletion' }).count(), 0);
    await owner.visit('dashboard');
    await line(owner).waitFor();
    await owner.page.getByRole('button', { name: 'Cancel deletion' }).click();
    await line(owner).waitFor({ state: 'hidden' });
    await line(colleague).waitFor({ state: 'hidden' });
  });

  test('asks nothing that a browser complains about', () => assert.deepEqual([...owner.problems, ...colleague.problems], []));
});
