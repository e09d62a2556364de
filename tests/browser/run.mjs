// `cargo xtask run` as a person uses it: the table that it prints, a sign-in at each portal with what stands there and a code of
// `cargo xtask otp`, Ctrl-C. In the folder that DEMO_FOLDER names it leaves what it made, of which other files take copies (server.mjs).

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { launch, nextStep, open, settled } from './portal.mjs';
import { OFFSETS, PORTALS, freeBase, freshFolder, isFree, ownEnvironment, root } from './server.mjs';

const xtask = path.join(root, 'target/debug/xtask');
const data = process.env.DEMO_FOLDER ?? freshFolder();
const codes = (email) => execFileSync(xtask, ['otp', email, '--data', data], { encoding: 'utf8' }).trim();

let base;
let running;
let ended;
let printed = '';
let browser;

before(async () => {
  browser = await launch();
  base = await freeBase();
  const env = { ...ownEnvironment(), STREAMFLOW_LOG: 'error', STREAMFLOW_DRAIN_NOTICE_SECONDS: '0' };
  // What a person set up for portals of their own would take the place of what is made up.
  for (const name of Object.keys(env)) if (/^(PROVIDER|DEVELOPER|ACCOUNTANT)_/.test(name)) delete env[name];
  running = spawn(xtask, ['run', '--built', '--data', data, '--port-base', String(base)], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  ended = once(running, 'exit');
  running.stdout.setEncoding('utf8').on('data', (text) => { printed += text; });
});

after(async () => {
  await browser?.close();
  if (running.exitCode === null) running.kill('SIGTERM');
  await ended;
  // A code works once: whoever takes a copy begins with one that nobody has typed here.
  if (process.env.DEMO_FOLDER) await nextStep();
  else fs.rmSync(data, { recursive: true, force: true });
});

/** The rows of the table: what a person reads there. */
function people() {
  const rows = printed.split('\n').filter((line) => line.includes('://')).map((line) => line.trim().split(/ {2,}/));
  return rows.map(([portal, address, email, password, code, who]) => ({ portal, address, email, password, code, who }));
}

test('prints a table of addresses and sign-ins once all of it is there', async () => {
  const until = Date.now() + 300_000;
  while (!printed.includes('Ctrl-C stops the server')) {
    assert.ok(running.exitCode === null && Date.now() < until, `no table:\n${printed}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  for (const [index, portal] of PORTALS.entries()) {
    const rows = people().filter((person) => person.portal === portal);
    assert.ok(rows.length > 0, `nobody of ${portal}:\n${printed}`);
    for (const { address, who } of rows) assert.ok(address === `http://${portal}.localhost:${base + index + 1}/` && who, printed);
  }
  const owners = people().filter(({ who }) => /OWNER/.test(who)).map(({ who }) => who.split(', ').at(-1));
  assert.equal(new Set(owners).size, 4, `four companies: ${owners}`);
});

for (const portal of PORTALS) {
  test(`lets the first of ${portal} in with what is printed and a code of otp`, async () => {
    const { address, email, password, code } = people().find((person) => person.portal === portal);
    assert.match(code, /^\d{6}$/);
    const { page, problems, close } = await open(browser);
    await page.goto(address);
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.locator('button[type=submit]').click();
    await page.waitForURL(/second-factor/);
    await page.locator('main input, form input').first().fill(codes(email));
    await page.waitForURL(/dashboard|overview/);
    await settled(page);
    assert.deepEqual(problems, []);
    await close();
  });
}

test('says who there is where otp is asked for somebody else', () => {
  const asked = () => execFileSync(xtask, ['otp', 'nobody@example.com', '--data', data], { stdio: 'pipe' });
  assert.throws(asked, (error) => error.stderr.includes(people()[0].email));
});

test('ends with everything when it is interrupted', async () => {
  running.kill('SIGINT');
  const [code, signal] = await ended;
  assert.deepEqual([code, signal], [0, null]);
  const free = await Promise.all(OFFSETS.map((offset) => isFree(base + offset)));
  assert.ok(free.every(Boolean), 'something still listens');
});
