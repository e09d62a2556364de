// Every page of the client portal in a browser: nothing inaccessible, nothing wider than the window, a quiet console.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CLIENT_PAGES, SIZES, accessible, enter, fits, settled } from './portal.mjs';
import { accountOf } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

// A small phone, and a window beside another.
const NARROW = { desktop: { width: 1024, height: 768 }, phone: { width: 360, height: 740 } };

stage();

/** No wider than the window, nor than a narrower one of its kind; widths are the same in both themes. */
async function fitsNarrowly({ page }, name, { size, theme }) {
  await fits(page, name);
  if (theme === 'dark') return;
  await page.setViewportSize(NARROW[size]);
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await fits(page, `${name}, ${NARROW[size].width} px`);
  await page.setViewportSize(SIZES[size]);
}

describe('every page of the client portal', () => {
  for (const size of ['desktop', 'phone']) {
    for (const theme of ['light', 'dark']) {
      test(`is accessible, fits and is quiet: ${size}, ${theme}`, async () => {
        const window = await enter(browser, server, accountOf(server, 'OWNER'), { size, theme });
        for (const name of CLIENT_PAGES) {
          await window.visit(name);
          await accessible(window.page, name);
          await fitsNarrowly(window, name, { size, theme });
        }
        for (const list of ['customers', 'contacts', 'leads']) {
          await window.visit(list);
          await window.page.locator('main table a, main [role=row] a').first().click();
          await settled(window.page);
          await accessible(window.page, `one of ${list}`);
          await fitsNarrowly(window, `one of ${list}`, { size, theme });
        }
        assert.deepEqual(window.problems, []);
        await window.close();
      });
    }
  }
});
