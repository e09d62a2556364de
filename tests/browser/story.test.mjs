// What a new customer does on the first day, in a browser and as one person: begin, import, find, see changes come, settle a conflict,
// invite somebody, look at the audit. Each step goes on where the one before it stopped.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { TWO_LOOKS, addLead, beginEnrol, enrol, enter as enterCompany, enterPortal, open, remember, rows, settled, sound, submit } from './portal.mjs';
import { NORTHWIND, mailTo, makeCompany } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

const PASSWORD = 'a-Quiet-harbour-41-lamps';
let foreign;

stage({ demo: false }, () => {
  foreign = makeCompany(server, 'Somebody Else', 'Stella Stranger');
});

async function find(window, { size }, words, name) {
  if (size === 'phone') {
    await window.page.getByRole('button', { name: 'More' }).click();
    await window.page.getByRole('button', { name: /Search/ }).click();
  } else {
    await window.page.keyboard.press('Control+k');
  }
  await window.page.getByRole('combobox').fill(words);
  await window.page.getByRole('option', { name }).first().waitFor();
}

/** The file with the name of one customer missing. */
function brokenFile() {
  const lines = fs.readFileSync(NORTHWIND, 'utf8').split('\n');
  lines[3] = lines[3].replace(/^ANTON,[^,]*/, 'ANTON,');
  const file = path.join(server.data, 'broken.csv');
  fs.writeFileSync(file, lines.join('\n'));
  return file;
}

/** The broken file, as far as the rows with problems. */
async function bring(window) {
  const { page } = window;
  await window.visit('imports/new');
  await page.locator('input[type=file]').setInputFiles(brokenFile());
  await page.waitForURL(/imports\/imp_/);
  await page.getByRole('button', { name: 'Check the rows' }).waitFor();
  await sound(window, 'columns');
  await page.getByRole('button', { name: 'Check the rows' }).click();
  await page.getByRole('button', { name: 'Import 90 rows, leave out 1' }).waitFor();
  await sound(window, 'rows with problems');
}

/** Name, address and the text of the first row of a list that has `words` in it, with what a phone leaves out. */
async function first(window, list, words) {
  await window.visit(list);
  const row = rows(window.page).filter({ hasText: words }).first();
  await row.waitFor();
  const link = row.locator('a.cell-main');
  return { name: await link.innerText(), address: await link.getAttribute('href'), text: await row.textContent() };
}

async function editCustomer({ page }) {
  await page.getByRole('button', { name: 'Edit' }).first().click();
  await page.getByLabel(/^City/).waitFor();
}

for (const look of TWO_LOOKS) {
  const { size, theme } = look;

  describe(`the first day of a company: ${size}, ${theme}`, () => {
    const owner = { email: `ada.${size}@example.com`, password: PASSWORD };
    const enter = (as = look) => enterCompany(browser, server, owner, as);

    test('somebody begins with a company of their own, and sets up an authenticator', async () => {
      const opened = await open(browser, look);
      const { page } = opened;
      page.setDefaultTimeout(15_000);
      await page.goto(`${server.url('client')}/sign-up`);
      await page.getByLabel('Your name').fill('Ada Moreno');
      await page.getByLabel('E-mail').fill(owner.email);
      await submit(page);
      await page.getByRole('heading', { name: 'Look in your mail' }).waitFor();
      await page.goto((await mailTo(server, owner.email)).match(/https?:\/\/\S+setup\/welcome\S+/)[0]);
      await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
      await submit(page);
      await page.getByLabel('Company name').fill(`Glow & Co ${size}`);
      await page.getByRole('radio').nth(1).check();
      await page.getByRole('button', { name: `Create Glow & Co ${size}` }).click();
      await page.waitForURL(/enrol/, { timeout: 30_000 });
      await beginEnrol(page, owner);
      await enrol(page, owner);
      await page.getByRole('button', { name: 'I kept them, continue' }).click();
      await page.waitForURL(/client\/dashboard/);
      await settled(page);
      await sound(opened, 'the first dashboard');
      await remember(opened, owner);
      await opened.close();
    });

    test('a file with a broken row is mended, imported and taken back, and imported without that row', async () => {
      const window = await enter();
      const { page } = window;
      await bring(window);
      await page.locator('.cell-button').first().click();
      await page.locator('td input:focus').waitFor();
      await page.keyboard.type('Antonio Moreno Taquería');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Import 91 rows' }).click();
      await page.getByRole('button', { name: 'Undo this import' }).waitFor();
      await sound(window, 'a finished import');
      await window.visit('customers?q=Antonio%20Moreno');
      await page.getByText('Antonio Moreno Taquería').first().waitFor();
      await page.goBack();
      await page.getByRole('button', { name: 'Undo this import' }).click();
      await page.getByRole('dialog').getByRole('button', { name: /Undo/ }).click();
      // Not "being undone", which is said before.
      await page.getByText('This import was undone').first().waitFor();
      await window.visit('customers?q=Antonio%20Moreno');
      assert.equal(await page.getByText('Antonio Moreno Taquería').count(), 0, 'nothing of it is left');
      await bring(window);
      await page.getByRole('button', { name: 'Import 90 rows, leave out 1' }).click();
      await page.getByRole('button', { name: 'Undo this import' }).waitFor();
      await window.close();
    });

    test('a customer is found by half a name, without its accent, mistyped and by phone digits', async () => {
      const window = await enter();
      for (const words of ['berglund', 'snabbkop', 'berlgund', '0921-12']) {
        await window.visit('dashboard');
        await find(window, look, words, /Berglunds snabbköp/);
      }
      await sound(window, 'search');
      await window.close();
    });

    test('contacts, leads, e-mail addresses and numbers of records are found, too', async () => {
      const window = await enter();
      const { page } = window;
      await addLead(window, 'Canopy over the yard', 'Shady Corner', () => page.getByLabel(/^E-mail/).fill('ines@shady-corner.example'));
      const lead = await first(window, 'leads?cols=name,number', 'Canopy');
      const contact = await first(window, 'contacts?q=Anders', 'Maria Anders');
      const customer = await first(window, 'customers?cols=name,number&q=Berglund', 'Berglunds');
      const searches = [
        [contact, 'maria and'], [lead, 'canop'], [lead, 'ines@shady'],
        // What names exactly one record comes first, and Enter opens it.
        [lead, lead.text.match(/L-\d+/)[0], true], [customer, customer.text.match(/C-\d+/)[0], true],
        ...[lead, contact, customer].map((one) => [one, one.address.split('/').at(-1), true]),
      ];
      for (const [{ name, address }, words, pinned] of searches) {
        await window.visit('dashboard');
        await find(window, look, words, name);
        if (!pinned) continue;
        await page.keyboard.press('Enter');
        await page.waitForURL((to) => to.pathname === address);
      }
      await sound(window, 'a record that was found by its number');
      await window.close();
    });

    test('an edit appears in the list and the record that are open in another browser', async () => {
      const [editor, list, record] = [await enter(), await enter(), await enter()];
      await list.visit('customers?q=Alfreds');
      await editor.visit('customers?q=Alfreds');
      await editor.page.getByRole('link', { name: /Alfreds/ }).first().click();
      await editor.page.waitForURL(/customers\/cus_/);
      await record.page.goto(editor.page.url());
      await settled(record.page);
      await editCustomer(editor);
      await editor.page.getByRole('textbox', { name: /^Phone/ }).fill('0113 496 4711');
      await editor.page.keyboard.press('Control+Enter');
      await list.page.getByText('0113 496 4711').first().waitFor();
      await record.page.getByText('0113 496 4711').first().waitFor({ state: 'attached' });
      await sound(list, 'a live list');
      await sound(record, 'a live record');
      for (const window of [editor, list, record]) await window.close();
    });

    test('two windows that change one customer settle it field by field', async () => {
      const [one, two] = [await enter(TWO_LOOKS[0]), await enter()];
      await one.visit('customers?q=Alfreds');
      await one.page.getByRole('link', { name: /Alfreds/ }).first().click();
      await one.page.waitForURL(/customers\/cus_/);
      await two.page.goto(one.page.url());
      await settled(two.page);
      for (const window of [one, two]) await editCustomer(window);
      await one.page.getByLabel(/^City/).fill('Potsdam');
      await one.page.getByRole('textbox', { name: /^Phone/ }).fill('030-1');
      await one.page.keyboard.press('Control+Enter');
      await one.page.getByRole('dialog').waitFor({ state: 'detached' });
      await two.page.getByLabel(/^City/).fill('Spandau');
      await two.page.getByLabel(/^Website/).fill('https://alfreds.example');
      await two.page.keyboard.press('Control+Enter');
      await two.page.getByText('changed by both of you').waitFor();
      await sound(two, 'a conflict');
      await two.page.getByRole('radio', { name: /Spandau/ }).check();
      await two.page.getByRole('button', { name: 'Save merged' }).click();
      for (const text of ['Spandau', 'alfreds.example', '030-1']) await one.page.getByText(text).first().waitFor();
      await one.close();
      await two.close();
    });

    test('an invited person joins, makes a record and sees exactly that one, and is on record', async () => {
      const boss = await enter();
      const email = `nora.${size}@example.com`;
      await boss.visit('team');
      await boss.page.getByRole('button', { name: 'Invite a person' }).click();
      await boss.page.getByLabel('E-mail').fill('nora');
      await boss.page.getByRole('button', { name: 'Send the invitation' }).click();
      await boss.page.getByText(/e-mail address/i).first().waitFor();
      await sound(boss, 'an invitation refused');
      await boss.page.getByLabel('E-mail').fill(email);
      await boss.page.getByRole('button', { name: 'Send the invitation' }).click();
      const newcomer = await open(browser, look);
      const { page } = newcomer;
      page.setDefaultTimeout(10_000);
      await page.goto((await mailTo(server, email)).match(/https?:\/\/\S+/)[0]);
      await page.getByLabel('Your name').fill('Nora Newcomer');
      await sound(newcomer, 'joining');
      await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
      await page.getByRole('button', { name: 'Join the company' }).click();
      await page.waitForURL(/dashboard/);
      await page.goto(boss.address('customers'));
      await page.getByText('No customers yet').waitFor();
      await sound(newcomer, 'an empty list');
      await page.getByRole('button', { name: 'New customer' }).first().click();
      await page.getByLabel('Name', { exact: true }).fill('Nora’s first');
      await page.keyboard.press('Control+Enter');
      await page.waitForURL(/customers\/cus_/);
      await page.goto(boss.address('customers'));
      await settled(page);
      assert.deepEqual(await rows(page).locator('a.cell-main').allInnerTexts(), ['Nora’s first']);
      await sound(newcomer, 'a list of one');
      const { address } = await first(boss, 'customers?q=Berglund', 'Berglunds');
      await page.goto(new URL(address, page.url()).href);
      await page.getByRole('heading', { name: 'Customer: not found' }).waitFor();
      await sound(newcomer, 'a customer of somebody else');
      await page.goto(`${server.url('client')}/tenant/${foreign.tenant}/client/customers`);
      await page.getByText('belongs to another company').waitFor();
      await boss.visit('audit');
      await boss.page.getByText('Accept invitation').first().click();
      await boss.page.getByText('Roles and people').last().waitFor();
      await sound(boss, 'the audit');
      await newcomer.close();
      await boss.close();
    });
  });
}

test('the three other portals let their own people in', async () => {
  for (const { portal } of server.operators) {
    const window = await enterPortal(browser, server, portal);
    await settled(window.page);
    await window.page.getByRole('heading', { name: 'Overview' }).first().waitFor();
    await sound(window, `the ${portal} portal`);
    await window.close();
  }
});
