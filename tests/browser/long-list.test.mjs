// A list longer than a page of the server and far longer than the window: it scrolls, draws what is in sight, and is worked with keys.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { enter, moveIn, rows, sound } from './portal.mjs';
import { importCustomers, makeCompany } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

const CUSTOMERS = 400;
/** What a list draws at most: a screenful, and ten rows beyond either edge. */
const DRAWN = { desktop: 60, phone: 40 };
let owner;

const name = (number) => `Customer ${String(number).padStart(3, '0')}`;

stage({ demo: false }, async () => {
  owner = makeCompany(server, 'Long & List', 'Lena Long');
  const file = path.join(server.data, 'many.csv');
  const lines = Array.from({ length: CUSTOMERS }, (_, at) => `K${at + 1},${name(at + 1)},Leeds`);
  fs.writeFileSync(file, `CustomerID,CompanyName,City\n${lines.join('\n')}\n`);
  importCustomers(server, owner, file);
  await moveIn(browser, server, owner);
});

const row = (page, number) => rows(page).filter({ hasText: name(number) });
const wrap = (page) => page.locator('main .table-wrap');

/** A page of the list; what only counts, for the tabs over it, asks for one row. */
function asksForAPage(request) {
  if (!request.url().endsWith('/ListCustomers')) return false;
  // Five bytes of the frame, then the first field: `page_size`.
  const [field, size] = request.postDataBuffer().subarray(5);
  return field === 8 && size === 100;
}

/** Scrolls to the end of what is known, until the list ends with this customer. */
async function scrollTo(page, number) {
  for (let times = 0; times < 20 && (await row(page, number).count()) === 0; times += 1) {
    const before = await wrap(page).evaluate((list) => list.scrollHeight);
    await wrap(page).evaluate((list) => { list.scrollTop = list.scrollHeight; });
    // Either the row is drawn, or more came and there is further to go.
    await page.waitForFunction(
      ([text, known]) => {
        const list = document.querySelector('main .table-wrap');
        return list.scrollHeight > known || [...list.querySelectorAll('tr.is-row')].some((one) => one.innerText.includes(text));
      },
      [name(number), before],
    );
  }
  await row(page, number).waitFor();
}

describe(`a list of ${CUSTOMERS}`, () => {
  for (const [size, theme] of [['desktop', 'light'], ['phone', 'dark']]) {
    test(`comes page by page, and only what is in sight is drawn: ${size}`, async () => {
      const window = await enter(browser, server, owner, { size, theme });
      const { page } = window;
      const pages = [];
      page.on('request', (request) => asksForAPage(request) && pages.push(request.url()));
      await window.visit('customers?sort=name');
      await row(page, 1).waitFor();
      assert.equal(pages.length, 1, 'one page at first');
      const drawn = async (what) => {
        const count = await rows(page).count();
        assert.ok(count > 5 && count <= DRAWN[size], `${what}: ${count} rows are drawn`);
      };
      await drawn('at the beginning');
      await scrollTo(page, 101);
      assert.ok(pages.length >= 2, 'the second page was asked for');
      await drawn('on the second page');
      await scrollTo(page, CUSTOMERS);
      assert.equal(pages.length, CUSTOMERS / 100, 'each page was asked for once');
      await drawn('at the end');
      assert.equal(await row(page, 1).count(), 0, 'the first row is drawn no more');
      await wrap(page).evaluate((list) => { list.scrollTop = 0; });
      await row(page, 1).waitFor();
      await drawn('back at the beginning');
      await sound(window, 'a long list');
      await window.close();
    });
  }

  test('is worked with keys past the first page', async () => {
    const window = await enter(browser, server, owner);
    const { page } = window;
    await window.visit('customers?sort=name');
    await row(page, 1).waitFor();
    const cursor = (number) => page.locator('main tr.is-row.is-cursor', { hasText: name(number) }).waitFor();
    for (let step = 1; step <= 105; step += 1) {
      await page.keyboard.press('j');
      // The next page comes before its first row is reached, but not before it was asked for.
      if (step % 20 === 0 || step > 90) await cursor(step);
    }
    await page.keyboard.press('k');
    await cursor(104);
    const box = await page.locator('main tr.is-cursor').boundingBox();
    const { height } = page.viewportSize();
    assert.ok(box.y > 0 && box.y + box.height < height, 'the row that is chosen is in sight');
    assert.ok((await rows(page).count()) <= DRAWN.desktop, 'few rows are drawn');
    await page.keyboard.press('x');
    await page.getByRole('region', { name: 'Selected rows' }).getByText('1 selected').waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/customers\/cus_/);
    await page.getByRole('heading', { name: name(104) }).waitFor();
    await window.close();
  });
});
