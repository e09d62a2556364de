// Pictures of what people of a company see once they have done something: the steps of a sign-in, tabs of a record, problems of an
// import, panels and questions of a page, and a window without a network.

import fs from 'node:fs';
import path from 'node:path';
import { choose, press } from './camera.mjs';
import { freshCode, open, settled } from './portal.mjs';
import { NORTHWIND } from './server.mjs';

const PLAN = { name: 'plant-room.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\n%%EOF\n') };

/** Signs in as far as `ends`. */
const typing = (values, ends) => async (page) => {
  for (const [label, value] of Object.entries(values)) await page.getByLabel(label, { exact: true }).fill(value);
  await page.locator('button[type=submit]').click();
  await ends(page);
};

const byCode = (owner) => async (page) => {
  await page.getByLabel('E-mail').fill(owner.email);
  await page.getByRole('button', { name: 'E-mail me a code' }).click();
  await page.getByLabel('Code from the mail').waitFor();
};

/** The sign-in, and what else is before it. */
export async function doors({ shoot }, url, owner) {
  const refused = (page) => page.locator('.field-error').first().waitFor();
  const sent = (page) => page.locator('.note.is-success').waitFor();
  await shoot({
    'client/sign-in-refused': { at: `${url}/sign-in`, act: typing({ 'E-mail': owner.email, Password: 'not the password' }, refused) },
    'client/sign-in-code': { at: `${url}/sign-in`, act: byCode(owner) },
    'client/reset-sent': { at: `${url}/reset`, act: typing({ 'E-mail': 'nobody@example.com' }, sent) },
    'client/sign-up-sent': { at: `${url}/sign-up`, act: typing({ 'Your name': 'Nia New', 'E-mail': 'nia.new@example.com' }, sent) },
  });
}

/** A file, a task and a contact of a customer, and the tabs that show them. */
export async function tabs({ browser, shoot, wants }, customer, state) {
  const names = ['contacts', 'tasks', 'files'];
  if (!wants(...names.map((name) => `client/customer-${name}`))) return;
  const { page, close } = await open(browser, { state });
  await page.goto(`${customer}?f.tab=files`);
  await page.getByLabel('Add files').setInputFiles(PLAN);
  await page.getByRole('tab', { name: 'Files 1' }).waitFor();
  await page.goto(`${customer}?f.tab=tasks`);
  await page.getByLabel('New task').fill('Send the drawing of the plant room');
  await page.getByRole('button', { name: 'Add task' }).click();
  await page.getByText('Send the drawing of the plant room').waitFor();
  await close();
  await shoot(Object.fromEntries(names.map((name) => [`client/customer-${name}`, `${customer}?f.tab=${name}`])), state);
}

/** Questions and panels of pages that are there already. */
export async function moments({ shoot }, base, state) {
  const firstRow = async (page) => {
    await page.locator('main tr.is-row a').first().click();
    await page.getByText('Copy the number').or(page.getByRole('button', { name: 'Copy the number' })).first().waitFor();
  };
  const away = async (page) => {
    await page.context().setOffline(true);
    await page.getByText(/^Offline since/).waitFor();
  };
  await shoot({
    'client/audit-record': { at: `${base}/audit`, act: firstRow },
    'client/keys': { at: `${base}/customers`, act: async (page) => { await page.keyboard.press('?'); await page.locator('dialog[open]').waitFor(); }, on: 'desktop' },
    'client/customers-offline': { at: `${base}/customers`, act: away },
    'client/customers-chosen': { at: `${base}/customers`, act: chosen, on: 'desktop' },
    'client/task-edit': { at: `${base}/tasks`, act: press(/^(Change|Edit)/) },
    'client/company-delete': { at: `${base}/settings/data`, act: press('Delete company') },
    'client/passkey-add': { at: `${base}/profile`, act: press('Add a passkey') },
    'client/more': { at: `${base}/dashboard`, act: press('More'), on: 'phone' },
    'client/field-archive': { at: `${base}/settings/fields`, act: choose(/^Change Roof area/, 'Change') },
  }, state);
}

async function chosen(page) {
  for (const at of [0, 1, 2]) await page.locator('main tr.is-row .box').nth(at).check();
  await page.locator('.selbar').waitFor();
}

/** Rows that can't be imported as they are, and one that is being mended. */
export async function problems({ server, browser, shoot, wants }, base, state) {
  if (!wants('client/import-problems', 'client/import-mend')) return;
  const lines = fs.readFileSync(NORTHWIND, 'utf8').split('\n');
  lines[3] = lines[3].replace(/^ANTON,[^,]*/, 'ANTON,');
  lines[5] = lines[5].replace(/^BERGS,[^,]*/, 'BERGS,');
  const file = path.join(server.data, 'broken.csv');
  fs.writeFileSync(file, lines.join('\n'));
  const { page, close } = await open(browser, { state });
  await page.goto(`${base}/imports/new`);
  await page.locator('input[type=file]').setInputFiles(file);
  await page.getByRole('button', { name: 'Check the rows' }).click();
  const counted = (window) => window.getByRole('button', { name: /^Import \d+ rows/ }).waitFor();
  await counted(page);
  const at = page.url();
  const mend = async (window) => {
    await counted(window);
    await window.locator('.cell-bad button').first().click();
    await window.locator('.fix').waitFor();
  };
  await shoot({ 'client/import-problems': { at, act: counted }, 'client/import-mend': { at, act: mend } }, state);
  await close();
}

/** What a company asks of its people, and an archive of everything that is ready. */
export async function settings({ shoot, wants }, { account, base, window }) {
  if (!wants('client/settings-security-on', 'client/settings-security-ease', 'client/settings-data-ready')) return;
  const { page } = window;
  const rule = (where) => where.getByRole('switch', { name: 'Everybody needs a second factor' });
  await page.goto(`${base}/settings/security`);
  await rule(page).check();
  await page.getByText('Everybody needs a second factor').nth(1).waitFor();
  const ease = async (where) => {
    await rule(where).click();
    await where.locator('dialog[open]').waitFor();
  };
  await page.goto(`${base}/settings/data`);
  await page.getByRole('button', { name: 'Start export' }).click();
  await page.getByRole('button', { name: /^Download/ }).waitFor();
  await settled(page);
  await shoot({
    'client/settings-security-on': `${base}/settings/security`,
    'client/settings-security-ease': { at: `${base}/settings/security`, act: ease },
    'client/settings-data-ready': `${base}/settings/data`,
  }, await window.context.storageState());
  await page.goto(`${base}/settings/security`);
  await ease(page);
  await page.getByLabel('Your password').fill(account.password);
  await page.getByLabel('Present code').fill(await freshCode(account.totp_secret));
  await page.getByRole('button', { name: 'Switch it off' }).click();
  await page.locator('dialog[open]').waitFor({ state: 'detached' });
}

/** A passkey, kept by the authenticator in software that Chromium has for tests. */
export async function passkey({ shoot, wants }, { account, base, window }) {
  if (!wants('client/profile-passkey')) return;
  const { page, context } = window;
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  await devtools.send('WebAuthn.addVirtualAuthenticator', { options });
  await page.goto(`${base}/profile`);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  const ask = page.getByRole('dialog');
  await ask.getByLabel('Your password', { exact: true }).fill(account.password);
  await ask.getByLabel('Present code').fill(await freshCode(account.totp_secret));
  await ask.getByRole('button', { name: 'Go on' }).click();
  await ask.getByLabel('Name').fill('Nora’s laptop');
  await ask.getByRole('button', { name: 'Make the passkey' }).click();
  await page.getByText('not used yet').waitFor();
  await shoot({ 'client/profile-passkey': `${base}/profile` }, await context.storageState());
}
