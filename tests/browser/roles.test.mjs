// Each role of a company at every page there is: those of its navigation, and those of the others typed by hand. No page is empty or
// waits for ever, what is refused is said in words, and what somebody may not do is not offered.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addLead, enter, rows, settled, sound } from './portal.mjs';
import { accountOf } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

const ROLES = ['OWNER', 'MANAGER', 'STAFF', 'EMPLOYEE', 'ACCOUNTANT'];
const [OWNER, MANAGER, STAFF, EMPLOYEE, ACCOUNTANT] = ROLES;
const ALL = new Set(ROLES);
const of = (...roles) => new Set(roles);
const REFUSED = /: not for your role/;

/** Pages by address: who opens them, and what the others read. `where` is a page that stands in for it. */
const PAGES = {
  dashboard: [ALL], inbox: [ALL], tasks: [ALL], team: [ALL], profile: [ALL], customers: [ALL], contacts: [ALL],
  'customers/duplicates': [of(OWNER, MANAGER, STAFF), REFUSED],
  'contacts/duplicates': [of(OWNER, MANAGER, STAFF), REFUSED],
  leads: [of(OWNER, MANAGER, STAFF, EMPLOYEE), REFUSED],
  'leads/board': [of(OWNER, MANAGER, STAFF, EMPLOYEE), REFUSED],
  imports: [of(OWNER, MANAGER), REFUSED],
  'imports/new': [of(OWNER, MANAGER), /Owners and managers import files/],
  audit: [of(OWNER, MANAGER), REFUSED],
  anomalies: [of(OWNER, MANAGER), REFUSED],
  settings: [of(OWNER, MANAGER), /Settings are for owners/],
  ...Object.fromEntries(['company', 'features', 'fields', 'pipeline', 'work-orders', 'security', 'support', 'data'].map((part) => [`settings/${part}`, [of(OWNER), /Lead assignment|Settings are for owners/]])),
  'settings/assignment': [of(OWNER, MANAGER), /Settings are for owners/],
  nowhere: [of(), /No such page/],
};

/** Links of the navigation, and who has them. */
const NAVIGATION = {
  'My work': ALL, Inbox: ALL, Dashboard: ALL, Customers: ALL, Contacts: ALL, Team: ALL,
  Leads: of(OWNER, MANAGER, STAFF, EMPLOYEE), Import: of(OWNER, MANAGER), 'Audit log': of(OWNER, MANAGER), Anomalies: of(OWNER, MANAGER), Settings: of(OWNER, MANAGER),
};

/** What a page offers, and to whom. */
const OFFERS = [
  ['customers', 'button', /New customer/, of(OWNER, MANAGER, STAFF)],
  ['customers', 'link', /^Import$/, of(OWNER, MANAGER), 'header'],
  ['customers', 'link', /Find duplicates/, of(OWNER, MANAGER, STAFF), 'header'],
  ['customers', 'button', /^CSV$/, of(OWNER, MANAGER, STAFF, ACCOUNTANT)],
  ['customers', 'checkbox', /^Select /, of(OWNER, MANAGER, STAFF, ACCOUNTANT)],
  ['leads', 'button', /New lead/, of(OWNER, MANAGER, STAFF, EMPLOYEE)],
  ['leads/board', 'button', /New lead/, of(OWNER, MANAGER, STAFF, EMPLOYEE)],
  ['team', 'button', /Invite a person/, of(OWNER, MANAGER)],
  ['team', 'tab', /Invitations/, of(OWNER, MANAGER)],
  ['team', 'button', /^Change /, of(OWNER, MANAGER)],
  ['settings/assignment', 'button', /New rule/, of(OWNER)],
  ['settings/work-orders', 'button', /New type/, of(OWNER)],
  ['imports', 'link', /Choose a CSV file/, of(OWNER, MANAGER)],
];

/** The same on the page of a customer. */
const ON_A_CUSTOMER = [
  ['button', /^Edit\b/, of(OWNER, MANAGER, STAFF, EMPLOYEE)],
  ['tab', /^Private$/, of(OWNER, MANAGER, ACCOUNTANT)],
  ['tab', /^Contacts/, ALL],
  ['button', /Save note/, of(OWNER, MANAGER, STAFF, EMPLOYEE)],
];

stage();

/** A window of the first person with this role; `refusals` are the calls that were not for it. */
async function as(role) {
  const window = await enter(browser, server, accountOf(server, role));
  window.refusals = [];
  window.page.on('response', (answer) => {
    if (answer.headers()['grpc-status'] === '7') window.refusals.push(answer.url().split('/').slice(-2).join('/'));
  });
  return window;
}

const words = (page) => page.locator('main').innerText();

async function offers(page, list, role, what) {
  for (const [kind, name, roles, place = 'body'] of list) {
    const found = page.locator(place).getByRole(kind, { name }).locator('visible=true').first();
    if (roles.has(role)) await found.waitFor();
    else assert.equal(await found.count(), 0, `${what} offers ${name} to ${role}`);
  }
}

for (const role of ROLES) {
  describe(`as ${role}`, () => {
    test('the navigation leads to what is there for this role, and nothing is refused on the way', async () => {
      const window = await as(role);
      const { page } = window;
      await window.visit('dashboard');
      const links = page.getByRole('navigation', { name: 'Main', exact: true }).getByRole('link');
      const names = (await links.evaluateAll((all) => all.map((link) => link.title))).filter(Boolean);
      const wanted = Object.keys(NAVIGATION).filter((name) => NAVIGATION[name].has(role));
      assert.deepEqual(names.filter((name) => name in NAVIGATION).sort(), wanted.sort());
      for (const name of wanted) {
        await page.getByRole('navigation', { name: 'Main', exact: true }).getByRole('link', { name, exact: true }).click();
        await settled(page);
        assert.doesNotMatch(await words(page), REFUSED, name);
      }
      assert.deepEqual(window.problems, []);
      assert.deepEqual(window.refusals, [], 'calls that are refused');
      await window.close();
    });

    test('every address opens, or says in words that it is not for this role', async () => {
      const window = await as(role);
      const { page } = window;
      const wrong = [];
      for (const [name, [roles, refusal]] of Object.entries(PAGES)) {
        // The way by the navigation has been there.
        if (refusal === undefined) continue;
        const said = await window.visit(name).then(() => words(page), (error) => `${error.message}`);
        const right = roles.has(role) ? !REFUSED.test(said) && said.trim() !== '' && !said.startsWith('still loading') : refusal.test(said);
        if (!right) wrong.push(`${name}: ${said.slice(0, 80)}`);
      }
      assert.deepEqual(wrong, []);
      await sound(window, 'a page that is not there');
      await window.close();
    });

    test('what this role may not do is not offered', async () => {
      const window = await as(role);
      const { page } = window;
      for (const name of new Set(OFFERS.map(([name]) => name))) {
        if (!PAGES[name][0].has(role)) continue;
        await window.visit(name);
        await offers(page, OFFERS.filter(([at]) => at === name).map(([, ...rest]) => rest), role, name);
      }
      await window.visit('customers');
      await rows(page).locator('a').first().click();
      await page.waitForURL(/customers\/cus_/);
      await settled(page);
      await offers(page, ON_A_CUSTOMER, role, 'a customer');
      await sound(window, `a customer as ${role}`);
      assert.deepEqual(window.refusals, [], 'calls that are refused');
      await window.close();
    });
  });
}

describe('whoever sees own records only', () => {
  test('sees what was made by oneself, and nothing of others by its address', async () => {
    const owner = await as(OWNER);
    const staff = await as(STAFF);
    const { page } = staff;
    const foreign = {};
    for (const noun of ['customer', 'lead']) {
      // Made by the owner, so nobody else's.
      if (noun === 'lead') {
        await addLead(owner, 'Not for Grace', 'Owner only Ltd');
      } else {
        await owner.visit('customers');
        await owner.page.getByRole('button', { name: 'New customer' }).first().click();
        await owner.page.getByLabel('Name', { exact: true }).fill('Not for Grace');
        await owner.page.keyboard.press('Control+Enter');
        await owner.page.waitForURL(/customers\/cus_/);
      }
      foreign[noun] = owner.page.url();
    }
    await addLead(staff, 'By Grace alone', 'Graceful Ltd');
    const mine = page.url();
    await staff.visit('leads?q=Grace');
    await rows(page).filter({ hasText: 'By Grace alone' }).waitFor();
    assert.equal(await rows(page).count(), 1, 'only the own one');
    await staff.visit('customers?q=Not%20for%20Grace');
    await page.getByText('No customers match').waitFor();
    for (const [noun, address] of Object.entries(foreign)) {
      await page.goto(address);
      await settled(page);
      await page.getByRole('heading', { name: new RegExp(`${noun}: not found`, 'i') }).waitFor();
      assert.equal(await page.getByText('Not for Grace').count(), 0);
      await sound(staff, `another’s ${noun}`);
    }
    await owner.page.goto(mine);
    await owner.page.getByRole('heading', { name: 'By Grace alone' }).waitFor();
    await owner.close();
    await staff.close();
  });
});
