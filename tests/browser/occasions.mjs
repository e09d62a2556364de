// Pictures of what needs more than a page to be opened: a company on trial, at work on an import, about to be deleted, suspended, or
// looked at by the support. Each leaves the company as it found it.

import fs from 'node:fs';
import path from 'node:path';
import { press } from './camera.mjs';
import { freshCode, listed, open, signIn, takeOn } from './portal.mjs';
import { makeCompany, setPlan } from './server.mjs';

/** Enough that the run outlasts its pictures. */
const ROWS = 100_000;

export async function onTrial({ server, shoot, wants }, { account, base, window }) {
  if (!wants('client/dashboard-trial')) return;
  setPlan(server, account, 'trial');
  await shoot({ 'client/dashboard-trial': { at: `${base}/dashboard`, act: (page) => page.getByText(/^Trial:/).waitFor() } }, await window.context.storageState());
  setPlan(server, account, 'standard');
}

export async function importRunning({ server, still, wants }, { base, window }) {
  if (!wants('client/import-run')) return;
  const { page } = window;
  const file = path.join(server.data, 'long.csv');
  const lines = Array.from({ length: ROWS }, (_, at) => `K-${at},Customer ${at},Leeds`);
  fs.writeFileSync(file, `CustomerID,CompanyName,City\n${lines.join('\n')}\n`);
  await page.goto(`${base}/imports/new`);
  await page.locator('input[type=file]').setInputFiles(file);
  await page.getByRole('button', { name: 'Check the rows' }).click({ timeout: 180_000 });
  await page.getByRole('button', { name: /^Import [\d,]+ rows/ }).click({ timeout: 180_000 });
  await page.getByRole('region', { name: 'Progress' }).waitFor();
  await still('client/import-run', page);
}

export async function beingDeleted({ shoot, wants }, { account, base, window }) {
  if (!wants('client/dashboard-closing', 'client/settings-data-closing')) return;
  const { page } = window;
  await page.goto(`${base}/settings/data`);
  await page.getByRole('button', { name: 'Delete company' }).click();
  const ask = page.getByRole('dialog', { name: 'Delete this company?' });
  await ask.getByLabel(`Type “${account.company}”`).fill(account.company);
  await ask.getByLabel('Your password').fill(account.password);
  await ask.getByLabel('Code of your authenticator').fill(await freshCode(account.totp_secret));
  await ask.getByRole('button', { name: 'Delete company' }).click();
  const line = page.getByText(/This company will be deleted on/);
  await line.waitFor();
  await shoot({ 'client/dashboard-closing': `${base}/dashboard`, 'client/settings-data-closing': `${base}/settings/data` }, await window.context.storageState());
  await page.getByRole('button', { name: 'Cancel deletion' }).first().click();
  await line.waitFor({ state: 'detached' });
}

/** The owner of one company has another besides. */
export async function inTwoCompanies({ server, shoot, wants }, { account, base, state }) {
  if (!wants('client/org-switch')) return;
  makeCompany(server, 'Harrow Lettings', account.name);
  const act = async (page, size) => {
    await page.getByRole('button', { name: size === 'phone' ? 'More' : /switch company/ }).first().click();
    await page.getByText(/Harrow Lettings/).locator('visible=true').first().waitFor();
  };
  await shoot({ 'client/org-switch': { at: `${base}/dashboard`, act } }, state);
}

async function toTenant(page, server, name) {
  await (await listed(page, server, name)).click();
  await page.getByRole('heading', { name: 'Support sessions' }).waitFor();
}

export async function suspended({ server, shoot, wants }, page, operator, { account, base, window }) {
  if (!wants('provider/tenant', 'provider/tenant-right', 'provider/tenant-suspend', 'provider/tenant-suspended', 'client/suspended')) return;
  await toTenant(page, server, account.company);
  await shoot({ 'provider/tenant': page.url(), 'provider/tenant-right': { at: page.url(), act: press(/^Suspend/) } }, await page.context().storageState());
  await page.getByRole('button', { name: 'Suspend', exact: true }).click();
  await takeOn(page, operator, 'tenants');
  const state = await page.context().storageState();
  await shoot({ 'provider/tenant-suspend': { at: page.url(), act: press(/^Suspend/) } }, state);
  await page.getByLabel('Reason').fill('The invoice of May is unpaid.');
  await page.getByLabel(/to confirm/).fill(account.tenant);
  await page.getByRole('button', { name: 'Suspend now' }).click();
  await page.getByText(/^Suspended since/).waitFor();
  await shoot({ 'provider/tenant-suspended': page.url() }, state);
  await shoot({ 'client/suspended': `${base}/dashboard` }, await window.context.storageState());
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByText(/people can work again/).waitFor();
  await page.getByRole('button', { name: 'Give back' }).click();
  await page.getByText('Given back', { exact: true }).waitFor();
}

/** The operator asks, an owner accepts, and the company is pictured as the operator sees it. */
export async function supported({ server, browser, shoot, wants }, page, operator, { account, base, state }) {
  const pages = ['dashboard', 'customers'].map((name) => [`client/${name}-support`, name]);
  if (!wants('client/settings-support-asked', 'provider/tenant-support', ...pages.map(([name]) => name))) return;
  await toTenant(page, server, account.company);
  await page.getByRole('button', { name: 'Request support session' }).click();
  await takeOn(page, operator, 'support');
  const ask = page.getByRole('dialog', { name: 'Request a support session' });
  await ask.getByLabel('Why').fill('They say that the list of customers is empty.');
  await ask.getByRole('button', { name: 'Ask the company' }).click();
  await page.getByText('Waits for the company').waitFor();
  await shoot({ 'provider/tenant-support': page.url() }, await page.context().storageState());
  await shoot({ 'client/settings-support-asked': `${base}/settings/support` }, state);
  const owner = await open(browser, { state });
  await owner.page.goto(`${base}/settings/support`);
  await owner.page.getByRole('button', { name: /^Accept/ }).click();
  await owner.page.getByText(/May look, opened before/).waitFor();
  await owner.close();
  await page.getByRole('button', { name: /^Open\b/ }).click();
  await page.getByRole('button', { name: 'Open the support session' }).click();
  await page.waitForURL(/\/tenant\/.*\/client\/dashboard/);
  const inside = await page.context().storageState();
  await shoot(Object.fromEntries(pages.map(([name, at]) => [name, `${base}/${at}`])), inside);
  await page.getByRole('button', { name: 'Leave' }).click();
  await page.getByRole('button', { name: 'Leave' }).waitFor({ state: 'detached' });
  await page.goto(`${server.url('provider')}/provider/overview`);
  if (/sign-in/.test(page.url())) await signIn(page, server.url('provider'), operator);
}
