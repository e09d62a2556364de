// What an owner arranges for a company and what comes of it for its people: fields, stages, rules that hand leads on, kinds of work,
// teams and members; the bell that tells whom something was handed to; duplicates that become one and two again; tasks. With their dialogs.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, test } from 'node:test';
import { PHONE, accessible, addLead, closed, enter, freshCode, holdsInEachLook, moveIn, open, pressOn, remember, rows, settled, sound } from './portal.mjs';
import { importCustomers, mailTo, makeCompany } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

let owner;
const nora = { email: 'nora@example.com', password: 'a-Quiet-harbour-41-lamps' };

stage({ demo: false }, async () => {
  owner = makeCompany(server, 'Set & Sons', 'Sara Set');
  const file = `${server.data}/alike.csv`;
  fs.writeFileSync(file, 'CustomerID,CompanyName,City,Phone\nOLD-1,Old Mill Bakery,Leeds,0113 496 0999\nOLD-2,Old Mill Bakery Ltd,Otley,0113 496 0999\n');
  importCustomers(server, owner, file);
  await moveIn(browser, server, owner);
});

const dialogOf = (page) => page.getByRole('dialog');

async function fromMenu(page, button, item) {
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
  await dialogOf(page).waitFor();
}

describe('the team', () => {
  test('somebody is invited, joins, gets a team and other rights', async () => {
    const window = await enter(browser, server, owner);
    const { page } = window;
    await window.visit('team');
    await page.getByRole('button', { name: 'Invite a person' }).click();
    await page.getByLabel('E-mail').fill(nora.email);
    await dialogOf(page).getByLabel('Role').selectOption({ label: 'Staff' });
    await sound(window, 'an invitation');
    await page.getByRole('button', { name: 'Send the invitation' }).click();
    const newcomer = await open(browser);
    await newcomer.page.goto((await mailTo(server, nora.email)).match(/https?:\/\/\S+/)[0]);
    await newcomer.page.getByLabel('Your name').fill('Nora Newcomer');
    await newcomer.page.getByLabel('New password', { exact: true }).fill(nora.password);
    await newcomer.page.getByRole('button', { name: 'Join the company' }).click();
    await newcomer.page.waitForURL(/dashboard/);
    await remember(newcomer, nora);
    // Who sees nothing yet is offered what their role may do, and nothing else.
    const begin = newcomer.page.getByRole('region', { name: 'Begin here' });
    await begin.waitFor();
    assert.deepEqual(await begin.getByRole('link').allInnerTexts(), ['Go to customers', 'Go to leads']);
    await sound(newcomer, 'the dashboard of who has just joined');
    await newcomer.close();

    await window.visit('team');
    await page.getByRole('tab', { name: 'Teams' }).click();
    await page.getByRole('button', { name: 'New team' }).click();
    await dialogOf(page).getByLabel('Name').fill('Roofers');
    await sound(window, 'a new team');
    await page.getByRole('button', { name: 'Make the team' }).click();
    await page.getByText('Team Roofers made').waitFor();
    await fromMenu(page, 'Change Roofers', 'Rename');
    await dialogOf(page).getByLabel('Name').fill('Roofs');
    await page.getByRole('button', { name: 'Rename the team' }).click();
    await page.getByText('Team is called Roofs now').waitFor();
    await page.getByRole('tab', { name: 'Members' }).click();
    await fromMenu(page, 'Change Nora Newcomer', 'Change role and rights');
    await dialogOf(page).getByLabel('Roofs').check();
    await sound(window, 'the rights of a member');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('Nora Newcomer changed').waitFor();
    await page.getByRole('row', { name: /Nora Newcomer/ }).getByText('Roofs').waitFor();
    await fromMenu(page, 'Change Nora Newcomer', 'Remove from the company');
    await sound(window, 'the question before a member is removed');
    await page.keyboard.press('Escape');
    await closed(page);
    await page.getByRole('tab', { name: 'Teams' }).click();
    await fromMenu(page, 'Change Roofs', 'Delete');
    await sound(window, 'the question before a team is deleted');
    await page.keyboard.press('Escape');
    await closed(page);
    await window.close();
  });
});

describe('the settings', () => {
  test('are gone through by arrows, Home and End, and the focus stays at their tabs', async () => {
    const window = await enter(browser, server, owner);
    const { page } = window;
    await window.visit('settings/company');
    await page.getByRole('tab', { name: 'Company' }).focus();
    for (const [key, part] of [['ArrowRight', 'features'], ['ArrowRight', 'fields'], ['ArrowLeft', 'features'], ['End', 'data'], ['Home', 'company']]) {
      await page.keyboard.press(key);
      await page.waitForURL(new RegExp(`settings/${part}$`));
      await settled(page);
      await page.locator('[role=tab][aria-selected=true]:focus').waitFor();
    }
    await window.close();
  });

  test('a field of their own is in the form, the list and the filter', async () => {
    const window = await enter(browser, server, owner);
    const { page } = window;
    await window.visit('settings/fields');
    const fields = page.getByRole('region', { name: 'Fields of leads' });
    await fields.getByRole('button', { name: 'New field' }).click();
    await dialogOf(page).getByLabel('Name', { exact: true }).fill('Roof type');
    await dialogOf(page).getByLabel('Holds').selectOption({ label: 'Choice' });
    await dialogOf(page).getByLabel('Choices').fill('Slate\nTile');
    await sound(window, 'a new field');
    await page.keyboard.press('Control+Enter');
    await page.getByText('Field Roof type saved').waitFor();
    await fields.getByText('Choice: Slate, Tile').waitFor();
    const choose = (label) => (form) => form.getByLabel(/^Roof type/).selectOption({ label });
    await addLead(window, 'Leaking roof', 'Slate Ltd', choose('Slate'));
    await page.getByText('Slate', { exact: true }).first().waitFor();
    await addLead(window, 'Sagging roof', 'Tile Ltd', choose('Tile'));
    await page.getByRole('button', { name: 'Edit' }).first().click();
    await dialogOf(page).getByLabel(/^Roof type/).waitFor();
    await sound(window, 'the form of a lead');
    await page.keyboard.press('Escape');
    await closed(page);
    await window.visit('leads');
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByLabel('Roof type', { exact: true }).check();
    await page.keyboard.press('Escape');
    await page.getByRole('columnheader', { name: 'Roof type' }).waitFor();
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.getByLabel('Field').selectOption({ label: 'Roof type' });
    await page.getByLabel('Value').selectOption({ label: 'Slate' });
    await page.getByRole('button', { name: 'Apply filter' }).click();
    await page.locator('main tr.is-row', { hasText: 'Sagging roof' }).waitFor({ state: 'detached' });
    await page.locator('main tr.is-row', { hasText: 'Leaking roof' }).getByText('Slate', { exact: true }).waitFor();
    await window.close();
  });

  test('a stage is added, renamed and moved, and the board follows', async () => {
    const window = await enter(browser, server, owner, PHONE);
    const { page } = window;
    await window.visit('settings/pipeline');
    await page.getByRole('button', { name: 'New stage' }).click();
    await dialogOf(page).getByLabel('Name').fill('Measuring');
    await sound(window, 'a new stage');
    await page.getByRole('button', { name: 'Save stage' }).click();
    await page.getByText('Stage Measuring saved').waitFor();
    await fromMenu(page, 'Change Measuring', 'Rename');
    await dialogOf(page).getByLabel('Name').fill('Surveyed');
    await page.getByRole('button', { name: 'Save stage' }).click();
    await page.getByText('Stage Surveyed saved').waitFor();
    const names = page.locator('main .list > li .medium');
    await names.filter({ hasText: 'Surveyed' }).waitFor();
    const at = async () => (await names.allInnerTexts()).indexOf('Surveyed');
    const was = await at();
    await page.getByRole('button', { name: 'Move Surveyed up' }).click();
    await page.waitForFunction((wanted) => document.querySelectorAll('main .list > li .medium')[wanted]?.textContent === 'Surveyed', was - 1);
    const order = await names.allInnerTexts();
    await sound(window, 'the stages');
    await window.visit('leads/board');
    await page.locator('.lane-head').first().waitFor();
    assert.deepEqual(await page.locator('.lane-head h2').allInnerTexts(), order);
    await window.close();
  });

  test('a rule gives a new lead its person, whose bell says so', async () => {
    const window = await enter(browser, server, owner);
    const other = await enter(browser, server, nora);
    await other.visit('dashboard');
    const { page } = window;
    await window.visit('settings/assignment');
    await page.getByRole('button', { name: 'New rule' }).click();
    await dialogOf(page).getByLabel('Name', { exact: true }).fill('Gutters to Nora');
    await dialogOf(page).getByLabel(/^What it is about contains/).fill('gutter');
    await dialogOf(page).getByLabel('Nora Newcomer').check();
    await sound(window, 'a new rule');
    await page.keyboard.press('Control+Enter');
    await page.getByText('Rule Gutters to Nora saved').waitFor();
    await addLead(window, 'Blocked gutter', 'Rain Ltd');
    await page.getByText('Nora Newcomer').first().waitFor();
    await window.visit('settings/assignment');
    await fromMenu(page, 'Change Gutters to Nora', 'Delete');
    await sound(window, 'the question before a rule is deleted');
    await page.keyboard.press('Escape');
    await closed(page);

    const bell = other.page.getByRole('button', { name: /^Inbox, 1 unread/ });
    await bell.click();
    const panel = other.page.locator('.pop-panel');
    await panel.getByText(/Blocked gutter/).first().waitFor();
    await sound(other, 'the bell');
    await panel.getByRole('button', { name: /Blocked gutter/ }).click();
    await other.page.waitForURL(/leads\/led_/);
    await other.page.getByRole('heading', { name: 'Blocked gutter' }).waitFor();
    await other.page.getByRole('button', { name: 'Inbox', exact: true }).waitFor();
    const phone = await enter(browser, server, nora, PHONE);
    await phone.visit('inbox');
    await phone.page.getByRole('button', { name: 'Mark as unread' }).click();
    await phone.page.getByText('Unread: ').waitFor({ state: 'attached' });
    await phone.page.getByRole('button', { name: 'Mark all as read' }).click();
    await phone.page.getByText('Unread: ').waitFor({ state: 'detached' });
    await sound(phone, 'the inbox');
    for (const one of [window, other, phone]) await one.close();
  });

  test('a feature that is switched off is gone from every open window, says so, and comes back with all that was there', async () => {
    const [window, list, other] = [await enter(browser, server, owner), await enter(browser, server, owner), await enter(browser, server, nora)];
    const windows = [window, list, other];
    const link = ({ page }) => page.getByRole('navigation', { name: 'Main', exact: true }).getByRole('link', { name: 'Leads', exact: true });
    // Whoever does not listen yet would hear of it at the next look only.
    const listen = (at, page) => Promise.all([at.page.waitForResponse((answer) => answer.url().endsWith('/Watch')), at.visit(page)]);
    await listen(list, 'leads');
    await listen(other, 'dashboard');
    await window.visit('settings/features');
    const lead = rows(list.page).filter({ hasText: 'Leaking roof' });
    await lead.waitFor();
    for (const at of windows) await link(at).waitFor();
    const feature = window.page.getByRole('switch', { name: 'Leads', exact: true });
    await feature.click();
    await window.page.getByText('Leads switched off').waitFor();
    assert.equal(await feature.isChecked(), false);
    for (const at of windows) await link(at).waitFor({ state: 'detached' });
    await list.page.getByRole('heading', { name: 'Leads are off' }).waitFor();
    await list.page.getByRole('link', { name: 'Open the settings' }).waitFor();
    await sound(list, 'a list of a feature that went off');
    // The way by hand is no way around.
    await other.visit('leads/board');
    await other.page.getByRole('heading', { name: 'Leads are off' }).waitFor();
    await other.page.getByText('An owner can switch it on').waitFor();
    await sound(other, 'a board of a feature that is off');
    await feature.click();
    await window.page.getByText('Leads switched on').waitFor();
    for (const at of windows) await link(at).waitFor();
    await lead.waitFor();
    await other.page.locator('.lane-head').first().waitFor();
    await sound(window, 'the features');
    for (const at of windows) await at.close();
  });
});

describe('the second factor', () => {
  test('is asked of everybody at once, where they are, and no longer when that is taken back', async () => {
    const [window, other] = [await enter(browser, server, owner), await enter(browser, server, nora)];
    const { page } = window;
    // Whoever does not listen yet would hear of it at the next look only.
    await Promise.all([other.page.waitForResponse((answer) => answer.url().endsWith('/Watch')), other.visit('customers')]);
    await window.visit('settings/security');
    await page.getByText('1 of 2 people has no authenticator yet.').waitFor();
    await sound(window, 'the security of a company');
    const everybody = page.getByRole('switch', { name: 'Everybody needs a second factor' });
    await everybody.click();
    await other.page.waitForURL(/\/enrol\?next=.*customers/);
    await other.page.getByText('Your company or your role needs a second factor.').waitFor();
    await sound(other, 'asked for a second factor');
    // Off it goes only with the password and a code.
    const ask = page.getByRole('dialog', { name: 'Ask only owners and managers?' });
    for (const leave of [() => page.keyboard.press('Escape'), () => ask.getByRole('button', { name: 'Cancel' }).click()]) {
      await everybody.press('Space');
      await ask.getByLabel('Your password', { exact: true }).and(page.locator(':focus')).waitFor();
      await leave();
      await closed(page);
      await everybody.and(page.locator(':checked:focus')).waitFor();
    }
    await everybody.click();
    await holdsInEachLook(page, 'the question before fewer need a second factor');
    await ask.getByLabel('Your password', { exact: true }).fill('not the password');
    await page.keyboard.press('Enter');
    await ask.getByText('That is not your current password.').waitFor();
    await ask.getByLabel('Your password', { exact: true }).and(page.locator('[aria-invalid=true]:focus')).waitFor();
    await sound(window, 'a wrong password before fewer need a second factor');
    await ask.getByLabel('Your password', { exact: true }).fill(owner.password);
    await ask.getByLabel('Present code').fill(await freshCode(owner.totp_secret));
    await page.keyboard.press('Enter');
    await pressOn(page, ask.getByRole('button', { name: 'Switch it off' }), page.getByText('Only owners and managers need a second factor'));
    await closed(page);
    await everybody.and(page.locator(':not(:checked)')).waitFor();
    // The session has a new id, and goes on with it.
    await remember(window, owner);
    await page.reload();
    await settled(page);
    assert.equal(await everybody.isChecked(), false);
    await other.visit('customers');
    await other.page.getByRole('heading', { name: 'Customers' }).first().waitFor();
    for (const at of [window, other]) await at.close();
  });
});

describe('kinds of work', () => {
  const names = (page) => page.locator('main .list > li .medium');

  test('are added, changed and put in order with their checklists, and a second window follows', async () => {
    const window = await enter(browser, server, owner);
    const other = await enter(browser, server, owner, PHONE);
    const { page } = window;
    for (const one of [window, other]) {
      await one.visit('settings/work-orders');
      await one.page.getByRole('heading', { name: 'No types yet' }).waitFor();
    }
    await page.getByRole('button', { name: 'New type' }).click();
    const dialog = dialogOf(page);
    const item = (number) => dialog.getByLabel(`Item ${number}`, { exact: true });
    await dialog.getByLabel('Name').fill('Repair');
    await dialog.getByRole('button', { name: 'Add item' }).click();
    await item(1).fill('Repaired and tested');
    await dialog.getByLabel('Required').check();
    await item(1).press('Enter');
    await item(2).and(page.locator(':focus')).waitFor();
    await page.keyboard.type('Fault found');
    await dialog.getByRole('button', { name: 'Move item 2 up' }).click();
    assert.deepEqual([await item(1).inputValue(), await item(2).inputValue()], ['Fault found', 'Repaired and tested']);
    await dialog.getByRole('button', { name: 'Move item 1 down' }).and(page.locator(':focus')).waitFor();
    await sound(window, 'a new kind of work');
    await page.keyboard.press('Control+Enter');
    await page.getByText('Type Repair saved').waitFor();
    const lines = ['Fault found', 'Repaired and tested Required'];
    const shown = async (where) => (await where.locator('main .checklist > li').allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));
    await other.page.getByText('Repaired and tested').waitFor();
    assert.deepEqual(await shown(other.page), lines);
    await page.reload();
    await settled(page);
    assert.deepEqual(await shown(page), lines);

    await page.getByRole('button', { name: 'New type' }).click();
    await dialog.getByLabel('Name').fill('repair');
    await page.getByRole('button', { name: 'Save type' }).click();
    await dialog.getByText('There is a type of this name already.').waitFor();
    await dialog.getByLabel('Name').fill('Service');
    await page.getByRole('button', { name: 'Save type' }).click();
    await page.getByText('Type Service saved').waitFor();
    await page.getByText('No checklist').waitFor();
    await page.getByRole('button', { name: 'Move Service up' }).click();
    await names(other.page).first().filter({ hasText: 'Service' }).waitFor();
    await sound(window, 'the kinds of work');
    await sound(other, 'the kinds of work on a phone');
    await fromMenu(page, 'Change Service', 'Delete');
    await sound(window, 'the question before a kind of work is deleted');
    await page.getByRole('button', { name: 'Delete the type' }).click();
    await page.getByText('Type deleted').waitFor();
    await names(other.page).filter({ hasText: 'Service' }).waitFor({ state: 'detached' });
    for (const one of [window, other]) await one.close();
  });

  test('edited in two windows, the later one is told, keeps what was typed and saves it then', async () => {
    const window = await enter(browser, server, owner);
    const other = await enter(browser, server, owner, PHONE);
    for (const one of [window, other]) {
      await one.visit('settings/work-orders');
      await fromMenu(one.page, 'Change Repair', 'Change');
      await dialogOf(one.page).getByRole('button', { name: 'Add item' }).click();
    }
    const last = ({ page }) => dialogOf(page).getByLabel('Item 3', { exact: true });
    await last(window).fill('Customer has seen it');
    await last(other).fill('Swept up');
    await sound(other, 'a checklist on a phone');
    await window.page.keyboard.press('Control+Enter');
    await window.page.getByText('Type Repair saved').waitFor();
    await other.page.getByRole('button', { name: 'Save type' }).click();
    await dialogOf(other.page).getByText(/changed the same fields meanwhile/).waitFor();
    assert.equal(await last(other).inputValue(), 'Swept up');
    await other.page.getByRole('button', { name: 'Save type' }).click();
    await other.page.getByText('Type Repair saved').waitFor();
    await window.page.getByText('Swept up').waitFor();
    for (const one of [window, other]) await one.close();
  });
});

describe('records', () => {
  test('two that are one are found, compared, merged and taken apart again', async () => {
    const window = await enter(browser, server, owner);
    const { page } = window;
    await window.visit('customers');
    await page.getByRole('link', { name: 'Find duplicates' }).click();
    const group = page.getByRole('region', { name: /^Records like Old Mill/ });
    await group.waitFor();
    await page.getByText('Same phone').waitFor();
    await page.getByRole('button', { name: 'Compare' }).click();
    const dialog = page.getByRole('dialog', { name: 'Merge 2 customers' });
    await dialog.getByRole('region', { name: 'Comparison' }).waitFor();
    await sound(window, 'the comparison of two customers');
    await dialog.getByRole('radio', { name: 'Otley', exact: true }).check();
    await dialog.getByRole('button', { name: 'Merge 2 customers' }).click();
    await page.getByText('No duplicates found').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Merge undone').first().waitFor();
    await group.waitFor();
    assert.equal(await group.locator('tbody tr').count(), 2);
    await window.visit('customers');
    for (const [name, city] of [['Old Mill Bakery', 'Leeds'], ['Old Mill Bakery Ltd', 'Otley']]) {
      await page.locator('main tr.is-row', { has: page.getByRole('link', { name, exact: true }) }).getByText(city).waitFor();
    }
    await window.close();
  });

  test('a task is added on a phone, done, and open again by Undo', async () => {
    const window = await enter(browser, server, owner, PHONE);
    const { page } = window;
    await window.visit('tasks');
    await page.getByRole('textbox', { name: 'What is to be done' }).fill('Ring the bakery');
    await page.getByRole('button', { name: 'Add task' }).click();
    const box = page.getByRole('checkbox', { name: 'Done: Ring the bakery' });
    await box.click();
    await page.getByText('Task done').first().waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Task open again').first().waitFor();
    await page.reload();
    await settled(page);
    assert.equal(await box.isChecked(), false);
    await sound(window, 'a task on a phone');
    await window.close();
  });

  test('the palette is accessible, finds records and goes to pages', async () => {
    const window = await enter(browser, server, owner);
    const { page } = window;
    await window.visit('tasks');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search or jump to' }).fill('mill');
    await page.getByRole('option', { name: /Old Mill Bakery/ }).first().waitFor();
    await accessible(page, 'the palette');
    await page.getByRole('combobox', { name: 'Search or jump to' }).fill('leads');
    await page.getByRole('option', { name: /^Leads/ }).first().click();
    await page.waitForURL(/client\/leads/);
    assert.deepEqual(window.problems, []);
    await window.close();
  });
});
