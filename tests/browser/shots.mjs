// Pictures of every page of every portal: light and dark, desktop and phone, full (the demo company) and empty (a new one).
// Usage: node tests/browser/shots.mjs [--only PART]

import fs from 'node:fs';
import path from 'node:path';
import { launch, open, settled, signIn } from './portal.mjs';
import { startServer } from './server.mjs';

const only = process.argv[2] === '--only' ? process.argv[3] : '';
const out = path.resolve('target/shots');
const CLIENT = ['dashboard', 'tasks', 'customers', 'contacts', 'leads', 'leads/board', 'imports', 'team', 'audit',
  'settings/company', 'settings/features', 'settings/fields', 'settings/pipeline', 'profile'];
const OPERATOR = ['overview', 'audit', 'sessions'];
const BASES = { provider: 'provider', dev: 'dev', accountant: 'accounting' };

async function first(page, list) {
  await page.goto(list);
  await settled(page);
  const link = page.locator('main table a, main [role=row] a').first();
  return (await link.count()) > 0 ? link.getAttribute('href') : null;
}

async function addresses(page, url, account) {
  const tenant = new URL(page.url()).pathname.split('/')[2];
  const base = `${url}/tenant/${tenant}/client`;
  const pages = Object.fromEntries(CLIENT.map((name) => [`client/${name.replace('/', '-')}`, `${base}/${name}`]));
  for (const noun of ['customers', 'contacts', 'leads', 'imports']) {
    const href = await first(page, `${base}/${noun}`);
    if (href) pages[`client/${noun.slice(0, -1)}`] = url + href;
  }
  return Object.fromEntries(Object.entries(pages).map(([name, address]) => [`${name}${account.suffix ?? ''}`, address]));
}

async function shoot(context, pages, size, theme) {
  const page = await context.newPage();
  for (const [name, address] of Object.entries(pages)) {
    if (!name.includes(only)) continue;
    await page.goto(address);
    await settled(page);
    const file = path.join(out, `${name}.${size}.${theme}.png`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    await page.screenshot({ path: file });
    console.log(path.relative(process.cwd(), file));
  }
  await page.close();
}

const server = await startServer();
const browser = await launch();
try {
  const owner = server.accounts.find((account) => account.role === 'OWNER');
  const visitors = [
    { portal: 'client', account: owner },
    { portal: 'client', account: { ...server.accounts.find((account) => account.role === 'EMPLOYEE'), suffix: '-employee' } },
    ...server.operators.map((account) => ({ portal: account.portal, account })),
  ];
  for (const { portal, account } of visitors) {
    const url = server.url(portal);
    const window = await open(browser);
    await signIn(window.page, url, account);
    const pages = portal === 'client'
      ? await addresses(window.page, url, account)
      : Object.fromEntries(OPERATOR.map((name) => [`${portal}/${name}`, `${url}/${BASES[portal]}/${name}`]));
    const state = await window.context.storageState();
    await window.close();
    for (const size of ['desktop', 'phone']) {
      for (const theme of ['light', 'dark']) {
        const viewport = size === 'phone' ? { width: 390, height: 844 } : { width: 1440, height: 900 };
        const context = await browser.newContext({ storageState: state, viewport, colorScheme: theme, reducedMotion: 'reduce', deviceScaleFactor: size === 'phone' ? 2 : 1 });
        await shoot(context, pages, size, theme);
        await context.close();
        const stranger = await browser.newContext({ viewport, colorScheme: theme, reducedMotion: 'reduce' });
        await shoot(stranger, { [`${portal}/sign-in`]: `${url}/sign-in` }, size, theme);
        await stranger.close();
      }
    }
  }
} finally {
  await browser.close();
  await server.stop();
}
