// Pictures of the portals of those who operate StreamFlow, as they are in the middle of work: records and dialogs that are open, what
// waits, fails or is offline, rights that were taken on, and a company on its way.

import { failing, press, waiting } from './camera.mjs';
import { enterPortal, prove } from './portal.mjs';
import { freeBase, freshFolder, registerCompany, shareKeys, startServer } from './server.mjs';

/** What every one of them has. The list and the page of figures stand for the others. */
export function moments(portal, base) {
  const unavailable = { status: 503, body: '' };
  return {
    [`${portal}/record`]: { at: `${base}/audit`, act: firstRecord },
    [`${portal}/filter`]: { at: `${base}/audit`, act: press(/^\+?\s*Filter$/i) },
    [`${portal}/palette`]: { at: `${base}/overview`, act: palette, on: 'desktop' },
    [`${portal}/keys`]: { at: `${base}/audit`, act: keys, on: 'desktop' },
    [`${portal}/account`]: { at: `${base}/overview`, act: press(/^Account/) },
    [`${portal}/leave-everywhere`]: { at: `${base}/sessions`, act: press('Sign out everywhere') },
    [`${portal}/overview-waiting`]: { at: `${base}/overview`, act: waiting, answer: null },
    [`${portal}/audit-waiting`]: { at: `${base}/audit`, act: waiting, answer: null },
    [`${portal}/overview-failing`]: { at: `${base}/overview`, act: failing, answer: unavailable },
    [`${portal}/audit-failing`]: { at: `${base}/audit`, act: failing, answer: unavailable },
    [`${portal}/offline`]: { at: `${base}/overview`, act: offline },
  };
}

async function firstRecord(page, size) {
  await page.locator('tr.is-row a').first().click();
  await page.locator('.app-panel').waitFor({ state: 'attached' });
  if (size === 'phone') await page.locator('dialog[open]').waitFor();
}

async function palette(page) {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('s');
  await page.getByRole('option').first().waitFor();
}

async function keys(page) {
  await page.keyboard.press('?');
  await page.locator('dialog[open]').waitFor();
}

/** The camera goes online again. */
async function offline(page) {
  await page.context().setOffline(true);
  await page.locator('.banner').first().waitFor();
}

/** Somebody whom nobody knows: who is known would have to wait afterwards. */
export async function refused(page) {
  await page.getByLabel('E-mail').fill('nobody@example.com');
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await page.locator('button[type=submit]').click();
  await page.locator('.field-error, main [role=alert]').first().waitFor();
}

/** All rights for a quarter of an hour, as they stand in the list of one's own. */
async function takeRights(page, account, base) {
  await page.goto(`${base}/sessions`);
  await page.getByRole('button', { name: 'Take on rights' }).click();
  const ask = page.getByRole('dialog', { name: 'Confirm that it is you' });
  for (const box of await ask.getByRole('checkbox').all()) await box.check();
  await prove(ask, account);
  await ask.waitFor({ state: 'detached' });
}

/** What only the provider portal has. */
export async function provider({ server, shoot, wants }, page, account, base) {
  const names = ['setting-change', 'admin-menu', 'federation-checked', 'support-ask', 'rights', 'provisioning-done'].map((name) => `provider/${name}`);
  if (!wants(...names)) return;
  await registerCompany(server, 'Heron Med Spa', 'K-2001');
  await page.goto(`${base}/provisioning`);
  await page.getByRole('link', { name: 'Heron Med Spa' }).waitFor();
  await takeRights(page, account, base);
  const checked = async (window) => {
    for (const button of await window.getByRole('button', { name: /^Check now/ }).all()) await button.click();
    await window.getByText(/^Answered in/).nth(2).waitFor();
  };
  const pages = {
    'provider/setting-change': { at: `${base}/settings`, act: press('Change Allowed networks') },
    'provider/admin-menu': { at: `${base}/admins`, act: press(/^Change First/) },
    'provider/federation-checked': { at: `${base}/federation`, act: checked },
    'provider/support-ask': { at: `${base}/support`, act: press('Request support session') },
    'provider/rights': `${base}/sessions`,
    'provider/provisioning-done': `${base}/provisioning`,
  };
  await shoot(pages, await page.context().storageState());
  await page.getByRole('button', { name: 'Give back' }).click();
  await page.getByText('Given back', { exact: true }).waitFor();
}

/** What only the dev portal has. */
export async function dev({ shoot, wants }, page, account, base) {
  if (!wants('dev/errors-some', 'dev/job-run', 'dev/rights')) return;
  await page.goto(`${base}/overview`);
  await page.evaluate(() => {
    for (const message of ['TypeError: e.rows is undefined', 'RangeError: invalid date']) window.dispatchEvent(new ErrorEvent('error', { message }));
  });
  await shoot({ 'dev/job-run': { at: `${base}/jobs`, act: press(/^run prune now/) }, 'dev/errors-some': `${base}/errors` }, await page.context().storageState());
  await takeRights(page, account, base);
  await shoot({ 'dev/rights': `${base}/sessions` }, await page.context().storageState());
  await page.getByRole('button', { name: 'Give back' }).click();
  await page.getByText('Given back', { exact: true }).waitFor();
}

/** What only the accountant portal has. */
export async function accountant({ shoot }, state, base) {
  const at = `${base}/subscriptions`;
  await shoot({
    'accountant/subscriptions-columns': { at, act: press('Columns'), on: 'desktop' },
    'accountant/subscriptions-arrange': { at, act: press('Arrange this list'), on: 'phone' },
    'accountant/subscriptions-none': `${at}?view=suspended&f.state=SUSPENDED`,
  }, state);
}

/** A company that the provider's system is not told of, because nobody listens where that is said to be; nor are the companies reached. */
export async function onTheirWay({ browser, shoot, wants }) {
  if (!wants('provider/provisioning-failing', 'provider/overview-away')) return;
  const [base, here, there] = [await freeBase(), freshFolder(), freshFolder()];
  shareKeys(there, 'client', here);
  const nowhere = `http://127.0.0.1:${base + 9}`;
  const clients = await startServer({ demo: false, systems: 'client', base, data: here, settings: { STREAMFLOW_FEDERATION_URLS__PROVIDER: nowhere } });
  const settings = { STREAMFLOW_FEDERATION_URLS__CLIENT: `http://127.0.0.1:${base + 10}` };
  const operators = await startServer({ demo: false, systems: 'provider', data: there, settings });
  const window = await enterPortal(browser, operators, 'provider');
  await registerCompany(clients, 'Kestrel Med Spa', 'K-3001');
  const at = `${operators.url('provider')}/provider`;
  const fails = (page) => page.getByText('Failing', { exact: true }).nth(1).waitFor({ timeout: 30_000 });
  const state = await window.context.storageState();
  await shoot({ 'provider/provisioning-failing': { at: `${at}/provisioning`, act: fails } }, state);
  await clients.stop();
  await shoot({ 'provider/overview-away': { at: `${at}/overview`, act: (page) => page.getByText(/can’t be reached/).first().waitFor() } }, state);
  await window.close();
  await operators.stop();
}
