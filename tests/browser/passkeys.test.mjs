// Passkeys, with the authenticator in software that Chromium has for tests: adding one, signing in with it, and what goes wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHONE, closed, enter, moveIn, open, remember, sound } from './portal.mjs';
import { makeCompany } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

let owner;
let recovery;

stage({ demo: false }, async () => {
  owner = makeCompany(server, 'Keys & Locks', 'Kim Keys');
  recovery = await moveIn(browser, server, owner);
});

/** A device with a fingerprint reader, held by its owner. It stays with the page wherever that goes. */
async function device(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', { options });
  return { recognises: (isUserVerified) => devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }) };
}

const card = (page) => page.getByRole('region', { name: 'Passkeys' });
const line = (page, name) => card(page).getByRole('listitem').filter({ hasText: name });
const door = (page) => page.getByRole('button', { name: 'Sign in with a passkey' });

/** As far as the browser's own dialogs. */
async function beginAdding(window, name) {
  const { page } = window;
  await window.visit('profile');
  await card(page).getByRole('button', { name: 'Add a passkey' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Your password', { exact: true }).fill(owner.password);
  await dialog.getByLabel('Present code').fill(recovery.pop());
  await sound(window, 'the question who it is');
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await dialog.getByLabel('Name').fill(name);
  await sound(window, 'a name for the passkey');
  return dialog;
}

async function signOut(window) {
  await window.context.clearCookies();
  await window.page.goto(`${server.url('client')}/sign-in`);
  await door(window.page).waitFor();
}

test('a passkey is added in the profile, signs in alone, and is gone when it is removed', async () => {
  const window = await enter(browser, server, owner);
  const { page } = window;
  await device(page);
  const dialog = await beginAdding(window, 'Kim’s laptop');
  await dialog.getByRole('button', { name: 'Make the passkey' }).click();
  await closed(page);
  await line(page, 'Kim’s laptop').getByText('not used yet').waitFor();
  // The session has another name since.
  await remember(window, owner);
  await sound(window, 'a passkey in the profile');

  await signOut(window);
  await sound(window, 'the door with passkeys');
  await door(page).click();
  await page.waitForURL(/dashboard/);
  await window.visit('profile');
  await line(page, 'Kim’s laptop').getByText(/last used/).waitFor();

  await line(page, 'Kim’s laptop').getByRole('button', { name: 'Rename' }).click();
  await dialog.getByLabel('Name').fill('Old laptop');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await closed(page);
  await line(page, 'Old laptop').getByRole('button', { name: 'Remove' }).click();
  await sound(window, 'the question whether to remove it');
  await dialog.getByRole('button', { name: 'Remove the passkey' }).click();
  await closed(page);
  await line(page, 'Old laptop').waitFor({ state: 'detached' });

  // The device still has it.
  await signOut(window);
  await door(page).click();
  await page.getByText('That passkey does not open an account here').waitFor();
  await sound(window, 'a passkey that is removed');
  await window.close();
});

test('whoever the device does not recognise is told so, and can try again', async () => {
  const window = await open(browser, PHONE);
  const { page } = window;
  page.setDefaultTimeout(10_000);
  await page.goto(`${server.url('client')}/sign-in`);
  const reader = await device(page);
  // It has none of this portal yet.
  await door(page).click();
  await page.getByText(/No passkey was used/).waitFor();
  await sound(window, 'no passkey, on the phone');
  await page.getByLabel('E-mail').fill(owner.email);
  await page.getByLabel('Password', { exact: true }).fill(owner.password);
  await page.locator('button[type=submit]').click();
  await page.waitForURL(/second-factor/);
  await page.getByRole('button', { name: 'Use a recovery code' }).click();
  await page.getByLabel('Recovery code').fill(recovery.pop());
  await page.locator('button[type=submit]').click();
  await page.waitForURL(/dashboard/);
  window.visit = async (name) => page.goto(page.url().replace(/client\/.*/, `client/${name}`));
  const dialog = await beginAdding(window, 'Phone');
  const make = dialog.getByRole('button', { name: 'Make the passkey' });
  await reader.recognises(false);
  await make.click();
  await dialog.getByText(/No passkey was used/).waitFor();
  await reader.recognises(true);
  await make.click();
  await closed(page);
  await line(page, 'Phone').waitFor();
  await signOut(window);
  await reader.recognises(false);
  await door(page).click();
  await page.getByText(/No passkey was used/).waitFor();
  await reader.recognises(true);
  await door(page).click();
  await page.waitForURL(/dashboard/);
  await window.close();
});

test('a browser without passkeys shows no way to them', async () => {
  const window = await enter(browser, server, owner);
  const { page } = window;
  await page.addInitScript(() => delete globalThis.PublicKeyCredential);
  await window.visit('profile');
  await card(page).getByText('This browser can’t add one.').waitFor();
  assert.equal(await card(page).getByRole('button', { name: 'Add a passkey' }).count(), 0);
  await window.context.clearCookies();
  await page.goto(`${server.url('client')}/sign-in`);
  await page.getByLabel('E-mail').waitFor();
  assert.equal(await door(page).count(), 0);
  await window.close();
});
