// Every page of all portals in a language that nobody speaks: each text that the program has is in brackets, so one that is not can't be
// translated; and each is longer than the English one, as translations are, so what has too little room shows. Then another language
// as people choose it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CLIENT_PAGES, enter, enterPortal, fits, listening, open, settled } from './portal.mjs';
import { PORTALS, accountOf } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

const PSEUDO = 'en-XA';

stage();

/** Where only the program's own words stand. */
const OWN = [
  'h1', 'h2', 'h3', 'legend', 'label', 'button', 'summary', 'th', 'dt', 'p', 'caption', 'nav a', 'a.btn',
  '.field-help', '.field-label', '.stat-label', '.section-label', '.nav-label', '.banner', '.note', '.card-foot', '.listfoot', '.empty',
].join(', ');

/** What a company, a person or the server said, or what is a name in every language. */
const DATA = [
  // Names of records, people, companies and files.
  '.record-head h1', '.pagehead h1 .truncate', '.app-panel h1', '.app-panel h2', '.avatar', '.person', '.org-name', '.account-who', '.cell-main', '.kcard', '.crumbs',
  '#you-head', 'main h2.grow', '.tag', '.mono', 'td', 'th[scope=row]', '.usages dt', '.kv dt',
  // Stages, fields and features of the company's own.
  '.lane-head h2', '.list .grow', 'dialog .check', 'dialog .field-help', '.switch-label',
  // Names of the program and its portals, keys of the keyboard.
  '[translate=no]', '.metric-bar .segmented', '.mark', '.portal-tag', '.acc-name', '.semibold', 'kbd', '.kbd', '.app-status', '.path',
].join(', ');

/** Visible words outside of brackets, and names for screen readers: empty when all are the catalogue's. */
function untranslated({ own, data }) {
  const words = (text) => /\p{L}{2}/u.test(text ?? '');
  const told = (text) => text.includes('[') && text.includes(']');
  const found = new Set();
  for (const element of document.querySelectorAll(own)) {
    if (element.closest(data) || element.closest('#shell') || !element.checkVisibility()) continue;
    // What is marked as data inside of it is not counted.
    const copy = element.cloneNode(true);
    for (const inner of copy.querySelectorAll(`${data}, svg, time, select, input, textarea`)) inner.remove();
    const text = copy.textContent.trim();
    if (words(text) && !told(text)) found.add(`${element.tagName.toLowerCase()}.${element.className}: ${text}`);
  }
  for (const name of ['aria-label', 'placeholder', 'alt']) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      const text = element.getAttribute(name);
      if (!element.closest(data) && words(text) && !told(text)) found.add(`${name} of ${element.tagName.toLowerCase()}.${element.className}: ${text}`);
    }
  }
  return [...found];
}

/** What is found on the pages of a window, so that one look shows all that is wrong. */
const findings = new WeakMap();

async function translated({ page }, what, data = DATA) {
  const found = findings.get(page) ?? [];
  findings.set(page, found);
  for (const words of await page.evaluate(untranslated, { own: OWN, data })) found.push(`${what}: no catalogue has ${words}`);
  await fits(page, what).catch((error) => found.push(error.message));
}

async function done(window) {
  assert.deepEqual(findings.get(window.page), []);
  assert.deepEqual(window.problems, []);
  await window.close();
}

const inPseudo = (context) => context.addInitScript((code) => localStorage.setItem('language', code), PSEUDO);

async function visit(window, address, what) {
  await window.page.goto(address);
  await settled(window.page);
  assert.equal(await window.page.locator('html').getAttribute('lang'), PSEUDO, what);
  await translated(window, what);
}

const DOORS = { client: ['sign-in', 'reset', 'sign-up', 'no-such-page'], provider: ['sign-in', 'no-such-page'], dev: ['sign-in'], accountant: ['sign-in'] };

for (const size of ['desktop', 'phone']) {
  describe(`in a language of brackets, ${size}`, () => {
    test('no door speaks English', async () => {
      for (const portal of PORTALS) {
        await listening(server.url(portal));
        const window = await open(browser, { size });
        await inPseudo(window.context);
        for (const name of DOORS[portal]) await visit(window, `${server.url(portal)}/${name}`, `${portal} ${name}`);
        await done(window);
      }
    });

    test('no page of the client portal speaks English, nor what opens on it', async () => {
      const window = await enter(browser, server, accountOf(server, 'OWNER'), { size });
      await inPseudo(window.context);
      for (const name of CLIENT_PAGES) await visit(window, window.address(name), name);
      for (const name of ['customers', 'contacts', 'leads']) {
        await visit(window, window.address(name), name);
        await window.page.locator('main table a, main [role=row] a').first().click();
        await settled(window.page);
        await translated(window, `one of ${name}`, `${DATA}, h1`);
      }
      for (const name of ['customers', 'contacts', 'leads', 'team']) {
        await window.visit(name);
        await window.page.locator('.app-header .btn-primary, .pagehead .btn-primary').first().click();
        await window.page.locator('dialog[open]').first().waitFor();
        await translated(window, `what is added on ${name}`);
      }
      await done(window);
    });

    for (const portal of PORTALS.slice(1)) {
      test(`no page of the ${portal} portal speaks English`, async () => {
        const window = await enterPortal(browser, server, portal, { size });
        await settled(window.page);
        const places = await window.page.locator('nav a').evaluateAll((links) => links.map((link) => link.href));
        assert.ok(places.length > 3, `${places}`);
        await inPseudo(window.context);
        for (const place of new Set(places)) await visit(window, place, `${portal} ${new URL(place).pathname}`);
        await done(window);
      });
    }
  });
}

test('a language that is installed can be chosen, with its plurals, and English again', async () => {
  const window = await enter(browser, server, accountOf(server, 'OWNER'));
  const { page } = window;
  await window.visit('profile');
  const card = (name) => page.getByRole('region', { name });
  assert.equal(await card('Language and region').getByLabel('Language').count(), 0, 'with English alone there is nothing to choose');
  const polish = {
    Customers: 'Klienci',
    'Language and region': 'Język i region',
    Language: 'Język',
    '{count} leads': { one: '{count} lid', few: '{count} lidy', many: '{count} lidów', other: '{count} lidu' },
  };
  await page.route('**/assets/pl.json', (route) => route.fulfill({ json: polish }));
  await page.route((url) => !url.pathname.includes('/assets/') && !url.pathname.includes('.v1.'), async (route) => {
    // Node.js does not know the names below localhost that browsers do.
    const answer = await route.fetch({ url: route.request().url().replace(/\/\/[a-z]+\.localhost/, '//127.0.0.1') });
    const body = (await answer.text()).replace(/data-languages="[^"]*"/, 'data-languages="pl=Polski=/assets/pl.json"');
    await route.fulfill({ response: answer, body });
  });
  await window.visit('profile');
  await card('Language and region').getByLabel('Language').selectOption('Polski');
  await page.locator('html[lang=pl]').waitFor();
  await card('Język i region').getByLabel('Język').waitFor();
  await settled(page);
  await page.getByRole('link', { name: 'Klienci' }).first().waitFor();
  await page.getByRole('link', { name: 'Contacts' }).first().waitFor();
  await window.visit('settings/pipeline');
  const counted = [...(await page.locator('main').innerText()).matchAll(/(\d+) (lid\p{L}*)/gu)];
  assert.ok(counted.length > 2, 'stages say how many leads they have');
  for (const [, number, word] of counted) assert.equal(`{count} ${word}`, polish['{count} leads'][new Intl.PluralRules('pl').select(Number(number))]);
  await window.visit('profile');
  await card('Język i region').getByLabel('Język').selectOption('English');
  await page.locator('html[lang=en]').waitFor();
  await card('Language and region').getByLabel('Language').waitFor();
  assert.deepEqual(window.problems, []);
  await window.close();
});
