// A server of the test run's own: fresh data folder, free ports, demo companies, operators with generated credentials.

import { execFileSync, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCluster } from './postgres.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const binary = path.join(root, 'target/debug/streamflow');
/** Demo companies and operators' credentials that are there already, made by `cargo xtask run` (run.mjs); `cargo xtask test` sets it. */
const DEMO = process.env.DEMO_FOLDER;
const OPERATORS = { provider: 'PROVIDER', dev: 'DEVELOPER', accountant: 'ACCOUNTANT' };
export const PORTALS = ['client', 'provider', 'dev', 'accountant'];
/** The demo company that has people of every role. */
export const COMPANY = 'Harrow & Pike';

/** Operations, the four portals, and what systems ask of each other. */
export const OFFSETS = [0, 1, 2, 3, 4, 10];

/** A base whose ports are all free. */
export async function freeBase() {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const base = 20000 + crypto.randomInt(3500) * 11;
    const free = await Promise.all(OFFSETS.map((offset) => isFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
  throw new Error('no free ports');
}

/** Below those that the system gives to outgoing connections, which could take it while nobody listens. */
async function freePort() {
  for (;;) {
    const port = 10_000 + crypto.randomInt(10_000);
    if (await isFree(port)) return port;
  }
}

export function isFree(port) {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function operator(portal) {
  const password = crypto.randomBytes(15).toString('base64url');
  const hash = JSON.parse(execFileSync(binary, ['hash-password', '--json'], { input: password })).hash;
  const { secret } = JSON.parse(execFileSync(binary, ['totp-secret', '--json']));
  return { portal, email: `${portal}@example.com`, password, totp_secret: secret, password_hash: hash };
}

const operators = () => (DEMO ? JSON.parse(fs.readFileSync(path.join(DEMO, 'demo-operators.json'), 'utf8')).accounts : Object.keys(OPERATORS).map(operator));

export const freshFolder = () => fs.mkdtempSync(path.join(os.tmpdir(), 'streamflow-browser-'));

/** A system's file, which is out of reach while a folder has its name. */
function fileOf(data, system) {
  const file = path.join(data, `${system}.db`);
  return {
    lose() {
      fs.renameSync(file, `${file}.aside`);
      fs.mkdirSync(file);
    },
    bringBack() {
      fs.rmdirSync(file);
      fs.renameSync(`${file}.aside`, file);
    },
  };
}

/** A cluster of the server's own, which is out of reach while it is stopped, with the rows of all systems. */
async function clusterOf(data) {
  const { url, start, stop, end } = startCluster(await freePort());
  execFileSync(binary, ['migrate', '--data', data, '--postgres', url], { env: ownEnvironment(), stdio: ['ignore', 'ignore', 'inherit'] });
  return { url, lose: stop, bringBack: start, end };
}

/** Whether a server says that it is up. */
const isReady = (base) => fetch(`http://127.0.0.1:${base}/readyz`).then((answer) => answer.ok, () => false);

/** A developer's own configuration is not the test's. */
export const ownEnvironment = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('STREAMFLOW_')));

/**
 * Starts a server and waits until its demo companies are there. Call `stop` in the end. One process of several is of some systems
 * only. `database` takes away what the provider portal keeps, and brings it back: a file, or with `postgres` a whole cluster.
 */
export async function startServer({ demo = true, systems, settings = {}, base: given, data = freshFolder(), postgres = false } = {}) {
  if (!fs.existsSync(binary)) throw new Error(`${binary} is missing: cargo build -p streamflow`);
  const base = given ?? await freeBase();
  const database = postgres ? await clusterOf(data) : fileOf(data, 'provider');
  const people = operators();
  // Making the demo takes longer than many a file's tests; a copy of it is as good.
  if (demo && DEMO && !postgres) fs.cpSync(DEMO, data, { recursive: true });
  const env = ownEnvironment();
  Object.assign(env, { STREAMFLOW_LOG: 'error', STREAMFLOW_LIMITS__SIGN_IN: '10000', STREAMFLOW_LIMITS__ANONYMOUS: '10000' });
  // Pictures go through an operator's pages faster than any operator.
  env.STREAMFLOW_LIMITS__READ = '10000';
  Object.assign(env, settings);
  for (const { portal, email, password_hash: hash, totp_secret: secret } of people) {
    env[`${OPERATORS[portal]}_EMAIL`] = email;
    env[`${OPERATORS[portal]}_PASSWORD_HASH`] = hash;
    env[`${OPERATORS[portal]}_TOTP_SECRET`] = secret;
  }
  const place = ['--data', data, ...(database.url ? ['--postgres', database.url] : [])];
  const words = ['serve', ...place, '--port-base', String(base), '--web-dir', path.join(root, 'target/portals')];
  if (systems) words.push('--systems', systems);
  const child = spawn(binary, demo ? [...words, '--demo'] : words, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await database.end?.();
    fs.rmSync(data, { recursive: true, force: true });
  };
  const file = path.join(data, 'demo.json');
  const until = Date.now() + 180_000;
  let accounts = [];
  while (demo && accounts.length === 0) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error('the server did not start with its demo');
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (fs.existsSync(file) && await isReady(base)) {
      const made = JSON.parse(fs.readFileSync(file, 'utf8'));
      if (made.seeded) accounts = made.accounts;
    }
  }
  const url = (portal) => `http://${portal}.localhost:${base + 1 + PORTALS.indexOf(portal)}`;
  return { data, place, base, url, accounts, operators: people, database, stop, pid: child.pid };
}

/** The person of the demo company with this role. */
export const accountOf = (server, role) => server.accounts.find((account) => account.role === role && account.company === COMPANY);

/** The person of an operator's portal. */
export const operatorOf = (server, portal) => server.operators.find((account) => account.portal === portal);

/** The text of the newest mail to somebody, from the outbox folder. */
export async function mailTo(server, email) {
  const folder = path.join(server.data, 'outbox');
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const files = fs.existsSync(folder) ? fs.readdirSync(folder).sort().reverse() : [];
    for (const name of files) {
      const text = fs.readFileSync(path.join(folder, name), 'utf8');
      if (text.includes(email)) return text;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no mail to ${email}`);
}

/** A company that has nothing yet, made as an operator makes one. Its owner has a password and sets up an authenticator at the first sign-in. */
export function makeCompany(server, name, owner) {
  const account = { portal: 'client', company: name, role: 'OWNER', name: owner, email: `${owner.toLowerCase().replace(/\W+/g, '.')}@example.com`, password: crypto.randomBytes(18).toString('base64url') };
  const words = ['tenant', 'create', ...server.place, '--name', name, '--owner-email', account.email, '--owner-name', owner, '--json'];
  account.tenant = JSON.parse(execFileSync(binary, words, { input: account.password })).tenant_id;
  return account;
}

/** Gives a process of one system the keys of another process. */
export function shareKeys(from, system, to) {
  execFileSync(binary, ['federation', 'keys', '--data', from, '--systems', system, '--out', path.join(to, 'federation-keys.json')]);
}

/** Registers a company as a program does, with a token that is good for one. Its owner, who is written to, has no password yet. */
export async function registerCompany(server, name, number) {
  const { sign_up_token: token } = JSON.parse(execFileSync(binary, ['tenant', 'sign-up-token', ...server.place, '--json']));
  const owner = { email: `${number.toLowerCase()}@example.com`, display_name: 'Ada Moreno' };
  const body = { sign_up_token: token, external_customer_id: number, name, industry: 'med-spa', time_zone: 'Europe/London', currency_code: 'GBP', owner };
  const address = `http://127.0.0.1:${server.base + 1}/api/tenant/register`;
  const answer = await fetch(address, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const made = await answer.json();
  if (!answer.ok) throw new Error(`not registered: ${JSON.stringify(made)}`);
  return { portal: 'client', company: name, role: 'OWNER', name: owner.display_name, email: owner.email, tenant: made.tenant_id };
}

/** Puts a company on another plan, as an operator does. */
export function setPlan(server, account, plan) {
  execFileSync(binary, ['tenant', 'plan', ...server.place, '--tenant', account.tenant, '--plan', plan]);
}

/** Customers of a file, brought in from the command line. */
export function importCustomers(server, account, file) {
  execFileSync(binary, ['import', 'customers', ...server.place, '--tenant', account.tenant, '--file', file, '--json']);
}

export const NORTHWIND = path.join(root, 'server/src/demo/northwind-customers.csv');
