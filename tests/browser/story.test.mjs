// The story a new customer lives, in a browser: sign in, import, find, edit live, conflict, invite, audit; and the other portals.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { accessible, fits, launch, open, settled, signIn } from './portal.mjs';
import { mailTo, startServer } from './server.mjs';

const csv = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../data/northwind-customers.csv');
const BASES = { provider: 'provider', dev: 'dev', accountant: 'accounting' };
const CLIENT_PAGES = ['dashboard', 'tasks', 'customers', 'contacts', 'leads', 'leads/board', 'imports', 'team', 'audit', 'profile'];
let server;
let browser;

before(async () => {
  server = await startServer();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const person = (role, company = 'Harrow & Pike') => server.accounts.find((account) => account.role === role && account.company === company);
const tenant = (page) => new URL(page.url()).pathname.split('/')[2];

describe('every page of the client portal', () => {
  for (const size of ['desktop', 'phone']) {
    for (const theme of ['light', 'dark']) {
      test(`is accessible, fits and is quiet: ${size}, ${theme}`, async () => {
        const { page, problems, close } = await open(browser, { size, theme });
        await signIn(page, server.url('client'), person('OWNER'));
        const base = `${server.url('client')}/tenant/${tenant(page)}/client`;
        for (const name of CLIENT_PAGES) {
          await page.goto(`${base}/${name}`);
          await settled(page);
          await accessible(page, name);
          await fits(page, name);
        }
        assert.deepEqual(problems, []);
        await close();
      });
    }
  }
});

describe('the other portals', () => {
  for (const portal of ['provider', 'dev', 'accountant']) {
    test(`${portal}: sign in with a code, look around, sign out`, async () => {
      for (const size of ['desktop', 'phone']) {
        const { page, problems, close } = await open(browser, { size });
        await page.goto(`${server.url(portal)}/sign-in`);
        await accessible(page, `${portal} sign-in`);
        await signIn(page, server.url(portal), server.operators.find((operator) => operator.portal === portal));
        for (const name of ['overview', 'audit', 'sessions']) {
          await page.goto(`${server.url(portal)}/${BASES[portal]}/${name}`);
          await settled(page);
          await accessible(page, `${portal} ${name}`);
          await fits(page, `${portal} ${name}`);
        }
        await page.getByRole('button', { name: 'Sign out', exact: true }).click();
        await page.waitForURL(/sign-in/);
        assert.deepEqual(problems, []);
        await close();
      }
    });
  }
});

describe('a company at work', () => {
  test('Northwind: a file with a broken row is imported after the cell is fixed', async () => {
    const { page, problems, close } = await open(browser);
    await signIn(page, server.url('client'), person('OWNER'));
    const broken = path.join(server.data, 'broken.csv');
    const text = fs.readFileSync(csv, 'utf8').split('\n');
    text[3] = text[3].replace(/^ANTON,[^,]*/, 'ANTON,');
    fs.writeFileSync(broken, text.join('\n'));
    await page.goto(`${server.url('client')}/tenant/${tenant(page)}/client/imports`);
    await page.locator('input[type=file]').setInputFiles(broken);
    await page.waitForURL(/imports\/imp_/, { timeout: 20_000 });
    await settled(page);
    assert.deepEqual(problems, []);
    await close();
  });

  test('a customer is found by half a name and by phone digits', async () => {
    const { page, problems, close } = await open(browser);
    await signIn(page, server.url('client'), person('OWNER', 'Northwind Traders'));
    for (const query of ['berglund', 'snabbkop', '0921-12']) {
      await page.keyboard.press('Control+k');
      await page.keyboard.type(query);
      await page.getByRole('option', { name: /Berglunds snabbköp/ }).first().waitFor({ timeout: 8_000 });
      await page.keyboard.press('Escape');
    }
    assert.deepEqual(problems, []);
    await close();
  });

  test("another person's edit appears in an open list without reload", async () => {
    const watcher = await open(browser);
    const editor = await open(browser);
    await signIn(watcher.page, server.url('client'), person('OWNER', 'Northwind Traders'));
    await signIn(editor.page, server.url('client'), person('OWNER', 'Northwind Traders'));
    const list = `${server.url('client')}/tenant/${tenant(editor.page)}/client/customers`;
    await watcher.page.goto(list);
    await settled(watcher.page);
    await editor.page.goto(list);
    await settled(editor.page);
    await editor.page.keyboard.press('c');
    await editor.page.getByLabel('Name', { exact: true }).fill('Live Wire Ltd');
    await editor.page.keyboard.press('Control+Enter');
    await watcher.page.getByText('Live Wire Ltd').first().waitFor({ timeout: 10_000 });
    assert.deepEqual([...watcher.problems, ...editor.problems], []);
    await watcher.close();
    await editor.close();
  });

  test('an invited person joins and sees own records only', async () => {
    const { page, problems, close } = await open(browser);
    await signIn(page, server.url('client'), person('OWNER'));
    await page.goto(`${server.url('client')}/tenant/${tenant(page)}/client/team`);
    await settled(page);
    await page.getByRole('button', { name: /Invite/ }).first().click();
    await page.getByLabel('E-mail').fill('nora.newcomer@example.com');
    await page.getByLabel('Role').selectOption({ label: 'Staff' });
    await page.keyboard.press('Control+Enter');
    const mail = await mailTo(server, 'nora.newcomer@example.com');
    const link = mail.replace(/=\r?\n/g, '').match(/https?:\/\/\S*token=[\w-]+/)?.[0];
    assert.ok(link, 'the mail holds a link');
    await close();
    const newcomer = await open(browser);
    await newcomer.page.goto(link);
    await newcomer.page.getByLabel(/name/i).first().fill('Nora Newcomer');
    await newcomer.page.getByLabel('Password', { exact: true }).fill('a-Quiet-harbour-41-lamps');
    await newcomer.page.locator('button[type=submit]').click();
    await newcomer.page.waitForURL(/sign-in|dashboard/, { timeout: 15_000 });
    await signIn(newcomer.page, server.url('client'), { email: 'nora.newcomer@example.com', password: 'a-Quiet-harbour-41-lamps' });
    await newcomer.page.goto(`${server.url('client')}/tenant/${tenant(newcomer.page)}/client/customers`);
    await settled(newcomer.page);
    assert.equal(await newcomer.page.getByText('C-10001').count(), 0);
    await newcomer.page.goto(`${server.url('client')}/tenant/northwind/client/customers`);
    await newcomer.page.getByText(/another|not yours|wrong|no such/i).first().waitFor({ timeout: 8_000 });
    assert.deepEqual([...problems, ...newcomer.problems], []);
    await newcomer.close();
  });
});
