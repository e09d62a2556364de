// Files on a customer, seen by two people: added, shown to the other, downloaded, deleted and brought back; what can't be added; and
// what the connection cuts off.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, test } from 'node:test';
import { PHONE, enter, holdsInEachLook, moveIn, settled, sound } from './portal.mjs';
import { NORTHWIND, importCustomers, makeCompany } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

const PDF = { name: 'Plan of the roof.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7\n% a plan\n') };
const PAGE = { name: 'page.png', mimeType: 'image/png', buffer: Buffer.from('<!DOCTYPE html><p>not a picture') };
const SCRIPT = { name: 'run.sh', mimeType: 'text/x-shellscript', buffer: Buffer.from('#!/bin/sh\n') };
let owner;

stage({ demo: false }, async () => {
  owner = makeCompany(server, 'File & Sons', 'Fiona File');
  importCustomers(server, owner, NORTHWIND);
  await moveIn(browser, server, owner);
});

const card = (page) => page.getByRole('region', { name: 'Attachments' });
const row = (page, text) => card(page).getByRole('listitem').filter({ hasText: text });

/** The files of the first customer. */
async function filesOf(window) {
  const { page } = window;
  await window.visit('customers');
  await page.locator('main tr.is-row a').first().click();
  await page.waitForURL(/customers\/cus_/);
  await page.getByRole('tab', { name: /^Files/ }).click();
  await card(page).waitFor();
  await settled(page);
}

describe('files of a customer', () => {
  test('are added, seen by others at once, downloaded, deleted and brought back', async () => {
    const [window, other] = [await enter(browser, server, owner), await enter(browser, server, owner)];
    const { page } = window;
    await filesOf(window);
    await card(page).getByText('No files yet').waitFor();
    await holdsInEachLook(page, 'no files');
    // Whoever does not listen yet would hear of it at the next look only.
    const listens = other.page.waitForResponse((answer) => answer.url().endsWith('/Watch'));
    await other.page.goto(page.url());
    await listens;
    await card(other.page).getByText('No files yet').waitFor();
    await card(page).getByLabel('Add files').setInputFiles(PDF);
    await row(page, PDF.name).getByText('Fiona File').waitFor();
    await row(other.page, PDF.name).waitFor();
    await page.getByRole('tab', { name: 'Files 1' }).waitFor();
    await holdsInEachLook(page, 'a file');

    const coming = page.waitForEvent('download');
    await row(page, PDF.name).getByRole('button', { name: /^Download/ }).click();
    const download = await coming;
    assert.equal(download.suggestedFilename(), PDF.name);
    assert.deepEqual(fs.readFileSync(await download.path()), PDF.buffer);

    await row(page, PDF.name).getByRole('button', { name: /^Delete/ }).click();
    await page.getByText(`“${PDF.name}” deleted`).waitFor();
    await row(other.page, PDF.name).waitFor({ state: 'detached' });
    await page.keyboard.press('z');
    await row(page, PDF.name).waitFor();
    await row(other.page, PDF.name).waitFor();
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await page.getByText('brought the file back').waitFor();
    await sound(window, 'the timeline of files');
    await other.close();
    await window.close();
  });

  test('that can’t be added say why, and the others stay to be sent again', async () => {
    const window = await enter(browser, server, owner, PHONE);
    const { page } = window;
    await filesOf(window);
    await card(page).getByLabel('Add files').setInputFiles([SCRIPT, PAGE]);
    await row(page, SCRIPT.name).getByText(/Files of this type can’t be added/).waitFor();
    await row(page, PAGE.name).getByText(/not what its name says/).waitFor();
    assert.equal(await row(page, PAGE.name).getByRole('button', { name: /again$/ }).count(), 0);
    await page.getByRole('button', { name: `Take ${SCRIPT.name} off the list` }).click();
    await row(page, SCRIPT.name).waitFor({ state: 'detached' });
    await page.route('**/uploads/**', (route) => route.abort());
    const second = { ...PDF, name: 'Second plan.pdf' };
    await card(page).getByLabel('Add files').setInputFiles(second);
    await row(page, second.name).getByText(/connection broke off/).waitFor();
    // The line that was cut is the browser's to tell.
    const isCut = (problem) => problem.includes('net::ERR_FAILED') && problem.includes('/uploads/');
    window.problems.splice(0, Infinity, ...window.problems.filter((problem) => !isCut(problem)));
    await sound(window, 'files that failed');
    await page.unroute('**/uploads/**');
    await page.getByRole('button', { name: `Send ${second.name} again` }).click();
    await row(page, second.name).getByRole('button', { name: /^Download/ }).waitFor();
    await window.close();
  });
});
