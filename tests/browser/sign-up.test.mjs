// Somebody begins by themselves: a link by mail, a password, one company, the second factor, the dashboard. Each page is accessible,
// fits and is quiet in both sizes.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TWO_LOOKS, beginEnrol, enrol, open, refusal, sound, submit } from './portal.mjs';
import { mailTo } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

const PASSWORD = 'correct-horse-Battery-9-staple';
let url;

stage({ demo: false }, () => {
  url = server.url('client');
});

/** From the sign-in to the mail's link. */
async function askForLink(page, email) {
  await page.goto(`${url}/sign-in`);
  await page.getByRole('link', { name: 'begin with a company of your own' }).click();
  await page.waitForURL(/sign-up/);
  await page.getByLabel('Your name').fill('Ada Moreno');
  await page.getByLabel('E-mail').fill(email);
  await submit(page);
  await page.getByRole('heading', { name: 'Look in your mail' }).waitFor();
}

for (const look of TWO_LOOKS) {
  describe(`beginning by oneself: ${look.size}, ${look.theme}`, () => {
    const email = `ada.${look.size}@example.com`;
    const company = `Glow & Müller ${look.size}`;
    const address = `glow-muller-${look.size}`;
    let link;

    test('the way to the link says what is missing and where to look', async () => {
      const opened = await open(browser, look);
      const { page } = opened;
      page.setDefaultTimeout(15_000);
      await page.goto(`${url}/sign-up`);
      await page.getByLabel('Your name').waitFor();
      await sound(opened, 'the sign-up');
      await submit(page);
      await page.getByText('Enter your name.').waitFor();
      await page.getByText('Enter your e-mail address.').waitFor();
      await sound(opened, 'an empty sign-up');
      await askForLink(page, email);
      await sound(opened, 'a link on its way');
      [link] = (await mailTo(server, email)).match(/https?:\/\/\S+setup\/welcome\S+/);
      await opened.close();
    });

    test('one company comes of the link, and its owner ends up on the dashboard', async () => {
      const opened = await open(browser, look);
      const { page } = opened;
      page.setDefaultTimeout(15_000);
      await page.goto(link);
      await page.getByLabel('New password', { exact: true }).fill('short');
      await submit(page);
      await refusal(page).waitFor();
      await sound(opened, 'a password that is too short');
      await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
      await submit(page);
      await page.getByRole('heading', { name: 'Set up your company' }).waitFor();
      await page.getByText('Free for 14 days').waitFor();
      await sound(opened, 'the checkpoint');

      await submit(page);
      await page.getByText('Enter a name.').waitFor();
      await sound(opened, 'the checkpoint without a name');
      await page.getByLabel('Company name').fill(company);
      const currency = page.getByRole('combobox', { name: 'Currency' });
      await currency.fill('pounds');
      await currency.press('Tab');
      assert.match(await refusal(page).innerText(), /Choose from the list/);
      await sound(opened, 'a currency that there is not');
      await currency.fill('pound gbp');
      await page.getByRole('option', { name: /GBP/ }).click();
      assert.match(await currency.inputValue(), /Pound/);
      await page.waitForFunction((wanted) => [...document.querySelectorAll('input')].some((input) => input.value === wanted), address);
      const industries = page.getByRole('radio');
      assert.equal(await industries.count(), 4);
      await industries.first().focus();
      await page.keyboard.press('ArrowDown');
      assert.ok(await industries.nth(1).isChecked(), 'the industries are one group for the keyboard');
      await industries.nth(2).check();
      await page.getByText(/Pipeline with \d+ stages/).waitFor();
      await sound(opened, 'the checkpoint filled in');
      await page.getByRole('button', { name: `Create ${company}` }).click();

      await page.waitForURL(/enrol/, { timeout: 30_000 });
      const account = { email, password: PASSWORD };
      await beginEnrol(page, account);
      await enrol(page, account);
      await page.getByRole('button', { name: 'I kept them, continue' }).click();
      await page.waitForURL(new RegExp(`/tenant/${address}/client/dashboard`));
      await page.getByText(/Trial: 14 days left/).waitFor();
      await sound(opened, 'the dashboard on trial');
      await opened.close();
    });

    test('the link is used up, and whoever has an account is told by mail only', async () => {
      const opened = await open(browser, look);
      const { page } = opened;
      page.setDefaultTimeout(15_000);
      await page.goto(link);
      await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
      await submit(page);
      await page.getByText('expired or was used already').waitFor();
      await sound(opened, 'a link that was used');
      await page.goto(`${url}/setup/welcome`);
      await page.getByRole('alert').waitFor();
      await sound(opened, 'half a link');
      await opened.close();
    });
  });
}
