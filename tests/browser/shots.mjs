// Pictures of every page of every portal, light and dark, desktop and phone: full (the demo company, a portal that was used) and
// empty (a new company, a portal nobody used yet), with the ways in, the steps of an import, dialogs, and pages that wait or fail.
// Usage: node tests/browser/shots.mjs [--only PATTERN]

import fs from 'node:fs';
import path from 'node:path';
import { certificateIn } from './certificate.mjs';
import { choose, failing, makeCamera, named, press, waiting } from './camera.mjs';
import { beingDeleted, importRunning, inTwoCompanies, onTrial, supported, suspended } from './occasions.mjs';
import * as errands from './errands.mjs';
import { beginEnrol, enrol, launch, nextCode, open, settled, signIn, signInToEnrol } from './portal.mjs';
import * as rounds from './rounds.mjs';
import { NORTHWIND, freshFolder, importCustomers, mailTo, makeCompany, startServer } from './server.mjs';

const only = new RegExp(process.argv[2] === '--only' ? process.argv[3] : '');
const CLIENT = ['dashboard', 'inbox', 'tasks', 'customers', 'customers/duplicates', 'contacts', 'contacts/duplicates', 'leads', 'leads/board', 'imports', 'imports/new', 'team', 'audit', 'anomalies',
  'settings/company', 'settings/features', 'settings/fields', 'settings/pipeline', 'settings/assignment', 'settings/work-orders', 'settings/security', 'settings/support', 'settings/data', 'profile', 'nowhere'];
const OPERATOR = { provider: ['overview', 'tenants', 'provisioning', 'support', 'anomalies', 'system', 'federation', 'admins', 'settings', 'sign-ins', 'audit', 'sessions', 'nowhere'], dev: ['overview', 'health', 'metrics', 'errors', 'jobs', 'sign-ins', 'support', 'anomalies', 'audit', 'sessions', 'nowhere'], accountant: ['overview', 'subscriptions', 'anomalies', 'sign-ins', 'audit', 'sessions', 'nowhere'] };
const BASES = { provider: 'provider', dev: 'dev', accountant: 'accounting' };

/** Where somebody of a company who is signed in has their pages. */
const workspace = (page) => new URL(page.url()).origin + new URL(page.url()).pathname.split('/').slice(0, 4).join('/');

/** One record of each list that has any. */
async function records(page, base, suffix) {
  const pages = {};
  for (const noun of ['customers', 'contacts', 'leads', 'imports']) {
    await page.goto(`${base}/${noun}`);
    await settled(page);
    const link = page.locator('main table a, main [role=row] a').first();
    if ((await link.count()) > 0) pages[`client/${noun.slice(0, -1)}${suffix}`] = new URL(await link.getAttribute('href'), base).href;
  }
  return pages;
}

/** Dialogs and menus, and what pages look like that wait, fail or have stopped. The others are addresses of records. */
function moments(base, { 'client/customer': customer, 'client/contact': contact, 'client/lead': lead }) {
  const unavailable = { status: 503, body: '' };
  return {
    'client/customer-new': { at: `${base}/customers`, act: press('New customer') },
    'client/lead-new': { at: `${base}/leads`, act: press('New lead') },
    'client/customers-arrange': { at: `${base}/customers`, act: press('Arrange this list'), on: 'phone' },
    'client/customers-columns': { at: `${base}/customers`, act: press('Columns'), on: 'desktop' },
    'client/customers-filter': { at: `${base}/customers?f.created_until=2020-01-31`, act: press(/^Filter$/) },
    'client/duplicates-compare': { at: `${base}/customers/duplicates`, act: compare },
    'client/customer-edit': { at: customer, act: press('Edit') },
    'client/customer-conflict': { at: customer, act: conflict },
    'client/customer-private': { at: `${customer}?f.tab=private`, act: reveal },
    'client/customer-private-edit': { at: `${customer}?f.tab=private`, act: editPrivate },
    'client/contact-edit': { at: contact, act: press('Edit') },
    'client/lead-details': { at: lead, act: press('Details'), on: 'phone' },
    'client/lead-convert': { at: lead, act: press(/^Convert/) },
    'client/palette': { at: `${base}/dashboard`, act: palette, on: 'desktop' },
    'client/bell': { at: `${base}/dashboard`, act: press(/^Inbox/), on: 'desktop' },
    'client/invite': { at: `${base}/team`, act: press('Invite a person') },
    'client/member': { at: `${base}/team`, act: choose(/^Change /, 'Change role and rights') },
    'client/rule-new': { at: `${base}/settings/assignment`, act: press('New rule') },
    'client/work-order-type': { at: `${base}/settings/work-orders`, act: choose(/^Change /, 'Change') },
    'client/field-new': { at: `${base}/settings/fields`, act: press('New field') },
    'client/stage-new': { at: `${base}/settings/pipeline`, act: press('New stage') },
    'client/customers-waiting': { at: `${base}/customers`, act: waiting, answer: null },
    'client/dashboard-waiting': { at: `${base}/dashboard`, act: waiting, answer: null },
    'client/settings-waiting': { at: `${base}/settings/company`, act: waiting, answer: null },
    'client/customers-failing': { at: `${base}/customers`, act: failing, answer: unavailable },
    'client/dashboard-failing': { at: `${base}/dashboard`, act: failing, answer: unavailable },
    'client/inbox-failing': { at: `${base}/inbox`, act: failing, answer: unavailable },
    'client/crash': { at: `${base}/customers`, act: stop },
  };
}

async function compare(page) {
  await press('Compare')(page);
  await page.locator('dialog[open] table').waitFor();
}

async function reveal(page) {
  await page.getByRole('button', { name: 'Show private details' }).click();
  await page.getByRole('button', { name: 'Edit private details' }).waitFor();
}

async function editPrivate(page) {
  await reveal(page);
  await press('Edit private details')(page);
}

async function palette(page) {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('mill');
  await page.getByRole('option', { name: /Old Mill/ }).first().waitFor();
}

let edits = 0;
/** The same customer is changed in another window while it is edited in this one. */
async function conflict(page) {
  const other = await page.context().newPage();
  const city = (window) => window.getByLabel(/^City/);
  for (const window of [page, other]) {
    if (window === other) await other.goto(page.url());
    await window.getByRole('button', { name: 'Edit' }).first().click();
    await city(window).waitFor();
  }
  edits += 1;
  await city(other).fill(`Otley ${edits}`);
  await other.keyboard.press('Control+Enter');
  await other.locator('dialog[open]').waitFor({ state: 'detached' });
  await other.close();
  await city(page).fill('Ilkley');
  await page.keyboard.press('Control+Enter');
  await page.getByText('changed by both of you').waitFor();
}

async function stop(page) {
  await page.evaluate(() => { Node.prototype.cloneNode = () => { throw new Error('nothing can be drawn'); }; });
  await page.keyboard.press('?');
  await page.locator('#crash-number:not(:empty)').waitFor();
}

/** Two fields of the company's own, and two customers that may be one. */
async function furnish(page, base, account) {
  for (const [label, holds, choices] of [['Roof area', 'Number'], ['Roof type', 'Choice', 'Slate\nTile\nFlat']]) {
    await page.goto(`${base}/settings/fields`);
    await press('New field')(page);
    await page.getByLabel('Name', { exact: true }).fill(label);
    await page.getByLabel('Holds').selectOption({ label: holds });
    if (choices) await page.getByLabel('Choices').fill(choices);
    else await page.getByLabel(/^Unit/).fill('m²');
    await page.keyboard.press('Control+Enter');
    await page.getByText(`Field ${label} saved`).waitFor();
  }
  const file = path.join(server.data, 'alike.csv');
  fs.writeFileSync(file, 'CustomerID,CompanyName,City,Phone\nOLD-1,Old Mill Bakery,Leeds,0113 496 0999\nOLD-2,Old Mill Bakery Ltd,Otley,0113 496 0999\n');
  importCustomers(server, { ...account, tenant: base.split('/').at(-2) }, file);
}

/** Private details of a customer. */
async function confide(page, customer) {
  await page.goto(`${customer}?f.tab=private`);
  await editPrivate(page);
  await page.getByLabel(/^Tax id/).fill('GB 123 4567 82');
  await page.getByLabel(/^Bank details/).fill('Harbour Bank, Leeds\n20-00-00 · 5577 9911');
  await page.getByLabel(/^Private note/).fill('Pays on the last day, always. Ask for Ines, not for the office.');
  await page.keyboard.press('Control+Enter');
  await page.locator('dialog[open]').waitFor({ state: 'detached' });
}

/** Everything somebody of a company sees. */
async function company(account, suffix) {
  const window = await open(browser);
  await signIn(window.page, url, account);
  const base = workspace(window.page);
  const isOwner = account.role === 'OWNER';
  if (isOwner) await furnish(window.page, base, account);
  const found = await records(window.page, base, suffix);
  if (isOwner) await confide(window.page, found['client/customer']);
  const pages = { ...named(CLIENT, base, 'client', suffix), ...found, ...(isOwner ? moments(base, found) : {}) };
  const state = await window.context.storageState();
  await window.close();
  await shoot(pages, state);
  if (isOwner) {
    await errands.tabs(stage, found['client/customer'], state);
    await errands.moments(stage, base, state);
    await errands.problems(stage, base, state);
  }
  return { account, base, state };
}

/** The pages before a sign-in, and the steps of one; each step is pictured before the next is taken. */
async function doors(owner) {
  const [opened, stranger] = [await open(browser), await open(browser)];
  await shoot({ 'client/sign-in': `${url}/sign-in`, 'client/reset': `${url}/reset`, 'client/reset-confirm': `${url}/reset/confirm#token=x`, 'client/sign-up': `${url}/sign-up`, 'client/welcome': `${url}/setup/welcome#token=x`, 'client/not-found': `${url}/nowhere` });
  await stranger.page.goto(`${url}/sign-in`);
  await stranger.page.getByLabel('E-mail').fill(owner.email);
  await stranger.page.getByLabel('Password', { exact: true }).fill(owner.password);
  await stranger.page.locator('button[type=submit]').click();
  await stranger.page.waitForURL(/second-factor/);
  await shoot({ 'client/second-factor': `${url}/second-factor` }, await stranger.context.storageState());
  const newcomer = makeCompany(server, 'Empty & New', 'Nora Newowner');
  await errands.doors(stage, url, owner);
  await signInToEnrol(opened.page, url, newcomer);
  await shoot({ 'client/enrol': { at: `${url}/enrol`, act: (page) => beginEnrol(page, newcomer) } }, await opened.context.storageState());
  // The pictures have asked for keys of their own; the last one holds.
  await opened.page.reload();
  await beginEnrol(opened.page, newcomer);
  await enrol(opened.page, newcomer);
  await still('client/recovery-codes', opened.page);
  await opened.page.getByRole('button', { name: 'I kept them, continue' }).click();
  await opened.page.waitForURL(/dashboard/);
  const base = workspace(opened.page);
  await shoot(named(CLIENT, base, 'client', '-empty'), await opened.context.storageState());
  await opened.page.goto(`${base}/team`);
  await opened.page.getByRole('button', { name: 'Invite a person' }).click();
  await opened.page.getByLabel('E-mail').fill('invited@example.com');
  await opened.page.getByRole('button', { name: 'Send the invitation' }).click();
  const link = (await mailTo(server, 'invited@example.com')).match(/https?:\/\/\S+/)[0];
  await shoot({ 'client/invitation': link });
  await stranger.close();
  return { account: newcomer, base, window: opened };
}

/** An import at the columns and at the check; nothing of it is written. */
async function importing({ base, state }) {
  const { page, close } = await open(browser, { state });
  await page.goto(`${base}/imports/new`);
  await page.locator('input[type=file]').setInputFiles(NORTHWIND);
  await page.getByRole('button', { name: 'Check the rows' }).waitFor();
  const address = page.url();
  await shoot({ 'client/import-map': address }, state);
  await page.getByRole('button', { name: 'Check the rows' }).click();
  const counted = (window) => window.getByRole('button', { name: /^Import \d+ rows/ }).waitFor();
  await counted(page);
  await shoot({ 'client/import-check': { at: address, act: counted } }, state);
  await close();
}

/** The right password, as far as the question for a code. */
async function knock(page, { email, password }) {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.locator('button[type=submit]').click();
  await page.waitForURL(/second-factor/);
  await page.locator('.otp-input').waitFor();
}

/** What only the provider portal has: people who are added, and the way in while its database is away. */
async function provider({ page }, account, origin, state) {
  const base = `${origin}/provider`;
  await page.goto(`${base}/admins`);
  await press('Add a person')(page);
  await page.getByRole('dialog').getByLabel('E-mail').fill('nia@example.com');
  await page.getByRole('dialog').getByLabel('Name').fill('Nia New');
  await page.getByRole('button', { name: 'Add and show the link' }).click();
  await shoot({ 'provider/set-up': await page.locator('dialog .secret').innerText() });
  await shoot({ 'provider/admin-new': { at: `${base}/admins`, act: press('Add a person') } }, state);
  if (!wants('provider/break-glass', 'provider/recovery')) return;
  server.database.lose();
  const door = page.getByRole('heading', { name: 'Break-glass sign-in' });
  for (let times = 0; times < 40 && !(await door.isVisible()); times += 1) {
    await page.goto(`${origin}/sign-in`);
    await door.waitFor({ timeout: 500 }).catch(() => undefined);
  }
  await shoot({ 'provider/break-glass': { at: `${origin}/sign-in`, act: (window) => window.getByRole('heading', { name: 'Break-glass sign-in' }).waitFor() } });
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.locator('.otp-input').fill(await nextCode(account.totp_secret));
  await page.getByRole('button', { name: 'Enter Recovery Mode' }).click();
  await page.getByRole('heading', { name: 'Recovery', exact: true }).waitFor();
  await shoot({ 'provider/recovery': page.url() }, await page.context().storageState());
  server.database.bringBack();
}

/** A minute must be over before there is anything to draw. */
async function drawn(page) {
  const chart = page.locator('figure.chart-box');
  for (let times = 0; times < 70 && (await chart.count()) === 0; times += 1) {
    await page.waitForTimeout(1_000);
    await page.reload();
    await settled(page);
  }
}

/** What only the dev portal has: charts, their tables, and what stands below them. */
async function dev(base, state) {
  const at = `${base}/metrics`;
  const foot = async (page) => {
    await drawn(page);
    await page.getByRole('heading', { name: 'by system' }).scrollIntoViewIfNeeded();
  };
  const table = async (page) => {
    await drawn(page);
    await page.getByRole('button', { name: 'Show as table' }).first().click();
  };
  await shoot({ 'dev/metrics': { at, act: drawn }, 'dev/metrics-table': { at, act: table }, 'dev/metrics-foot': { at, act: foot } }, state);
}

/** A portal as its one person finds it at first, and after somebody else has knocked. */
async function operator(account, { stage, harrow, newcomer }) {
  const { portal } = account;
  const origin = server.url(portal);
  const base = `${origin}/${BASES[portal]}`;
  const window = await open(browser);
  await shoot({
    [`${portal}/sign-in`]: `${origin}/sign-in`,
    [`${portal}/sign-in-refused`]: { at: `${origin}/sign-in`, act: rounds.refused },
    // The sign-in leads on by itself from here.
    [`${portal}/second-factor`]: { at: `${origin}/sign-in`, act: (page) => knock(page, account) },
    [`${portal}/not-found`]: `${origin}/nowhere`,
  });
  await signIn(window.page, origin, account);
  const state = await window.context.storageState();
  await shoot({ ...named(OPERATOR[portal], base, portal, '-empty'), [`${portal}/audit-nothing-found`]: `${base}/audit?q=nothing` }, state);
  const knocking = await open(browser);
  for (let times = 0; times < 4; times += 1) {
    await knocking.page.goto(`${origin}/sign-in`);
    await knocking.page.getByLabel('E-mail').fill(account.email);
    await knocking.page.getByLabel('Password', { exact: true }).fill('not the password');
    await knocking.page.locator('button[type=submit]').click();
    // Who knocks too often is told to wait instead.
    await knocking.page.locator('.field-error, main [role=alert]').first().waitFor();
  }
  await knocking.close();
  await shoot(named(OPERATOR[portal], base, portal), state);
  const kinds = ['limits', 'guesses'].map((kind) => [`${portal}/sign-ins-${kind}`, `${base}/sign-ins?f.kind=${kind}`]);
  await shoot(Object.fromEntries(kinds), state);
  await shoot(rounds.moments(portal, base), state);
  if (portal === 'accountant') await rounds.accountant(stage, state, base);
  if (portal === 'dev') {
    await rounds.dev(stage, window.page, account, base);
    await dev(base, state);
  }
  if (portal === 'provider') {
    await rounds.provider(stage, window.page, account, base);
    await rounds.onTheirWay(stage);
    await suspended(stage, window.page, account, newcomer);
    await supported(stage, window.page, account, harrow);
    await provider(window, account, origin, state);
  }
  await window.close();
}

// For calls between systems that live in several processes.
const data = freshFolder();
const server = await startServer({ data, settings: certificateIn(data, 'portals.internal', 20) });
const browser = await launch();
const { shoot, still, wants, failed } = makeCamera(browser, only);
const stage = { server, browser, shoot, still, wants };
const url = server.url('client');
try {
  const owner = server.accounts.find((account) => account.role === 'OWNER');
  const employee = server.accounts.find((account) => account.role === 'EMPLOYEE');
  const harrow = await company(owner, '');
  await importing(harrow);
  const newcomer = await doors(owner);
  await onTrial(stage, newcomer);
  await errands.settings(stage, newcomer);
  await errands.passkey(stage, newcomer);
  await importRunning(stage, newcomer);
  await beingDeleted(stage, newcomer);
  await inTwoCompanies(stage, harrow);
  await company(employee, '-employee');
  for (const account of server.operators) await operator(account, { stage, harrow, newcomer });
} finally {
  await browser.close();
  await server.stop();
}
if (failed.length > 0) {
  console.error(`not pictured:\n${failed.join('\n')}`);
  process.exitCode = 1;
}
