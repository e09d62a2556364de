// Every page of the client portal in a browser: nothing inaccessible, nothing wider than the window, a quiet console.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { accessible, enter, fits, launch, settled } from './portal.mjs';
import { startServer } from './server.mjs';

const CLIENT_PAGES = ['dashboard', 'inbox', 'tasks', 'customers', 'customers/duplicates', 'contacts', 'leads', 'leads/board', 'imports', 'team', 'audit', 'anomalies',
  'settings/company', 'settings/features', 'settings/fields', 'settings/pipeline', 'settings/assignment', 'profile'];
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

describe('every page of the client portal', () => {
  for (const size of ['desktop', 'phone']) {
    for (const theme of ['light', 'dark']) {
      test(`is accessible, fits and is quiet: ${size}, ${theme}`, async () => {
        const owner = server.accounts.find((account) => account.role === 'OWNER' && account.company === 'Harrow & Pike');
        const window = await enter(browser, server, owner, { size, theme });
        for (const name of CLIENT_PAGES) {
          await window.visit(name);
          await accessible(window.page, name);
          await fits(window.page, name);
        }
        for (const list of ['customers', 'contacts', 'leads']) {
          await window.visit(list);
          await window.page.locator('main table a, main [role=row] a').first().click();
          await settled(window.page);
          await accessible(window.page, `one of ${list}`);
          await fits(window.page, `one of ${list}`);
        }
        assert.deepEqual(window.problems, []);
        await window.close();
      });
    }
  }
});
