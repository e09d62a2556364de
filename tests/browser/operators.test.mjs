// The provider, dev and accountant portals in a browser, each with its one person from the environment: the way in and
// out, every page in each look, figures that follow what happens, and no way from one portal into another.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { certificateIn } from './certificate.mjs';
import { PHONE, accessible, closed, enrol, enterPortal, expired, holdsInEachLook, listed, open, prove, settled, signInToEnrol, sound, takeOn } from './portal.mjs';
import { freshFolder, makeCompany, operatorOf } from './server.mjs';
import { browser, server, stage } from './stage.mjs';

const PORTALS = {
  provider: { base: '/provider', home: 'Overview', figures: 'system', other: 'dev', own: [['tenants', 'Tenants'], ['provisioning', 'Provisioning'], ['support', 'Support'], ['anomalies', 'Anomalies'], ['system', 'System'], ['federation', 'Federation'], ['admins', 'Admins'], ['settings', 'Settings'], ['sign-ins', 'Sign-ins'], ['sign-ins?f.kind=limits', 'Sign-ins'], ['sign-ins?f.kind=guesses', 'Sign-ins']] },
  dev: { base: '/dev', home: 'Overview', figures: 'overview', other: 'accountant', own: [['health', 'health'], ['metrics', 'metrics'], ['jobs', 'jobs'], ['sign-ins', 'Sign-ins'], ['sign-ins?f.kind=guesses', 'Sign-ins'], ['support', 'Support'], ['errors', 'errors'], ['anomalies', 'Anomalies']] },
  accountant: { base: '/accounting', home: 'Overview', figures: 'overview', other: 'provider', own: [['subscriptions', 'Subscriptions'], ['sign-ins', 'Sign-ins'], ['anomalies', 'Anomalies']] },
};
const windows = {};

// For calls between systems that live in several processes.
const data = freshFolder();
stage({ demo: false, data, settings: certificateIn(data, 'portals.internal', 20) }, async () => {
  for (const portal of Object.keys(PORTALS)) windows[portal] = await enterPortal(browser, server, portal);
});

const person = (portal) => operatorOf(server, portal);
const address = (portal, page) => `${server.url(portal)}${PORTALS[portal].base}/${page}`;

async function figure(page, label) {
  const stat = page.locator('.stat', { has: page.getByText(label, { exact: true }) });
  return Number((await stat.locator('.stat-value').innerText()).replaceAll(',', ''));
}

for (const [portal, { base, home, figures, other, own }] of Object.entries(PORTALS)) {
  describe(`the ${portal} portal`, () => {
    test('has a sign-in that says which portal it is', async () => {
      const { page, problems, close } = await open(browser);
      await page.goto(`${server.url(portal)}${base}/audit`);
      await page.waitForURL(/sign-in\?next=/);
      await holdsInEachLook(page, `${portal} sign-in`);
      assert.match(await page.title(), new RegExp(`StreamFlow ${portal}`, 'i'));
      assert.deepEqual(problems, []);
      await close();
    });

    test('has pages that are accessible, fit and are quiet', async () => {
      const { page, problems } = windows[portal];
      for (const [name, title] of [['overview', home], ['audit', 'Audit'], ['sessions', 'Sessions'], ...own]) {
        await page.goto(address(portal, name));
        await settled(page);
        // A quiet number may stand beside the title.
        assert.ok((await page.locator('h1').textContent()).trim().startsWith(title), title);
        await holdsInEachLook(page, `${portal} ${name}`);
      }
      assert.deepEqual(problems, []);
    });

    test('counts a refused sign-in and shows it', async () => {
      const { page } = windows[portal];
      const stranger = await open(browser);
      await page.goto(address(portal, figures));
      await settled(page);
      const known = await figure(page, 'Refused sign-ins');
      await stranger.page.goto(`${server.url(portal)}/sign-in`);
      await stranger.page.getByLabel('E-mail').fill(person(portal).email);
      await stranger.page.getByLabel('Password', { exact: true }).fill('not the password');
      await stranger.page.locator('button[type=submit]').click();
      await stranger.page.locator('.field-error').waitFor();
      await stranger.close();
      await page.reload();
      await settled(page);
      assert.equal(await figure(page, 'Refused sign-ins'), known + 1);
      assert.equal(await figure(page, 'Live sessions'), 1);
      assert.equal(await page.locator('.refusals a').count(), known + 1);
    });

    test('opens a record of the audit by keys, and names only keys that work', async () => {
      const { page } = windows[portal];
      await page.goto(address(portal, 'audit'));
      await page.locator('tr.is-row').first().waitFor();
      assert.match(page.url(), /category=%21read/, 'reading is left out at first');
      assert.doesNotMatch(await page.locator('.listfoot').innerText(), /select/i);
      // A portal that takes few requests at once may have refused one since.
      await page.goto(address(portal, `audit?q=${encodeURIComponent('Sign in, password')}`));
      await page.locator('tr.is-row', { hasText: 'Sign in, password' }).first().waitFor();
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      const panel = page.locator('.app-panel');
      await panel.waitFor();
      assert.match(await panel.textContent(), /Sign in, password.*Refused.*127\.0\.0\.1.*SessionService\/SignIn/s);
      await panel.getByRole('button', { name: 'Close panel' }).click();
      await panel.waitFor({ state: 'detached' });
    });

    test('goes to its pages, and into the dark, by Ctrl-K', async () => {
      const { page, problems } = windows[portal];
      await page.goto(address(portal, 'overview'));
      await settled(page);
      const palette = page.getByRole('dialog', { name: 'Search or jump to' });
      const choose = async (words) => {
        await page.keyboard.press('Control+k');
        await palette.getByRole('combobox').fill(words);
        await palette.getByRole('option', { name: new RegExp(`^${words}`, 'i') }).waitFor();
        await page.keyboard.press('Enter');
        await palette.waitFor({ state: 'detached' });
      };
      const first = palette.getByRole('option').first();
      // A key that is pressed before the program listens does nothing, for people too.
      for (let tries = 0; tries < 5 && !(await first.isVisible()); tries += 1) {
        await page.keyboard.press('Control+k');
        await first.waitFor({ timeout: 5_000 }).catch(() => {});
      }
      await first.waitFor();
      await holdsInEachLook(page, `${portal} palette`);
      await page.keyboard.press('Escape');
      await palette.waitFor({ state: 'detached' });
      await choose('audit');
      await page.waitForURL(new RegExp(`${base}/audit`));
      await page.locator('tr.is-row').first().waitFor();
      await choose('dark');
      await page.locator('html[data-theme=dark]').waitFor();
      await page.keyboard.press('Control+k');
      await palette.getByRole('combobox').fill(other);
      await palette.getByText('Nothing found. Try fewer letters.').waitFor();
      await page.keyboard.press('Escape');
      await choose('light');
      await page.locator('html[data-theme=light]').waitFor();
      await page.evaluate(() => { localStorage.clear(); document.documentElement.removeAttribute('data-theme'); });
      assert.deepEqual(problems, []);
    });

    test('is searched by a button on phones, where there are no keys', async () => {
      const phone = await open(browser, { ...PHONE, state: await windows[portal].context.storageState() });
      await phone.page.goto(address(portal, 'overview'));
      await settled(phone.page);
      await phone.page.getByRole('banner').getByRole('button', { name: /^(jump to|find)/i }).click();
      await phone.page.getByRole('dialog', { name: 'Search or jump to' }).getByRole('option').first().waitFor();
      await sound(phone, `${portal} palette on a phone`);
      await phone.close();
    });

    test('says why it asks for a sign-in when a session has ended by itself', async () => {
      const { page, problems, close } = await open(browser, { state: await windows[portal].context.storageState() });
      await page.goto(address(portal, 'overview'));
      await settled(page);
      await page.route(/Service\/ListAudit$/, (route) => route.fulfill(expired()));
      await page.locator('a[href$="/audit"]').first().click();
      await page.waitForURL(/sign-in\?next=/);
      await page.getByText('Your session has expired.').waitFor();
      await holdsInEachLook(page, `${portal} sign-in after a session has ended`);
      assert.deepEqual(problems, []);
      await close();
    });

    test('takes no session of another portal', async () => {
      const { page, close, context } = await open(browser);
      const session = async (of) => (await windows[of].context.cookies()).find((cookie) => !cookie.name.includes('device'));
      const own = await session(portal);
      const its = await session(other);
      // A secure cookie needs an https address; it is sent to this machine all the same.
      const url = server.url(other).replace('http:', 'https:');
      const carry = (value) => context.addCookies([own.name, its.name].map((name) => ({ name, value, url })));
      await carry(its.value);
      await page.goto(address(other, 'overview'));
      await page.locator('.stat').first().waitFor();
      await carry(own.value);
      await page.goto(address(other, 'overview'));
      await page.waitForURL(/sign-in/);
      await close();
    });

    test('has no page of another portal', async () => {
      const { page, problems } = windows[portal];
      for (const foreign of ['/tenant/x/client/dashboard', `${PORTALS[other].base}/overview`]) {
        await page.goto(`${server.url(portal)}${foreign}`);
        await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
      }
      await accessible(page, `${portal} at a foreign address`);
      await page.getByRole('link', { name: 'Go to the start' }).click();
      await page.waitForURL(new RegExp(`${base}/overview`));
      assert.deepEqual(problems, []);
    });
  });
}

test('rights are chosen with their time, counted down, listed, and given back', async () => {
  const { page, problems } = windows.dev;
  await page.goto(address('dev', 'sessions'));
  await settled(page);
  const taken = page.locator('section', { has: page.getByRole('heading', { name: 'Rights you took on' }) });
  await taken.getByText(/^None yet/).waitFor();
  await taken.getByRole('button', { name: 'Take on rights' }).click();
  const ask = page.getByRole('dialog', { name: 'Confirm that it is you' });
  await ask.getByRole('button', { name: 'Confirm' }).click();
  await ask.getByText('Choose rights of these: jobs, support.').waitFor();
  await holdsInEachLook(page, 'dev, choosing rights');
  await ask.getByRole('checkbox', { name: /^jobs: / }).check();
  await ask.getByRole('checkbox', { name: /^support: / }).check();
  await ask.getByLabel('For how long').selectOption('15 minutes');
  await prove(ask, person('dev'));
  const banner = page.getByRole('region', { name: 'Confirmed rights' });
  await banner.getByText('You have 2 rights: “jobs”, “support”.').waitFor();
  await banner.getByText(/^1[45]:\d\d left$/).waitFor();
  await taken.getByText('jobs, support').waitFor();
  await holdsInEachLook(page, 'dev sessions with rights');
  await banner.getByRole('button', { name: 'Give back' }).click();
  await taken.getByText(/^Given back/).waitFor();
  await banner.waitFor({ state: 'detached' });

  // What was pressed without the right is not done when nobody gives password and code.
  await page.goto(address('dev', 'jobs'));
  await page.getByRole('button', { name: 'run prune now' }).click();
  await ask.getByRole('button', { name: 'Cancel' }).click();
  await closed(page);
  assert.equal(await page.getByText('prune is queued').count(), 0);
  assert.deepEqual(problems, []);
});

test('the dev portal runs a scheduled task when asked, and shows what came of it', async () => {
  const { page, problems } = windows.dev;
  await page.goto(address('dev', 'jobs'));
  await settled(page);
  assert.equal((await page.locator('h1').textContent()).trim(), 'jobs');
  const task = page.getByRole('region', { name: 'scheduler' }).getByRole('row', { name: /\bprune\b/ });
  await task.getByText(/rows deleted/).waitFor();
  const done = page.getByRole('region', { name: 'jobs' }).getByRole('row', { name: /\bprune\b.*done/ });
  const before = await done.count();
  await task.getByRole('button', { name: 'run prune now' }).click();
  await takeOn(page, person('dev'), 'jobs');
  await page.getByText('prune is queued').waitFor();
  await page.waitForFunction(
    (count) => [...document.querySelectorAll('[aria-label="jobs"] tbody tr')].filter((row) => /prune.*done/s.test(row.textContent)).length > count,
    before,
  );
  await page.getByRole('button', { name: 'live 5 s' }).click();
  await page.getByRole('button', { name: 'live 5 s', pressed: false }).waitFor();
  await holdsInEachLook(page, 'dev jobs');
  assert.deepEqual(problems, []);
});

test('the dev portal shows the certificates of calls between systems, and that one ends soon', async () => {
  const { page, problems } = windows.dev;
  await page.goto(address('dev', 'health'));
  await settled(page);
  const table = page.getByRole('region', { name: 'certificates' });
  await table.locator('tbody tr').nth(3).waitFor();
  const lines = await Promise.all((await table.locator('tbody tr').all()).map((line) => line.locator('td').allInnerTexts()));
  assert.deepEqual(lines.map(([of]) => of).sort(), ['accountant', 'client', 'dev', 'provider']);
  for (const [, state, names, from, ends, days, seenBy] of lines) {
    assert.deepEqual([state.trim(), names, days, seenBy], ['needs a look', 'portals.internal', '19', '–']);
    assert.ok(/^\d{4}-\d\d-\d\d /.test(from) && from < ends, `${from} to ${ends}`);
  }
  await table.getByText('portals.internal').first().and(page.locator('[title^="SHA-256 "]')).waitFor();
  await holdsInEachLook(page, 'dev health with certificates');
  assert.deepEqual(problems, []);
});

test('the dev portal draws what was measured, and has the numbers behind each chart', async () => {
  const { page, problems } = windows.dev;
  const chart = page.locator('figure', { has: page.getByRole('heading', { name: 'requests a second' }) });
  await page.goto(address('dev', 'metrics'));
  // A process writes its figures down when the minute is over.
  for (let attempt = 0; attempt < 40 && (await chart.count()) === 0; attempt += 1) {
    await page.waitForTimeout(2_000);
    await page.reload();
    await settled(page);
  }
  assert.match(await chart.locator('path.line').last().getAttribute('d'), /^M/, 'something is drawn');
  await holdsInEachLook(page, 'dev metrics, measured');
  await chart.getByRole('button', { name: 'Show as table' }).click();
  await chart.getByRole('region', { name: 'requests a second' }).getByText(/^\d+(\.\d+)?$/).first().waitFor();
  await accessible(page, 'dev metrics, table');
  const client = page.getByRole('region', { name: 'by system' }).getByRole('row', { name: /client/ });
  await page.getByRole('group', { name: 'range' }).getByRole('button', { name: '7 d' }).click();
  await page.waitForURL(/hours=168/);
  await page.getByRole('group', { name: 'system' }).getByRole('button', { name: 'dev', exact: true }).click();
  await page.waitForURL(/system=dev/);
  await settled(page);
  assert.match(await client.textContent(), /client/);
  await page.getByText(/by hour, until/).waitFor();
  assert.deepEqual(problems, []);
});

for (const portal of Object.keys(PORTALS)) {
  test(`the ${portal} portal shows who failed to sign in, and what is guessed at`, async () => {
    const { page, problems } = windows[portal];
    const stranger = await open(browser);
    await stranger.page.goto(`${server.url(portal)}/sign-in`);
    await stranger.page.getByLabel('E-mail').fill('nobody@example.com');
    await stranger.page.getByLabel('Password', { exact: true }).fill('not the password');
    await stranger.page.locator('button[type=submit]').click();
    await stranger.page.locator('.field-error').waitFor();
    await stranger.close();
    await page.goto(address(portal, 'sign-ins?f.kind=failed'));
    await settled(page);
    await page.locator('tr.is-row', { hasText: 'Nobody known' }).first().waitFor();
    await holdsInEachLook(page, `${portal} failed sign-ins`);
    await page.goto(address(portal, 'sign-ins?f.kind=guesses'));
    const guess = page.getByRole('region', { name: 'Wrong guesses' }).getByRole('row', { name: /Nobody's here/ });
    await guess.first().waitFor();
    await holdsInEachLook(page, `${portal} wrong guesses`);
    await page.getByRole('link', { name: 'Came in' }).or(page.getByRole('button', { name: 'Came in' })).first().click();
    await page.locator('tr.is-row', { hasText: person(portal).email.split('@')[0] }).or(page.locator('tr.is-row')).first().waitFor();
    assert.deepEqual(problems, []);
  });
}

/** Wrong passwords of people whom nobody knows, from the machine of this test. */
async function spray(portal, times) {
  const { page, close } = await open(browser);
  await page.goto(`${server.url(portal)}/sign-in`);
  await page.evaluate(async ({ space, times }) => {
    const text = (field, words) => {
      const bytes = new TextEncoder().encode(words);
      return [field * 8 + 2, bytes.length, ...bytes];
    };
    const attempt = (number) => {
      const message = [...text(1, `nobody${number}@example.com`), ...text(2, 'not-the-password-at-all')];
      const body = new Uint8Array([0, 0, 0, 0, message.length, ...message]);
      const headers = { 'content-type': 'application/grpc-web+proto', 'x-streamflow-portal': space };
      return fetch(`/streamflow.${space}.v1.SessionService/SignIn`, { method: 'POST', headers, body });
    };
    for (let number = 0; number < times; number += 1) await attempt(number);
  }, { space: portal, times });
  await close();
}

test('an anomaly of the dev portal stays until somebody acknowledges it', async () => {
  const { page, problems } = windows.dev;
  // What fails with accounts that nobody has counts as one account in three tries; a dozen accounts of one address are no mistake.
  await spray('dev', 40);
  await page.goto(address('dev', 'jobs'));
  // The right that was taken on for the task above.
  await page.getByText('You have the right “jobs”.').waitFor();
  await page.getByRole('button', { name: 'run detect_anomalies now' }).click();
  await page.getByText('detect_anomalies is queued').waitFor();
  const found = page.getByRole('row', { name: /One address fails with many accounts/ });
  for (const until = Date.now() + 30_000; (await found.count()) === 0 && Date.now() < until;) {
    await page.goto(address('dev', 'anomalies'));
    await settled(page);
    await found.first().waitFor({ timeout: 1_000 }).catch(() => undefined);
  }
  await holdsInEachLook(page, 'dev anomalies with one');
  const requests = await found.getByRole('link', { name: 'Show requests' }).getAttribute('href');
  assert.match(requests, /ip=127\.0\.0\.1/);
  await found.getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByText('Nothing out of the ordinary').waitFor();
  // Loaded anew, it is not among those that are open, and among all with its new state.
  await page.reload();
  await page.getByText('Nothing out of the ordinary').waitFor();
  await page.getByRole('group', { name: 'Which' }).getByRole('button', { name: 'All' }).click();
  await found.getByText('Acknowledged').waitFor();
  assert.equal(await found.getByRole('button', { name: 'Acknowledge' }).count(), 0);
  await holdsInEachLook(page, 'dev anomalies, acknowledged');
  await page.goto(`${server.url('dev')}${requests}`);
  await page.locator('tr.is-row').first().waitFor();
  assert.deepEqual(problems, []);
});

test('a company is suspended in the middle of its work, reads why, and works again once it is resumed', async () => {
  const owner = makeCompany(server, 'Osprey Metrology', 'Olive Osprey');
  const there = await open(browser);
  await signInToEnrol(there.page, server.url('client'), owner);
  await enrol(there.page, owner);
  await there.page.goto(`${server.url('client')}/tenant/${owner.tenant}/client/dashboard`);
  await settled(there.page);

  const { page, problems } = windows.provider;
  await listed(page, server, 'Osprey Metrology');
  await holdsInEachLook(page, 'provider tenants with a company');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`/tenants/${owner.tenant}`));
  await settled(page);
  assert.match(await page.locator('h1').textContent(), /Osprey Metrology/);
  await page.getByText('Members').waitFor();
  await holdsInEachLook(page, 'provider tenant');

  await page.getByRole('button', { name: 'Suspend', exact: true }).click();
  await takeOn(page, person('provider'), 'tenants');
  await page.getByLabel('Reason').fill('The invoice of May is unpaid.');
  await holdsInEachLook(page, 'provider suspend dialog');
  await page.getByLabel(/to confirm/).fill(owner.tenant);
  await page.getByRole('button', { name: 'Suspend now' }).click();
  await page.getByText(/^Suspended since/).waitFor();

  // The open page of the company's owner follows without a touch.
  await there.page.getByRole('heading', { name: 'This company is suspended' }).waitFor();
  await there.page.getByText('The invoice of May is unpaid.').waitFor();
  await there.page.getByText(person('provider').email).waitFor();
  await holdsInEachLook(there.page, 'a suspended company');

  const books = windows.accountant.page;
  await books.goto(address('accountant', 'subscriptions'));
  await settled(books);
  assert.match(await books.locator('tr.is-row', { hasText: 'Osprey Metrology' }).textContent(), /Suspended/);
  await holdsInEachLook(books, 'accountant subscriptions with a company');

  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByText(/people can work again/).waitFor();
  await there.page.getByRole('button', { name: 'Look again' }).click();
  await there.page.getByRole('heading', { name: 'This company is suspended' }).waitFor({ state: 'detached' });
  await settled(there.page);
  const timeline = page.locator('.timeline');
  for (const words of ['Suspended', 'Resumed', 'Created']) await timeline.getByText(words, { exact: true }).first().waitFor();
  await page.goto(address('provider', 'overview'));
  await holdsInEachLook(page, 'provider overview with a company');
  assert.deepEqual([...problems, ...there.problems], []);
  await there.close();
});

test('who signs out is out', async () => {
  for (const [portal, { page, problems, close }] of Object.entries(windows)) {
    await page.goto(address(portal, 'overview'));
    await settled(page);
    await page.getByRole('button', { name: `Account: ${person(portal).email}` }).click();
    await page.getByText(`Signed in to`).waitFor();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.waitForURL(/sign-in/);
    await page.goto(address(portal, 'overview'));
    await page.waitForURL(/sign-in\?next=/);
    assert.deepEqual(problems, []);
    await close();
  }
});
