// Signing in with GitHub: connected in the profile, then from the button on the sign-in page to the dashboard, and what becomes of
// those who may not.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startGithub } from './github.mjs';
import { TWO_LOOKS, enter, freshCode, moveIn, open, refusal, settled, sound, submit } from './portal.mjs';
import { mailTo, makeCompany } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

const github = await startGithub();
after(() => github.stop());
stage({ demo: false, settings: github.settings });

const card = (page) => page.getByRole('region', { name: 'GitHub' });

/** At GitHub, where this is asked. */
async function answer(page, word) {
  await page.waitForURL(/login\/oauth\/authorize/);
  await page.getByRole('link', { name: word }).click();
}

async function connect(page, account) {
  await card(page).getByRole('button', { name: 'Connect GitHub' }).click();
  const dialog = page.getByRole('dialog', { name: 'Connect GitHub' });
  await dialog.getByLabel('Your password').fill(account.password);
  await dialog.getByLabel('Present code').fill(await freshCode(account.totp_secret));
  await dialog.getByRole('button', { name: 'Go on to GitHub' }).click();
}

/** From the sign-in page to GitHub and back. */
async function come(page, word = 'Authorize') {
  await page.getByRole('button', { name: 'Continue with GitHub' }).click();
  await answer(page, word);
}

for (const look of TWO_LOOKS) {
  describe(`with GitHub: ${look.size}, ${look.theme}`, () => {
    let account;

    before(async () => {
      github.account = { id: look.size === 'phone' ? 2 : 1, login: `octo-${look.size}` };
      account = makeCompany(server, `Octo ${look.size}`, `Otto ${look.size}`);
      await moveIn(browser, server, account);
    });

    test('an account that nobody has connected is told what to do first', async () => {
      const opened = await open(browser, look);
      const { page } = opened;
      await page.goto(`${server.url('client')}/sign-in`);
      await page.getByRole('button', { name: 'Continue with GitHub' }).waitFor();
      await sound(opened, 'the sign-in with GitHub on it');
      await come(page);
      await page.getByRole('alert').getByText('connect it in your profile').waitFor();
      assert.equal(new URL(page.url()).search, '', 'the code is out of the address');
      await sound(opened, 'not connected');
      await page.getByRole('link', { name: 'Back to signing in' }).click();
      await page.waitForURL(/sign-in$/);
      await come(page, 'Cancel');
      await page.getByText('You did not let GitHub tell us who you are').waitFor();
      assert.equal(new URL(page.url()).search, '');
      await sound(opened, 'refused at GitHub');
      await opened.close();
    });

    test('an account is connected in the profile, with password and code', async () => {
      const window = await enter(browser, server, account, look);
      const { page } = window;
      await window.visit('profile');
      await card(page).getByText('Not connected').waitFor();
      await card(page).getByRole('button', { name: 'Connect GitHub' }).click();
      const dialog = page.getByRole('dialog', { name: 'Connect GitHub' });
      await dialog.getByLabel('Your password').fill('not the password');
      await submit(page.locator('dialog[open]'));
      await refusal(page).waitFor();
      await sound(window, 'connecting with a wrong password');
      await page.keyboard.press('Escape');
      await connect(page, account);
      await answer(page, 'Authorize');
      await page.waitForURL(/client\/profile$/);
      await card(page).getByText(github.account.login).waitFor();
      await card(page).getByText('Connected', { exact: true }).waitFor();
      await settled(page);
      await sound(window, 'connected');
      assert.match(await mailTo(server, account.email), /GitHub/);
      await window.close();
    });

    test('the button leads to the page that was asked for, past the code of the authenticator', async () => {
      const opened = await open(browser, look);
      const { page } = opened;
      await page.goto(`${server.url('client')}/tenant/${account.tenant}/client/tasks`);
      await page.waitForURL(/sign-in/);
      await come(page);
      await page.waitForURL(/second-factor/);
      await page.getByLabel('Six-digit code').fill(await freshCode(account.totp_secret));
      await page.waitForURL(new RegExp(`/tenant/${account.tenant}/client/tasks`));
      await settled(page);
      await page.goto(`${server.url('client')}/`);
      await page.waitForURL(/dashboard/);
      assert.deepEqual(opened.problems, []);
      for (let back = 0; back < 4; back += 1) {
        await page.goBack();
        assert.doesNotMatch(page.url(), /[?&]code=/, 'nobody finds the code by going back');
      }

      await page.goto(`${server.url('client')}/tenant/${account.tenant}/client/profile`);
      await card(page).getByRole('button', { name: 'Disconnect GitHub' }).click();
      const ask = page.getByRole('dialog', { name: 'Disconnect GitHub?' });
      await ask.waitFor();
      await sound(opened, 'disconnecting');
      await ask.getByRole('button', { name: 'Disconnect GitHub' }).click();
      await card(page).getByText('Not connected').waitFor();
      await opened.context.clearCookies();
      await page.goto(`${server.url('client')}/sign-in`);
      await come(page);
      await page.getByRole('alert').getByText('connect it in your profile').waitFor();
      await opened.close();
    });
  });
}
