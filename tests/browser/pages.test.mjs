// Every page of the client portal in a browser: nothing inaccessible, nothing wider than the window, a quiet console.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { accessible, fits, launch, open, settled, signIn } from './portal.mjs';
import { startServer } from './server.mjs';

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
  for (const size of ['desktop']) {
    for (const theme of ['light']) {
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
