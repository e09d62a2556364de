// The ways into the client portal besides a plain sign-in: setting up an authenticator, a recovery code, a mailed code, a forgotten
// password, wrong turns. Each page is accessible, fits and is quiet in both sizes.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { SIZES, TWO_LOOKS, enrol, enrolWrongly, enter, moveIn, open, pressOn, refusal, settled, signInToEnrol, sound, submit } from './portal.mjs';
import { mailTo, makeCompany } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

let url;

stage({ demo: false }, () => {
  url = server.url('client');
});

async function come(look) {
  const opened = await open(browser, look);
  opened.page.setDefaultTimeout(15_000);
  return opened;
}

/** With the right password, as far as the question for a code. */
async function toSecondFactor(page, account) {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await submit(page);
  await page.waitForURL(/second-factor/);
  await page.getByLabel('Six-digit code').waitFor();
}

/** The code of the newest mail to somebody, once that is one with a code. */
async function mailedCode(email) {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const code = (await mailTo(server, email)).match(/^\d{4} \d{4}/m);
    if (code) return code[0];
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no code for ${email}`);
}

async function typeRecoveryCode(page, code) {
  await page.getByRole('button', { name: 'Use a recovery code' }).click();
  await page.getByLabel('Recovery code').fill(code);
  await submit(page);
}

for (const look of TWO_LOOKS) {
  describe(`the doors: ${look.size}, ${look.theme}`, () => {
    let account;

    before(() => {
      account = makeCompany(server, `Doors ${look.size}`, `Dora ${look.size}`);
    });

    test('an owner sets up an authenticator with the key that is shown, and is asked for it from then on', async () => {
      const opened = await come(look);
      const { page } = opened;
      await signInToEnrol(page, url, account);
      await sound(opened, 'setting up an authenticator');
      await enrolWrongly(page);
      await sound(opened, 'a wrong code');
      account.recovery = await enrol(page, account);
      assert.equal(new Set(account.recovery).size, 10, 'recovery codes');
      await sound(opened, 'recovery codes');
      const file = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Save as a file' }).click();
      assert.equal((await file).suggestedFilename(), 'streamflow-recovery-codes.txt');
      await page.getByRole('button', { name: 'I kept them, continue' }).click();
      await page.waitForURL(/dashboard/);
      await page.getByText('No figures yet').waitFor();
      await sound(opened, 'the dashboard of an empty company');
      await opened.close();
    });

    test('the sign-in says what is wrong', async () => {
      const opened = await come(look);
      const { page } = opened;
      await page.goto(`${url}/sign-in`);
      await page.getByLabel('E-mail').waitFor();
      await sound(opened, 'the sign-in');
      await submit(page);
      await page.getByText('Enter your e-mail address.').waitFor();
      await page.getByText('Enter your password.').waitFor();
      await sound(opened, 'an empty sign-in');
      await page.getByLabel('E-mail').fill('nobody@example.com');
      await page.getByLabel('Password', { exact: true }).fill('not the password');
      await submit(page);
      await refusal(page).waitFor();
      assert.match(page.url(), /sign-in/);
      await opened.close();
    });

    test('a recovery code signs in once', async () => {
      const opened = await come(look);
      const { page } = opened;
      const code = account.recovery.pop();
      await toSecondFactor(page, account);
      await sound(opened, 'the second factor');
      await page.getByLabel('Six-digit code').fill('12345');
      await submit(page);
      await page.getByText('Type all six digits.').waitFor();
      await typeRecoveryCode(page, code);
      await page.waitForURL(/dashboard/);
      await opened.context.clearCookies();
      await toSecondFactor(page, account);
      await typeRecoveryCode(page, code);
      await refusal(page).waitFor();
      await sound(opened, 'a recovery code that was used');
      await page.getByRole('button', { name: 'Start over' }).click();
      await page.waitForURL(/sign-in/);
      await opened.close();
    });

    test('a mailed code takes the place of the password, and not of the second factor', async () => {
      const opened = await come(look);
      const { page } = opened;
      await page.goto(`${url}/sign-in`);
      const ask = page.getByRole('button', { name: 'E-mail me a code' });
      await ask.click();
      await page.getByText('Enter your e-mail address.').waitFor();
      await sound(opened, 'a code for nobody');
      await page.getByLabel('E-mail').fill(account.email);
      await ask.focus();
      await page.keyboard.press('Enter');
      const field = page.getByLabel('Code from the mail');
      await field.waitFor();
      await page.waitForFunction(() => document.activeElement.name === 'code' || document.activeElement.autocomplete === 'one-time-code');
      assert.equal(await field.getAttribute('autocomplete'), 'one-time-code');
      assert.equal(await page.title(), 'Look in your mail · StreamFlow Client');
      assert.equal(await page.getByRole('button', { name: 'Send another code' }).getAttribute('aria-disabled'), 'true', 'a minute has to pass');
      await sound(opened, 'a code on its way');
      await page.getByRole('button', { name: 'Use the password' }).click();
      assert.equal(await page.getByLabel('E-mail').inputValue(), account.email, 'nobody types it twice');
      await ask.click();
      const code = await mailedCode(account.email);
      await field.fill('0000');
      await submit(page);
      await page.getByText('Enter the eight digits of the mail.').waitFor();
      await field.fill(code === '0000 0000' ? '11111111' : '00000000');
      await submit(page);
      await page.getByText('That code is not right').waitFor();
      await sound(opened, 'a wrong code from the mail');
      await field.fill(code);
      await submit(page);
      await pressOn(page, page.getByRole('button', { name: 'Sign in', exact: true }), page.getByLabel('Six-digit code'));
      await page.waitForURL(/second-factor/);
      await typeRecoveryCode(page, account.recovery.pop());
      await page.waitForURL(/dashboard/);
      await opened.close();
    });

    test('a forgotten password is replaced by way of a mail, and the second factor stays', async () => {
      const opened = await come(look);
      const { page } = opened;
      await page.goto(`${url}/sign-in`);
      await page.getByLabel('E-mail').fill(account.email);
      await page.getByRole('link', { name: 'Forgot it?' }).click();
      await page.getByRole('button', { name: 'Send the link' }).waitFor();
      assert.equal(await page.getByLabel('E-mail').inputValue(), account.email, 'nobody types it twice');
      await sound(opened, 'asking for a link');
      await page.getByRole('button', { name: 'Send the link' }).click();
      await page.getByText('a link is on its way').waitFor();
      await sound(opened, 'a link on its way');
      const link = (await mailTo(server, account.email)).match(/https?:\/\/\S+/)[0];
      await page.goto(link);
      await page.getByLabel('New password', { exact: true }).fill('short');
      await submit(page);
      await refusal(page).waitFor();
      await sound(opened, 'a password that is too short');
      const before = account.password;
      account.password = `new-${before}`;
      await page.getByLabel('New password', { exact: true }).fill(account.password);
      await submit(page);
      await page.getByText('Your password is changed').waitFor();
      await sound(opened, 'a new password');
      await page.goto(link);
      await page.getByLabel('New password', { exact: true }).fill('another-Quiet-harbour-41');
      await submit(page);
      await page.getByRole('alert').waitFor();
      await page.goto(`${url}/sign-in`);
      await page.getByLabel('E-mail').fill(account.email);
      await page.getByLabel('Password', { exact: true }).fill(before);
      await submit(page);
      await refusal(page).waitFor();
      await page.getByLabel('Password', { exact: true }).fill(account.password);
      const digits = page.getByLabel('Six-digit code');
      await submit(page);
      await pressOn(page, page.getByRole('button', { name: 'Sign in', exact: true }), digits);
      await typeRecoveryCode(page, account.recovery.pop());
      await page.waitForURL(/dashboard/);
      await opened.close();
    });

    test('an address that leads nowhere says so', async () => {
      const opened = await come(look);
      const { page } = opened;
      await page.goto(`${url}/nowhere`);
      await page.getByRole('heading', { name: 'No such page' }).waitFor();
      await sound(opened, 'no such page');
      await page.goto(`${url}/reset/confirm`);
      await page.getByText('This link is not complete').waitFor();
      await sound(opened, 'half a link');
      await page.goto(`${url}/nowhere`);
      await page.getByRole('link', { name: 'Go to your workspace' }).click();
      await page.waitForURL(/sign-in/);
      await opened.close();
    });
  });
}

describe('whoever works in two companies', () => {
  for (const look of TWO_LOOKS) {
    test(`goes from one to the other: ${look.size}, ${look.theme}`, async () => {
      const { size } = look;
      const first = makeCompany(server, `First ${size}`, `Tara Two ${size}`);
      await moveIn(browser, server, first);
      const second = makeCompany(server, `Second ${size}`, `Tara Two ${size}`);
      const window = await enter(browser, server, first, look);
      const { page } = window;
      await window.visit('dashboard');
      await page.getByRole('button', { name: size === 'phone' ? 'More' : /switch company/ }).click();
      const other = page.getByRole(size === 'phone' ? 'button' : 'menuitem', { name: new RegExp(`Second ${size}`) });
      await other.waitFor();
      await sound(window, 'the choice of a company');
      if (size === 'phone') await other.scrollIntoViewIfNeeded();
      const box = await other.boundingBox();
      const { width, height } = SIZES[size];
      assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height, `in sight: ${JSON.stringify(box)}`);
      await other.click();
      await page.waitForURL(new RegExp(`/tenant/${second.tenant}/client/dashboard`));
      await settled(page);
      await page.goto(page.url().replace('dashboard', 'profile'));
      await page.locator('main').getByText(`Second ${size}`).waitFor();
      assert.deepEqual(window.problems, []);
      await window.close();
    });
  }
});
