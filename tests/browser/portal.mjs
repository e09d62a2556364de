// A person in front of a portal: browser, sign-in, and what must hold on every page.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { operatorOf } from './server.mjs';

const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
export const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** Pages of a company that everybody of its owners can go to. */
export const CLIENT_PAGES = ['dashboard', 'inbox', 'tasks', 'customers', 'customers/duplicates', 'contacts', 'contacts/duplicates', 'leads', 'leads/board', 'imports', 'team', 'audit', 'anomalies',
  'settings/company', 'settings/features', 'settings/fields', 'settings/pipeline', 'settings/assignment', 'settings/work-orders', 'settings/security', 'settings/support', 'settings/data', 'profile'];

export const PHONE = { size: 'phone', theme: 'dark' };
/** Where what holds in two of four looks holds in the others. */
export const TWO_LOOKS = [{ size: 'desktop', theme: 'light' }, PHONE];
const LOOKS = Object.keys(SIZES).flatMap((size) => ['light', 'dark'].map((theme) => ({ size, theme })));

/** What Chromium is called, in the order in which `cargo xtask test` looks for it, too. The one without a window needs two thirds of the time. */
const CHROMIUMS = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function findChromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  for (const name of CHROMIUMS) {
    const found = folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file));
    if (found) return found;
  }
  throw new Error(`missing: Chromium (none of ${CHROMIUMS.join(', ')} is in PATH)`);
}

export const launch = () => chromium.launch({ executablePath: findChromium(), args: ARGUMENTS });

function fromBase32(text) {
  let bits = '';
  for (const letter of text.replace(/=+$/, '')) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0');
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}

/** RFC 6238 with six digits and 30 seconds. */
export function totp(secret, at = Date.now()) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = crypto.createHmac('sha1', fromBase32(secret)).update(counter).digest();
  const offset = mac[19] & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

const usedSteps = new Map();
/** A code works once, so whoever needs another within the same step waits for the next. */
export async function freshCode(secret) {
  let step = Math.floor(Date.now() / 30_000);
  while ((usedSteps.get(secret) ?? 0) >= step) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    step = Math.floor(Date.now() / 30_000);
  }
  usedSteps.set(secret, step);
  return totp(secret);
}

/** Waits for the half minute after this one. */
export async function nextStep() {
  const step = Math.floor(Date.now() / 30_000);
  while (Math.floor(Date.now() / 30_000) <= step) await new Promise((resolve) => setTimeout(resolve, 300));
}

/** Of the half minute after this one: codes of before the loss are no longer good. */
export async function nextCode(secret) {
  await nextStep();
  return totp(secret);
}

// Requests under way, by page.
const traffic = new WeakMap();

function follow(page) {
  const seen = { open: new Set(), last: 0 };
  traffic.set(page, seen);
  const note = (act) => (request) => {
    // The stream of changes never ends, and nobody reads what a report is answered with.
    if (/\/(Watch|LogClientError)$/.test(request.url())) return;
    seen.last = Date.now();
    act(request);
  };
  page.on('request', note((request) => seen.open.add(request)));
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, note((request) => seen.open.delete(request)));
  // What the page before was still asking for ends without a word.
  page.on('framenavigated', (frame) => frame === page.mainFrame() && seen.open.clear());
}

const RPC = /\/streamflow\.[a-z]+\.v1\.\w+\/\w+$/;

/**
 * The browser reports a refused call like a missing file. A call that is refused, or made without a network, is an answer that the
 * page shows; and so is an address that is no page of this portal. A missing chunk, font or icon is a defect.
 */
function isAnswer(message, page) {
  const words = message.text();
  const { url } = message.location();
  if (!words.startsWith('Failed to load resource')) return false;
  if (RPC.test(url)) return /status of 4\d\d|ERR_INTERNET_DISCONNECTED/.test(words);
  return url === page.url() && /status of 404/.test(words);
}

/** A window of one person, signed in when `state` is a stored one; `problems` collects what must never happen on a page. */
export async function open(browser, { size = 'desktop', theme = 'light', state, density = 1, locale = 'en-GB' } = {}) {
  const look = { locale, viewport: SIZES[size], deviceScaleFactor: density, colorScheme: theme, reducedMotion: 'reduce', hasTouch: size === 'phone' };
  const context = await browser.newContext({ ...look, storageState: state, acceptDownloads: true });
  const page = await context.newPage();
  follow(page);
  const problems = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !isAnswer(message, page)) problems.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => problems.push(`page: ${error.message}`));
  return { context, page, problems, close: () => context.close() };
}

export async function signIn(page, url, account) {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.locator('button[type=submit]').click();
  if (account.totp_secret) {
    await page.waitForURL(/second-factor/);
    await page.locator('main input, form input').first().fill(await freshCode(account.totp_secret));
  }
  await page.waitForURL(/dashboard|overview/, { timeout: 15_000 });
}

/** The first sign-in of somebody whose role needs a second factor: as far as the page with the QR code. */
export async function signInToEnrol(page, url, account) {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.locator('button[type=submit]').click();
  await page.waitForURL(/enrol/);
  await beginEnrol(page, account);
}

/** The page that sets up an authenticator, past the password it asks for once more, as far as the QR code. */
export async function beginEnrol(page, account) {
  await page.getByLabel('Current password').fill(account.password);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('img', { name: /QR code/ }).waitFor();
}

/** Types a code that will not do. */
export async function enrolWrongly(page) {
  await page.locator('form input').first().fill('000000');
  await page.locator('.field-error').first().waitFor();
}

/** Sets up an authenticator with the key that is shown for typing; gives the recovery codes. */
export async function enrol(page, account, within = page) {
  await page.getByText('Can’t scan it?').click();
  account.totp_secret = (await page.locator('.secret').innerText()).replaceAll(/\s/g, '');
  await within.locator('form input').first().fill(await freshCode(account.totp_secret));
  const codes = page.locator('.codes li');
  await pressOn(page, page.getByRole('button', { name: 'Turn it on' }), codes);
  return codes.allInnerTexts();
}

/** Whoever was wrong before is asked to wait a second, and presses again. */
export async function pressOn(page, button, result) {
  const wait = page.getByText(/Too many attempts/);
  await result.first().or(wait).first().waitFor();
  while ((await result.count()) === 0) {
    await page.waitForTimeout(300);
    if (await wait.isVisible()) await button.click();
    await result.first().or(wait).first().waitFor();
  }
}

const states = new Map();

/** Keeps who is signed in to a window for `enter`. */
export async function remember(window, account) {
  states.set(account, { state: await window.context.storageState(), tenant: new URL(window.page.url()).pathname.split('/')[2] });
}

/** The first sign-in of the owner of a new company, kept for `enter`; gives the recovery codes. */
export async function moveIn(browser, server, owner) {
  const door = await open(browser);
  await signInToEnrol(door.page, server.url('client'), owner);
  const codes = await enrol(door.page, owner);
  await door.page.getByRole('button', { name: 'I kept them, continue' }).click();
  await door.page.waitForURL(/dashboard/);
  await remember(door, owner);
  await door.close();
  return codes;
}

/** A window of somebody of a company who is signed in; a second window of the same person needs no second code. */
export async function enter(browser, server, account, look) {
  if (!states.has(account)) {
    const door = await open(browser, look);
    await signIn(door.page, server.url('client'), account);
    assert.deepEqual(door.problems, [], 'signing in');
    await remember(door, account);
    await door.close();
  }
  const { state, tenant } = states.get(account);
  const window = await open(browser, { ...look, state });
  window.page.setDefaultTimeout(10_000);
  window.address = (page) => `${server.url('client')}/tenant/${tenant}/client/${page}`;
  window.visit = async (page) => {
    await window.page.goto(window.address(page));
    await settled(window.page);
  };
  return window;
}

/** A window of the one person of an operator's portal, signed in. */
export async function enterPortal(browser, server, portal, look) {
  const [url, account] = [server.url(portal), operatorOf(server, portal)];
  await listening(url);
  const window = await open(browser, look);
  await signIn(window.page, url, account);
  return { ...window, account };
}

/** Gives password and code where an act needs a right, which is chosen already; the act goes on by itself. */
export async function takeOn(page, account, right) {
  const ask = page.getByRole('dialog', { name: 'Confirm that it is you' });
  await ask.waitFor();
  const chosen = await ask.getByRole('checkbox', { checked: true }).evaluateAll((boxes) => boxes.map((box) => box.closest('label').innerText));
  assert.deepEqual(chosen.map((label) => label.split(':')[0]), [right]);
  await prove(ask, account);
  await ask.waitFor({ state: 'detached' });
}

/** Fills in password and code, and confirms. */
export async function prove(ask, account) {
  await ask.getByLabel('Password', { exact: true }).fill(account.password);
  await ask.getByLabel('Code of your authenticator').fill(await freshCode(account.totp_secret));
  await ask.getByRole('button', { name: 'Confirm' }).click();
}

/** A field of a protobuf message whose value has a length. */
const field = (number, value) => Buffer.concat([Buffer.from([number * 8 + 2, value.length]), value]);

/** What a server answers in place of an RPC's reply once the session has ended by itself, for `route.fulfill`. */
export function expired() {
  const info = field(1, Buffer.from('SESSION_EXPIRED'));
  const any = Buffer.concat([field(1, Buffer.from('type.googleapis.com/google.rpc.ErrorInfo')), field(2, info)]);
  const status = Buffer.concat([Buffer.from([8, 16]), field(3, any)]);
  const headers = { 'content-type': 'application/grpc-web+proto', 'grpc-status': '16', 'grpc-message': 'Your%20session%20has%20expired.', 'grpc-status-details-bin': status.toString('base64').replace(/=+$/, '') };
  return { status: 200, headers, body: '' };
}

/** Longer than a page waits before it shows a skeleton. */
const QUIET_MS = 250;

/** Nothing is loading any more. */
export async function settled(page) {
  const { open } = traffic.get(page);
  const until = Date.now() + 15_000;
  await page.waitForSelector('main');
  for (;;) {
    const quiet = open.size === 0 && Date.now() - traffic.get(page).last >= QUIET_MS;
    if (quiet && (await page.evaluate(hasContent))) return;
    if (Date.now() > until) throw new Error(`still loading: ${page.url()} ${[...open].map((request) => request.url())}`);
    await page.waitForTimeout(50);
  }
}

function hasContent() {
  const main = document.querySelector('main');
  return main !== null && main.innerText.trim() !== '' && main.querySelector('.skeleton') === null;
}

/** The rows of the list that is open. */
export const rows = (page) => page.locator('main tr.is-row');

/** A stage of the board. */
export const lane = (page, title) => page.getByRole('region', { name: new RegExp(`^${title},`) });

/** No dialog is open any more. */
export const closed = (page) => page.locator('dialog[open]').waitFor({ state: 'detached' });

export const submit = (page) => page.locator('form button[type=submit]').click();

/** What is wrong with the first field that has something wrong. */
export const refusal = (page) => page.locator('.field-error').first();

/** axe finds nothing. */
export async function accessible(page, what) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const result = await globalThis.axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary ?? ''}`.replace(/\s+/g, ' ')).join(' | ')}`);
  });
  assert.deepEqual(violations, [], `${what}: accessibility`);
}

/** The page is as wide as the window. */
export async function fits(page, what) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(overflow <= 0, `${what}: scrolls sideways by ${overflow} px`);
}

/** What must hold wherever a story stops for a moment. */
export async function sound({ page, problems }, what) {
  await accessible(page, what);
  await fits(page, what);
  assert.deepEqual(problems, [], what);
}

/** Every size and theme of the page that is open, without loading it again. */
export async function holdsInEachLook(page, what) {
  await settled(page);
  for (const { size, theme } of LOOKS) {
    await page.setViewportSize(SIZES[size]);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    await accessible(page, `${what}, ${size}, ${theme}`);
    await fits(page, `${what}, ${size}, ${theme}`);
  }
  await page.setViewportSize(SIZES.desktop);
}

/** Adds a lead by the form of the list; the window is at its page then. */
export async function addLead(window, name, company, fill = async () => {}) {
  const { page } = window;
  await window.visit('leads');
  await page.getByRole('button', { name: 'New lead' }).first().click();
  await page.getByLabel('What it is about').fill(name);
  await page.getByLabel(/^Company/).fill(company);
  await fill(page);
  await page.keyboard.press('Control+Enter');
  await page.waitForURL(/leads\/led_/);
  await page.getByRole('heading', { name }).waitFor();
}

/** The link to a company in the provider's portal, whose system reads who there is every 15 seconds. */
export async function listed(page, server, name) {
  const link = page.getByRole('link', { name });
  for (const until = Date.now() + 45_000; (await link.count()) === 0 && Date.now() < until;) {
    await page.goto(`${server.url('provider')}/provider/tenants`);
    await settled(page);
    await link.first().waitFor({ timeout: 1_000 }).catch(() => undefined);
  }
  return link.first();
}

/** Waits until a portal listens. The name of the host means this machine to a browser only, so the port is asked. */
export async function listening(url) {
  const { port } = new URL(url);
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const socket = net.connect(Number(port), '127.0.0.1');
    const answer = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(() => false);
    socket.destroy();
    if (answer) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nobody listens at ${url}`);
}
