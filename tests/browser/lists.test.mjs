// Contacts, leads and the audit as lists: their order, columns, filters, views and files, on a desktop and from the phone's menu.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, test } from 'node:test';
import { PHONE, addLead, enter, moveIn, rows, sound } from './portal.mjs';
import { NORTHWIND, importCustomers, makeCompany } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

// `order` is a name and the address it gives. `filter` is a field, how its value is given, and what every row of the file has then.
const LISTS = [
  {
    name: 'contacts', usual: 'Name', order: ['Newest', /sort=created_at/], column: 'Mobile', named: true,
    filter: ['Position', (value) => value.fill('Sales Rep'), ({ title }) => /Sales Rep/.test(title)],
    heads: ['name', 'mobile'], some: ({ name }) => name === 'Maria Anders', usualHeads: ['name', 'customer_name'],
  },
  {
    name: 'leads', usual: 'Last change', order: ['Name', /sort=name/], column: 'Source', named: true,
    filter: ['Source', (value) => value.selectOption({ label: 'Referral' }), ({ source }) => source === 'referral'],
    heads: ['name', 'source'], some: ({ name }) => name === 'Awning, red', usualHeads: ['name', 'company'],
  },
  {
    name: 'audit', usual: 'Newest first', order: ['Oldest first', /sort=at/], column: 'Role',
    filter: ['Kind', (value) => value.selectOption({ label: 'Records changed' }), ({ category }) => category === 'record'],
    also: ['Time since', (value) => value.fill('2026-01-01')],
    heads: ['at', 'path', 'outcome'], some: ({ path }) => /CreateLead$/.test(path), usualHeads: ['at', 'path'],
  },
];
let owner;

stage({ demo: false }, async () => {
  owner = makeCompany(server, 'Lists & Sons', 'Lisa List');
  importCustomers(server, owner, NORTHWIND);
  await moveIn(browser, server, owner);
  const window = await enter(browser, server, owner);
  const from = (label) => (page) => page.getByLabel(/^Source/).selectOption({ label });
  await addLead(window, 'Awning, red', 'Referred Ltd', from('Referral'));
  await addLead(window, 'Balcony', 'Called Ltd', from('Phone'));
  await window.close();
});

/** The rows of a CSV file, by the names of its columns. */
function records(text) {
  const lines = [[]];
  for (const [, cell, end] of text.replace(/^\uFEFF/, '').matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/g)) {
    lines.at(-1).push(cell.replaceAll(/^"|"$/g, '').replaceAll('""', '"'));
    if (end !== ',') lines.push([]);
  }
  const [heads, ...rest] = lines.filter((line) => line.length > 1);
  return { heads, all: rest.map((line) => Object.fromEntries(heads.map((head, at) => [head, line[at]]))) };
}

async function file(page) {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'CSV' }).click();
  return records(fs.readFileSync(await (await download).path(), 'utf8'));
}

async function narrow(page, [field, give]) {
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  const panel = page.locator('.pop-panel');
  await panel.getByLabel('Field').selectOption({ label: field });
  await give(panel.getByLabel('Value'));
  await panel.getByRole('button', { name: 'Apply filter' }).click();
  await page.getByRole('button', { name: `Remove filter ${field}` }).waitFor();
  await rows(page).first().waitFor();
}

/** Under the dialog that is asked for by the button, back again by its tab, and away. */
async function saveView(window, list, size, kept) {
  const { page } = window;
  const name = `Ours on a ${size}`;
  await page.getByRole('button', { name: 'Save view' }).click();
  await page.getByLabel('Name of this view').fill(name);
  await sound(window, `saving a view of ${list}`);
  await page.getByRole('button', { name: 'Save as a new view' }).click();
  const tab = page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: new RegExp(name) });
  await tab.waitFor();
  // A view that is opened anew asks for what was saved, its chips and all.
  const narrowed = await page.locator('.filterbar .chip').allInnerTexts();
  await window.visit(list);
  await tab.click();
  await page.waitForURL(kept);
  await page.waitForFunction((chips) => document.querySelectorAll('.filterbar .chip').length === chips, narrowed.length);
  assert.deepEqual(await page.locator('.filterbar .chip').allInnerTexts(), narrowed);
  await page.getByRole('button', { name: `Delete the view ${name}` }).click();
  await page.getByText(`View ${name} deleted`).first().waitFor();
  await tab.waitFor({ state: 'detached' });
}

for (const { name, usual, order, column, named, filter, also, heads, some, usualHeads } of LISTS) {
  describe(`the list of ${name}`, () => {
    test('is ordered, arranged, narrowed, kept as a view and saved as a file', async () => {
      const window = await enter(browser, server, owner);
      const { page } = window;
      await window.visit(name);
      await page.getByRole('search').getByRole('button', { name: usual }).click();
      await page.getByRole('menuitem', { name: order[0], exact: true }).click();
      await page.waitForURL(order[1]);
      const head = page.getByRole('columnheader', { name: column });
      const shown = await head.count() > 0;
      await page.getByRole('button', { name: 'Columns' }).click();
      await page.getByLabel(column, { exact: true }).setChecked(!shown);
      await sound(window, `columns of ${name}`);
      await page.keyboard.press('Escape');
      await head.waitFor({ state: shown ? 'detached' : 'visible' });
      await narrow(page, filter);
      await sound(window, `${name}, narrowed`);
      const { heads: given, all } = await file(page);
      for (const wanted of heads) assert.ok(given.includes(wanted), `${wanted} in ${given}`);
      assert.ok(all.some(some), 'what is looked for is in the file');
      assert.ok(all.every(filter[2]), 'nothing else is');
      if (named) {
        // The file has the order of the list.
        const seen = (await rows(page).locator('.cell-main').allInnerTexts()).slice(0, 5).map((text) => text.trim());
        assert.deepEqual(all.slice(0, 5).map((row) => row.name), seen);
      }
      if (also) await narrow(page, also);
      await saveView(window, name, 'desktop', order[1]);
      await window.close();
    });

    test('is arranged by the menu of a phone', async () => {
      const window = await enter(browser, server, owner, PHONE);
      const { page } = window;
      await window.visit(name);
      const arrange = page.getByRole('button', { name: 'Arrange this list' });
      await arrange.click();
      const panel = page.locator('.pop-panel');
      await panel.getByLabel(/^Order/).selectOption({ label: order[0] });
      await page.waitForURL(order[1]);
      await panel.getByLabel(column, { exact: true }).click();
      await page.waitForURL(/cols=/);
      await sound(window, `arranging ${name} on a phone`);
      await page.keyboard.press('Escape');
      await narrow(page, filter);
      await arrange.click();
      const { heads: given, all } = await file(page);
      for (const wanted of usualHeads) assert.ok(given.includes(wanted), `${wanted} in ${given}`);
      assert.ok(all.some(some) && all.every(filter[2]), 'the file holds what the list shows');
      await arrange.click();
      await saveView(window, name, 'phone', order[1]);
      await window.close();
    });
  });
}
