// Two people of one company at the same records: what one does shows where the other looks, and what both change at once is
// settled field by field. With the private details of a customer, which nobody sees unasked.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PHONE, addLead, closed, enter, lane, rows, settled, sound } from './portal.mjs';
import { accountOf } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

stage();

const as = async (role, look) => {
  const account = accountOf(server, role);
  return { ...(await enter(browser, server, account, look)), account };
};

async function edit(page) {
  await page.getByRole('button', { name: 'Edit' }).first().click();
  await page.locator('dialog[open]').waitFor();
}

/** Types into the fields of the form that is open. */
async function type(page, fields) {
  for (const [label, text] of Object.entries(fields)) await page.locator('dialog[open]').getByLabel(new RegExp(`^${label}`)).first().fill(text);
}

async function save(page) {
  await page.keyboard.press('Control+Enter');
  await closed(page);
}

/** A contact of the first customer there is, added on the customer's page. */
async function addContact(window, name) {
  const { page } = window;
  await window.visit('customers?sort=name');
  await rows(page).first().locator('a').click();
  await page.waitForURL(/customers\/cus_/);
  await page.getByRole('tab', { name: /^Contacts/ }).click();
  await page.locator('main').getByRole('button', { name: 'Add contact' }).click();
  await type(page, { Name: name });
  await save(page);
  const link = page.locator('main').getByRole('link', { name });
  await link.waitFor();
  return new URL(await link.getAttribute('href'), page.url()).href;
}

describe('what another person does', () => {
  test('to a lead shows in the open list and on the open board', async () => {
    const [editor, list, board] = [await as('MANAGER'), await as('OWNER'), await as('OWNER', PHONE)];
    await list.visit('leads');
    await board.visit('leads/board');
    await addLead(editor, 'Live gutter', 'Wire & Sons');
    await list.page.getByText('1 new lead since this list was read').waitFor();
    await list.page.getByRole('button', { name: 'Show' }).click();
    const row = rows(list.page).filter({ hasText: 'Live gutter' });
    await row.waitFor();
    const card = board.page.locator('.kcard', { hasText: 'Live gutter' });
    await card.waitFor();
    const stage = editor.page.locator('.app-panel').getByLabel('Stage');
    const [from, to] = (await stage.locator('option').allInnerTexts()).map((title) => title.trim());
    await lane(board.page, from).locator('.kcard', { hasText: 'Live gutter' }).waitFor();
    await stage.selectOption({ label: to });
    await lane(board.page, to).locator('.kcard', { hasText: 'Live gutter' }).waitFor();
    await row.filter({ hasText: to }).waitFor();
    await edit(editor.page);
    await type(editor.page, { Company: 'Wire & Daughters' });
    await save(editor.page);
    await row.filter({ hasText: 'Wire & Daughters' }).filter({ hasText: 'Tom, just now' }).waitFor();
    await card.filter({ hasText: 'Wire & Daughters' }).waitFor();
    await sound(list, 'a list of leads with another person’s edit');
    await sound(board, 'a board with another person’s edit');
    for (const window of [editor, list, board]) await window.close();
  });

  test('brings a record into an open list, and takes it out', async () => {
    const [editor, staff, narrowed] = [await as('OWNER'), await as('STAFF', PHONE), await as('OWNER')];
    const from = (label) => (page) => page.getByLabel(/^Source/).selectOption({ label });
    await staff.visit('leads');
    await narrowed.visit('leads?f.source=phone');
    await addLead(editor, 'Handed gutter', 'Wire & Sons', from('Phone'));
    await narrowed.page.getByText('1 new lead since this list was read').waitFor();
    await narrowed.page.getByRole('button', { name: 'Show' }).click();
    const row = rows(narrowed.page).filter({ hasText: 'Handed gutter' });
    await row.waitFor();
    await edit(editor.page);
    const form = editor.page.locator('dialog[open]');
    await form.getByRole('combobox', { name: /^Owner/ }).fill(staff.account.name);
    await form.getByRole('option', { name: staff.account.name }).click();
    await from('Referral')(editor.page);
    await save(editor.page);
    await row.waitFor({ state: 'detached' });
    await staff.page.getByText('1 new lead since this list was read').waitFor();
    await staff.page.getByRole('button', { name: 'Show' }).click();
    await rows(staff.page).filter({ hasText: 'Handed gutter' }).waitFor();
    for (const window of [editor, staff, narrowed]) await window.close();
  });

  test('to a contact shows in the open list and on its page', async () => {
    const [editor, list, record] = [await as('MANAGER'), await as('OWNER'), await as('OWNER', PHONE)];
    await list.visit('contacts');
    const address = await addContact(editor, 'Livia Wire');
    await list.page.getByText('1 new contact since this list was read').waitFor();
    await list.visit('contacts?q=Livia%20Wire');
    const row = rows(list.page).filter({ hasText: 'Livia Wire' });
    await row.waitFor();
    await record.page.goto(address);
    await editor.page.goto(address);
    await settled(record.page);
    await settled(editor.page);
    await edit(editor.page);
    await type(editor.page, { Name: 'Livia Wire-Cable', Phone: '0113 496 4712' });
    await save(editor.page);
    await row.filter({ hasText: 'Livia Wire-Cable' }).waitFor();
    await record.page.getByRole('heading', { name: 'Livia Wire-Cable' }).waitFor();
    await record.page.getByRole('button', { name: 'Details' }).click();
    await record.page.locator('dialog[open]').getByText('0113 496 4712').waitFor();
    await sound(list, 'a list of contacts with another person’s edit');
    await sound(record, 'a contact with another person’s edit');
    for (const window of [editor, list, record]) await window.close();
  });
});

describe('two people who change one record settle it field by field', () => {
  /** `theirs` is saved first; of `mine` the field `asked` was changed by both. */
  async function settle(first, second, address, { theirs, mine, asked, merged }) {
    for (const { page } of [first, second]) {
      await page.goto(address);
      await settled(page);
      await edit(page);
    }
    await type(first.page, theirs);
    await save(first.page);
    await type(second.page, mine);
    await second.page.keyboard.press('Control+Enter');
    const question = second.page.getByRole('dialog', { name: /saved this .* while you were editing/ });
    await question.getByText('changed by both of you').waitFor();
    await sound(second, 'a conflict');
    await question.getByRole('radio', { name: new RegExp(mine[asked]) }).check();
    await question.getByRole('button', { name: 'Save merged' }).click();
    await closed(second.page);
    for (const { page } of [first, second]) {
      await page.reload();
      await settled(page);
      await edit(page);
      for (const [label, text] of Object.entries(merged)) {
        assert.equal(await page.locator('dialog[open]').getByLabel(new RegExp(`^${label}`)).first().inputValue(), text, label);
      }
      await page.keyboard.press('Escape');
    }
  }

  test('on a lead', async () => {
    const [first, second] = [await as('MANAGER'), await as('OWNER', PHONE)];
    await addLead(first, 'Disputed roof', 'Both & Co');
    await settle(first, second, first.page.url(), {
      theirs: { Company: 'Tom & Co', Phone: '0113 496 0001' }, mine: { Company: 'Helen & Co', Contact: 'Ada Both' },
      asked: 'Company', merged: { Company: 'Helen & Co', Phone: '0113 496 0001', Contact: 'Ada Both' },
    });
    assert.deepEqual([...first.problems, ...second.problems], []);
    await first.close();
    await second.close();
  });

  test('on a contact', async () => {
    const [first, second] = [await as('MANAGER', PHONE), await as('OWNER')];
    const adder = await as('MANAGER');
    const address = await addContact(adder, 'Carla Conflict');
    await adder.close();
    await settle(first, second, address, {
      theirs: { Position: 'Buyer', Mobile: '07700 900111' }, mine: { Position: 'Head buyer', Phone: '0113 496 0002' },
      asked: 'Position', merged: { Position: 'Head buyer', Mobile: '07700 900111', Phone: '0113 496 0002' },
    });
    assert.deepEqual([...first.problems, ...second.problems], []);
    await first.close();
    await second.close();
  });
});

describe('the private details of a customer', () => {
  for (const [role, look] of [['OWNER', undefined], ['MANAGER', PHONE]]) {
    test(`are shown when asked for, edited, seen by another, and on record: ${role}`, async () => {
      const [window, other] = [await as(role, look), await as('ACCOUNTANT')];
      const { page } = window;
      const taxId = `GB 123 4567 ${role.length}`;
      await window.visit('customers?sort=name');
      await rows(page).first().locator('a').click();
      await page.waitForURL(/customers\/cus_/);
      await page.getByRole('tab', { name: 'Private' }).click();
      const reveal = page.getByRole('button', { name: 'Show private details' });
      await reveal.waitFor();
      await sound(window, 'private details that are hidden');
      await reveal.click();
      await page.getByRole('button', { name: 'Edit private details' }).click();
      await type(page, { 'Tax id': taxId, 'Bank details': 'DE02 1203 0000', 'Private note': 'Pays late, asks nicely.' });
      await sound(window, 'editing private details');
      await save(page);
      const shown = page.getByRole('region', { name: 'Private details' });
      for (const text of [taxId, 'DE02 1203 0000', 'Pays late, asks nicely.']) await shown.getByText(text).waitFor();
      await sound(window, 'private details that are shown');
      await page.getByRole('button', { name: 'Hide' }).click();
      await reveal.waitFor();
      assert.equal(await page.getByText(taxId).count(), 0, 'hidden again');
      // What was shown is not kept for whoever comes to the page next.
      await page.reload();
      await settled(page);
      assert.equal(await page.getByText(taxId).count(), 0, 'not shown unasked');
      await other.page.goto(page.url());
      await other.page.getByRole('tab', { name: 'Private' }).click();
      await other.page.getByRole('button', { name: 'Show private details' }).click();
      await other.page.getByText(taxId).waitFor();
      await window.visit('audit?category=');
      await page.locator('main').getByText(/private/i).first().waitFor();
      await window.close();
      await other.close();
    });
  }
});
