// What becomes of companies shows in the pages of the provider portal that are open, and leaves what somebody does there as it is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SIZES, enterPortal, holdsInEachLook, takeOn } from './portal.mjs';
import { registerCompany, setPlan } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

let window;

stage({ demo: false }, async () => {
  window = await enterPortal(browser, server, 'provider');
});

const address = (page) => `${server.url('provider')}/provider/${page}`;

test('companies that are registered arrive in the open pages of the provider portal, and so does what becomes of them', async () => {
  const pages = {};
  for (const [name, empty] of [['overview', '0 tenants, none suspended'], ['tenants', 'No tenants yet'], ['provisioning', 'No registrations yet']]) {
    pages[name] = await window.context.newPage();
    await pages[name].goto(address(name));
    await pages[name].getByText(empty).waitFor();
  }
  const chart = pages.overview.locator('figure', { has: pages.overview.getByRole('heading', { name: 'Sign-ups by day' }) });
  await chart.getByRole('button', { name: 'Show as table' }).click();
  const { tenant: first } = await registerCompany(server, 'Heron Med Spa', 'K-2001');
  const row = pages.tenants.locator('tr.is-row', { hasText: 'Heron Med Spa' });
  await row.waitFor();
  await pages.overview.getByRole('link', { name: 'Heron Med Spa' }).first().waitFor();
  await pages.provisioning.getByRole('link', { name: 'Heron Med Spa' }).waitFor();
  // What somebody has turned stays as it was.
  await chart.getByRole('button', { name: 'Show as chart' }).waitFor();

  // The row that one is at, and a dialog that is open, outlast the next arrival.
  await pages.tenants.keyboard.press('j');
  const cursor = pages.tenants.locator('tr.is-cursor', { hasText: 'Heron Med Spa' });
  await cursor.waitFor();
  const tenant = await window.context.newPage();
  await tenant.goto(address(`tenants/${first}`));
  await tenant.getByText('Registered', { exact: true }).waitFor();
  await tenant.getByText(/^Link handshake done/).waitFor();
  await tenant.getByRole('button', { name: 'Suspend', exact: true }).click();
  await takeOn(tenant, window.account, 'tenants');
  await tenant.getByLabel('Reason').fill('The invoice of May');
  await registerCompany(server, 'Ibis Med Spa', 'K-2002');
  await pages.tenants.locator('tr.is-row', { hasText: 'Ibis Med Spa' }).waitFor();
  await cursor.waitFor();
  await pages.overview.getByRole('link', { name: 'Ibis Med Spa' }).first().waitFor();

  // Somebody else suspends it: the page that looks at it follows, and what is being typed there stays.
  const other = await window.context.newPage();
  await other.goto(address(`tenants/${first}`));
  // The same session, which has the right.
  await other.getByText('You have the right “tenants”.').waitFor();
  await other.getByRole('button', { name: 'Suspend', exact: true }).click();
  await other.getByLabel('Reason').fill('The invoice of April is unpaid.');
  await other.getByLabel(/to confirm/).fill(first);
  await other.getByRole('button', { name: 'Suspend now' }).click();
  await tenant.getByText(/^Suspended since/).waitFor();
  await tenant.locator('.timeline').getByText('Suspended', { exact: true }).waitFor();
  // So does the timeline of one whose plan is changed from the command line, with the end of its trial.
  setPlan(server, { tenant: first }, 'trial');
  const change = tenant.locator('.timeline li', { hasText: 'Plan changed' });
  await change.getByText(/^Trial ends \d/).waitFor();
  assert.match(await change.locator('.diff').textContent(), /Plan.*Standard.*Trial/);
  assert.equal(await tenant.getByLabel('Reason').inputValue(), 'The invoice of May');
  await row.getByText('Suspended').waitFor();

  // The right is given back in one window, and the other one, which does not know, is asked for it and goes on.
  await tenant.getByRole('button', { name: 'Cancel' }).click();
  await tenant.getByRole('button', { name: 'Give back' }).click();
  await tenant.getByText('Given back', { exact: true }).waitFor();
  await other.getByRole('button', { name: 'Resume' }).click();
  await takeOn(other, window.account, 'tenants');
  await other.getByText(/people can work again/).waitFor();
  await row.getByText('Suspended').waitFor({ state: 'detached' });
  for (const page of [...Object.values(pages), tenant, other]) await page.close();
  assert.deepEqual(window.problems, []);
});

test('the overview says what is done in all companies, as figures and as a table, and which systems answer', async () => {
  const { page, problems } = window;
  await page.goto(address('overview'));
  const [usage, systems] = ['Usage', 'Systems'].map((name) => page.getByRole('region', { name }));
  for (const name of ['Sign-ins', 'New customers', 'New leads', 'Leads in all']) await usage.getByText(name, { exact: true }).waitFor();
  await usage.getByText('0 open, 0 won, 0 lost').waitFor();
  await usage.getByText('Nobody signed in in this time, nor in the time before.').waitFor();
  await systems.getByText('3 answer', { exact: true }).waitFor();
  for (const name of ['Client', 'Dev', 'Accountant']) await systems.getByRole('listitem').filter({ hasText: name }).getByText('Answers').waitFor();
  await holdsInEachLook(page, 'provider overview with usage and systems');
  await page.setViewportSize(SIZES.phone);
  const signUps = page.locator('figure', { has: page.getByRole('heading', { name: 'Sign-ups by day' }) });
  const [title, button] = await Promise.all([signUps.getByRole('heading'), signUps.getByRole('button')].map((part) => part.boundingBox()));
  const middle = (box) => box.y + box.height / 2;
  assert.ok(Math.abs(middle(title) - middle(button)) <= 2, 'the button is on the line of the title');
  await page.setViewportSize(SIZES.desktop);
  await usage.getByRole('button', { name: 'Show as table' }).click();
  await usage.getByRole('columnheader', { name: 'Range before' }).waitFor();
  await page.getByRole('group', { name: 'Range' }).getByRole('button', { name: '7 days' }).click();
  await page.waitForFunction(() => document.querySelectorAll('section[aria-labelledby="fleet-usage"] tbody tr').length === 7);
  assert.deepEqual(problems, []);
});
