// A day's work in the client portal: leads on the board, lists arranged and exported, records handed on and put away, keys,
// a lost connection and a failing page. With the dialogs and menus on the way, which must be accessible, too.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, test } from 'node:test';
import { PHONE, accessible, addLead, enter, lane, moveIn, rows, sound } from './portal.mjs';
import { NORTHWIND, importCustomers, makeCompany } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

let owner;

stage({ demo: false }, async () => {
  owner = makeCompany(server, 'Work & Sons', 'Wanda Work');
  importCustomers(server, owner, NORTHWIND);
  await moveIn(browser, server, owner);
});

/** The server kept a report: a refusal is an answer of one header. */
const taken = (answer) => answer.status() === 200 && (answer.headers()['grpc-status'] ?? '0') === '0';

test('a chart of the dashboard says that there is nothing to draw', async () => {
  const window = await enter(browser, server, owner);
  await window.visit('dashboard');
  const card = window.page.locator('figure.card', { hasText: 'My tasks done per week' });
  await card.getByText('None in these weeks').waitFor();
  await card.getByRole('button', { name: 'Show as table' }).click();
  await card.getByRole('table').waitFor();
  await sound(window, 'a chart of nothing');
  await window.close();
});

describe('leads', () => {
  test('a card is dragged to another stage and put back, by pointer and by keys', async () => {
    const window = await enter(browser, server, owner);
    const { page } = window;
    await addLead(window, 'Flat roof', 'Quay Ltd');
    await addLead(window, 'Gutters', 'Harbour Inn');
    await window.visit('leads/board');
    const card = page.locator('.kcard', { hasText: 'Flat roof' });
    await card.waitFor();
    const titles = await page.locator('.lane-head h2').allInnerTexts();
    const [from, to] = [titles[0], titles[1]];
    const box = await card.boundingBox();
    const target = await lane(page, to).boundingBox();
    await page.mouse.move(box.x + 30, box.y + 12);
    await page.mouse.down();
    await page.mouse.move(box.x + 60, box.y + 30, { steps: 3 });
    await page.mouse.move(target.x + target.width / 2, target.y + 80, { steps: 6 });
    await page.mouse.up();
    await lane(page, to).locator('.kcard', { hasText: 'Flat roof' }).waitFor();
    await page.getByText(`Flat roof moved to ${to}`).first().waitFor();
    await sound(window, 'a moved card');
    const takenBack = page.waitForResponse((answer) => answer.url().endsWith('/MoveLead'));
    await page.keyboard.press('z');
    await takenBack;
    await lane(page, from).locator('.kcard', { hasText: 'Flat roof' }).waitFor();
    // What the server keeps is what the page shows.
    await window.visit('leads/board');
    await lane(page, from).locator('.kcard', { hasText: 'Flat roof' }).waitFor();
    await page.locator('.kcard', { hasText: 'Gutters' }).focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Space');
    await lane(page, to).locator('.kcard', { hasText: 'Gutters' }).waitFor();
    await page.getByText(`Gutters moved to ${to}`).first().waitFor();
    await window.close();
  });

  test('a card is moved on a phone by the choice of its stage, and put back', async () => {
    const window = await enter(browser, server, owner, PHONE);
    const { page } = window;
    await addLead(window, 'Chimney cowl', 'Handheld Ltd');
    await addLead(window, 'Damper', 'Handheld Ltd');
    await window.visit('leads/board');
    const card = page.locator('.kcard', { hasText: 'Chimney cowl' });
    const [from, to] = await page.locator('.lane-head h2').allInnerTexts();
    await lane(page, from).locator(card).click();
    await page.waitForURL(/leads\/led_/);
    await page.getByRole('button', { name: 'Details' }).click();
    const details = page.getByRole('dialog', { name: 'Details' });
    const stage = details.getByLabel('Stage');
    // The stages come by themselves, and may come later.
    await stage.locator('option').first().waitFor({ state: 'attached' });
    assert.equal(await stage.evaluate((select) => select.selectedOptions[0].text.trim()), from);
    await sound(window, 'the choice of a stage on a phone');
    await stage.selectOption({ label: to });
    // The sheet goes, so that the way back can be reached.
    await page.getByText(`Chimney cowl moved to ${to}`).first().waitFor();
    await details.waitFor({ state: 'detached' });
    await sound(window, 'a stage that was chosen on a phone');
    const takenBack = page.waitForResponse((answer) => answer.url().endsWith('/MoveLead'));
    await page.getByRole('button', { name: 'Undo' }).click();
    await takenBack;
    await page.goBack();
    await lane(page, from).locator(card).waitFor();
    const cards = await lane(page, from).locator('.kcard').allInnerTexts();
    const at = (name) => cards.findIndex((text) => text.includes(name));
    assert.equal(at('Damper') - at('Chimney cowl'), 1, `where it was, in ${cards}`);
    await sound(window, 'a card that was put back on a phone');
    await window.close();
  });

  test('a lead becomes a customer', async () => {
    const window = await enter(browser, server, owner);
    const { page } = window;
    await addLead(window, 'New kitchen', 'Convertible Foods');
    await page.getByRole('button', { name: 'Convert' }).click();
    await page.getByText('Convertible Foods becomes a customer').waitFor();
    await sound(window, 'converting');
    await page.getByRole('button', { name: 'Convert to customer' }).click();
    await page.waitForURL(/customers\/cus_/);
    await page.getByRole('heading', { name: 'Convertible Foods' }).waitFor();
    await window.close();
  });
});

describe('lists', () => {
  test('are searched by phone digits, number and company', async () => {
    const window = await enter(browser, server, owner);
    const { page } = window;
    await addLead(window, 'Skylight', 'Zephyr Estates');
    await window.visit('leads');
    await page.getByRole('searchbox').fill('zephyr');
    await rows(page).filter({ hasText: 'Skylight' }).waitFor();
    await window.visit('customers');
    for (const typed of ['0921123465', '0921 12', 'BERGS', 'snabbkop']) {
      await page.getByRole('searchbox').fill(typed);
      await page.waitForURL((address) => address.searchParams.get('q') === typed);
      await rows(page).filter({ hasText: 'Berglunds snabbköp' }).waitFor();
      await page.waitForFunction(() => document.querySelectorAll('main tr.is-row').length === 1);
    }
    await window.close();
  });

  test('say what narrows them, and let it go', async () => {
    const window = await enter(browser, server, owner);
    const { page } = window;
    await window.visit('customers?f.created_until=2020-01-31');
    await page.getByText('until 31 Jan 2020').waitFor();
    await page.getByRole('button', { name: 'Remove filter Added until' }).click();
    await rows(page).first().waitFor();
    await window.visit('leads?f.follow_up_until=2020-01-31');
    await page.getByText('until 31 Jan 2020').waitFor();
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.getByLabel('Field').selectOption({ label: 'Added since' });
    await sound(window, 'adding a filter');
    await window.close();
  });

  test('keep an order, columns and a filter as a view, and save it as a file', async () => {
    const window = await enter(browser, server, owner);
    const { page } = window;
    await window.visit('customers');
    await page.getByRole('search').getByRole('button', { name: 'Last change' }).click();
    await sound(window, 'the menu of orders');
    await page.getByRole('menuitem', { name: 'City' }).click();
    await page.waitForURL(/sort=city/);
    await page.getByRole('button', { name: 'Columns' }).click();
    await sound(window, 'choosing columns');
    await page.getByLabel('External key').check();
    await page.keyboard.press('Escape');
    await page.getByRole('columnheader', { name: 'External key' }).waitFor();
    await page.getByRole('searchbox').fill('Berlin');
    await page.waitForURL(/q=Berlin/);
    await page.getByRole('button', { name: 'Save view' }).click();
    await page.getByLabel('Name of this view').fill('In Berlin');
    await sound(window, 'saving a view');
    await page.getByRole('button', { name: 'Save as a new view' }).click();
    const tab = page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: /In Berlin/ });
    await tab.waitFor();
    await window.visit('customers');
    await tab.click();
    await page.waitForURL(/q=Berlin/);
    await page.getByRole('columnheader', { name: 'External key' }).waitFor();
    await rows(page).filter({ hasText: 'Alfreds Futterkiste' }).waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV' }).click();
    const text = fs.readFileSync(await (await download).path(), 'utf8');
    assert.match(text, /External key|external_id/);
    assert.match(text, /ALFKI/);
    assert.doesNotMatch(text, /Berglunds/);
    await page.getByRole('button', { name: 'Delete the view In Berlin' }).click();
    await page.getByText('View In Berlin deleted').first().waitFor();
    await tab.waitFor({ state: 'detached' });
    await window.close();
  });

  test('are arranged on a phone, too', async () => {
    const window = await enter(browser, server, owner, PHONE);
    const { page } = window;
    await window.visit('customers');
    await page.getByRole('button', { name: 'Arrange this list' }).click();
    await sound(window, 'arranging on a phone');
    await page.locator('.pop-panel').getByLabel(/^Order/).selectOption({ label: 'Name' });
    await page.waitForURL(/sort=name/);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV' }).click();
    assert.match(fs.readFileSync(await (await download).path(), 'utf8'), /Alfreds/);
    await page.getByRole('button', { name: 'Arrange this list' }).click();
    await page.getByRole('button', { name: 'Save view' }).click();
    await page.getByLabel('Name of this view').waitFor();
    await sound(window, 'saving a view on a phone');
    await window.close();
  });

  test('are worked with keys: move, select, hand on, put away and back', async () => {
    const window = await enter(browser, server, owner);
    const { page } = window;
    await window.visit('customers?q=Antonio');
    await rows(page).first().waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('Next row').waitFor();
    await sound(window, 'the list of keys');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    const bar = page.getByRole('region', { name: 'Selected rows' });
    await bar.getByText('1 selected').waitFor();
    await bar.getByRole('button', { name: 'Assign' }).click();
    await page.getByRole('dialog').getByLabel('Assignee').selectOption({ label: 'Wanda Work' });
    await sound(window, 'assigning');
    await page.getByRole('dialog').getByRole('button', { name: /^Assign/ }).last().click();
    await page.getByText(/assigned/).first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await bar.getByRole('button', { name: 'Archive' }).click();
    await page.getByText(/archived/).first().waitFor();
    await rows(page).filter({ hasText: 'Antonio' }).waitFor({ state: 'detached' });
    await page.keyboard.press('z');
    await rows(page).filter({ hasText: 'Antonio' }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(/customers\/cus_/);
    await page.getByRole('tab', { name: 'Timeline' }).waitFor();
    await page.getByRole('button', { name: 'More actions' }).press('Enter');
    await page.locator('[role=menuitem]:focus').waitFor();
    await page.keyboard.press('End');
    await page.locator('[role=menuitem]:last-child:focus').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.waitForURL(/customers$/);
    await window.close();
  });
});

describe('a page', () => {
  test('of tasks keeps its switches in the address and hears the keys of the lists', async () => {
    const window = await enter(browser, server, owner);
    const { page } = window;
    await window.visit('tasks');
    const add = page.getByRole('textbox').first();
    for (const title of ['Ring Ana', 'Ring Bo']) {
      await add.fill(title);
      await add.press('Enter');
      await page.locator('.task-row', { hasText: title }).waitFor();
    }
    await page.locator('h1').click();
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    const focused = page.locator('.task-row', { has: page.locator('.box:focus') });
    const title = await focused.locator('.task-title').innerText();
    await page.keyboard.press('x');
    await page.getByText('Task done').first().waitFor();
    assert.equal(await page.locator('.task-row', { hasText: title }).locator('.box').isChecked(), true);
    await page.getByRole('button', { name: 'Open and done' }).click();
    await page.waitForURL(/f\.which=all/);
    await page.reload();
    await page.locator('.task-row.is-done', { hasText: title }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Open and done' }).getAttribute('aria-pressed'), 'true');
    await sound(window, 'tasks');
    // They are part of a view.
    await page.getByRole('button', { name: 'Save view' }).click();
    await page.getByLabel('Name of this view').fill('All of mine');
    await page.getByRole('button', { name: 'Save as a new view' }).click();
    const tab = page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: /All of mine/ });
    await tab.waitFor();
    await window.visit('tasks');
    await page.locator('.task-row').first().waitFor();
    assert.equal(await page.locator('.task-row.is-done').count(), 0);
    await tab.click();
    await page.waitForURL(/f\.which=all/);
    await page.locator('.task-row.is-done', { hasText: title }).waitFor();
    await sound(window, 'a view of tasks');
    await window.close();
  });

  test('of an import lets a wrong guess of the format be put right', async () => {
    const window = await enter(browser, server, owner, PHONE);
    const { page } = window;
    await window.visit('imports/new');
    const file = `${server.data}/guess.csv`;
    fs.writeFileSync(file, 'name,more;city\nAna,x;Köln\n');
    await page.locator('input[type=file]').setInputFiles(file);
    await page.getByLabel('Cells are separated by').selectOption({ label: 'Semicolons' });
    await page.getByText('name,more').first().waitFor();
    await page.getByLabel('Characters are written as').selectOption({ label: 'Latin-1' });
    await page.getByText('KÃ¶ln').first().waitFor();
    await sound(window, 'the format of a file');
    await window.close();
  });

  test('asks before typed work is lost', async () => {
    const window = await enter(browser, server, owner);
    const { page } = window;
    await window.visit('customers?q=Bottom');
    await page.getByRole('link', { name: /Bottom-Dollar/ }).first().click();
    await page.waitForURL(/customers\/cus_/);
    const note = page.getByRole('textbox', { name: 'Write a note' });
    await note.fill('half a sent');
    await page.getByRole('link', { name: 'Leads' }).first().click();
    await page.getByText('Leave without saving?').waitFor();
    await sound(window, 'the question before leaving');
    await page.getByRole('button', { name: 'Stay here' }).click();
    assert.equal(await note.inputValue(), 'half a sent');
    await page.getByRole('link', { name: 'Leads' }).first().click();
    await page.getByRole('button', { name: 'Leave without saving' }).click();
    await page.waitForURL(/client\/leads/);
    await window.close();
  });

  test('says when the connection is gone, and works on when it is back', async () => {
    const window = await enter(browser, server, owner);
    const { page } = window;
    await window.visit('customers');
    await window.context.setOffline(true);
    await page.getByText(/Offline since/).waitFor();
    await accessible(page, 'offline');
    await window.context.setOffline(false);
    await page.getByText(/Offline since/).waitFor({ state: 'detached' });
    await page.getByRole('searchbox').fill('Around');
    await rows(page).filter({ hasText: 'Around the Horn' }).waitFor();
    await window.close();
  });

  test('that fails says so within its frame, reports it and names the report', async () => {
    const window = await enter(browser, server, owner);
    const { page } = window;
    await window.visit('customers');
    const reported = page.waitForResponse(/LogClientError/);
    await page.evaluate(() => { setTimeout(() => { throw new Error('a failure of the page'); }, 0); });
    assert.ok(taken(await reported), 'the report of an error');
    assert.equal(await page.getByText('StreamFlow stopped').count(), 0, 'an error that stops nothing');
    // The browser refuses what every drawing needs, which the program can't go on without.
    const stopped = page.waitForResponse(/LogClientError/);
    await page.evaluate(() => { Node.prototype.cloneNode = () => { throw new Error('nothing can be drawn'); }; });
    // Whatever is drawn next stops it, if the list has not looked again by then.
    await page.keyboard.press('?');
    const answer = await stopped;
    assert.ok(taken(answer), 'the report of a stop');
    await page.locator('main').getByRole('heading', { name: 'StreamFlow stopped' }).waitFor();
    await page.getByText(answer.headers()['x-request-id']).waitFor();
    await accessible(page, 'a page that stopped');
    await page.getByRole('link', { name: 'Leads' }).first().click();
    await page.getByRole('heading', { name: 'Leads' }).waitFor();
    assert.equal(await page.getByText('StreamFlow stopped').count(), 0);
    await window.close();
  });
});
