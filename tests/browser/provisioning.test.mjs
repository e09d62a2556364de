// Two processes, of which one can't be reached by the other for a while: a company on its way waits in the provider portal, is tried
// again from there, and arrives.

import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { enterPortal, holdsInEachLook, launch, listening } from './portal.mjs';
import { freeBase, freshFolder, registerCompany, shareKeys, startServer } from './server.mjs';

let clients;
let provider;
let browser;
let way;
let back;
/** Whether what comes to the ways between them gets through, to the provider's system and to the clients'. */
let isOpen = false;
let isAnswering = true;
/** Calls to the clients' system. */
const asked = new Set();

/** A way to a port. What it carries is put among `sockets`. */
function wayTo(port, isThrough, sockets = new Set()) {
  return net.createServer((from) => {
    if (!isThrough()) {
      from.destroy();
      return;
    }
    sockets.add(from);
    const to = net.connect(port, '127.0.0.1');
    for (const [one, other] of [[from, to], [to, from]]) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  });
}

before(async () => {
  const bases = [await freeBase(), await freeBase()];
  const [here, there] = [freshFolder(), freshFolder()];
  way = wayTo(bases[1] + 10, () => isOpen);
  back = wayTo(bases[0] + 10, () => isAnswering, asked);
  for (const server of [way, back]) await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  shareKeys(there, 'client', here);
  const url = (port) => `http://127.0.0.1:${port}`;
  const [toProvider, toClients] = [way, back].map((server) => url(server.address().port));
  clients = await startServer({ demo: false, systems: 'client', base: bases[0], data: here, settings: { STREAMFLOW_FEDERATION_URLS__PROVIDER: toProvider } });
  provider = await startServer({ demo: false, systems: 'provider', base: bases[1], data: there, settings: { STREAMFLOW_FEDERATION_URLS__CLIENT: toClients } });
  await listening(clients.url('client'));
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await clients?.stop();
  await provider?.stop();
  way?.close();
  back?.close();
});

test('the overview is there without the companies’ own system, and says since when that does not answer', async () => {
  const window = await enterPortal(browser, provider, 'provider');
  const { page, problems } = window;
  await page.goto(`${provider.url('provider')}/provider/overview`);
  const [usage, systems] = ['Usage', 'Systems'].map((name) => page.getByRole('region', { name }));
  await usage.getByText('New customers', { exact: true }).waitFor();
  const line = systems.getByRole('listitem').filter({ hasText: 'Client' });
  await line.getByText('Answers', { exact: true }).waitFor();
  await systems.getByRole('listitem').filter({ hasText: 'Dev' }).getByText('No way to it', { exact: true }).waitFor();
  isAnswering = false;
  for (const socket of asked) socket.destroy();
  await page.reload();
  await usage.getByText(/can’t be reached\. It last answered/).waitFor();
  await line.getByText('Down', { exact: true }).waitFor();
  await line.getByText(/^Down since \d/).waitFor();
  await systems.getByText('1 down', { exact: true }).waitFor();
  await page.getByRole('heading', { name: 'Sign-ups by day' }).waitFor();
  await holdsInEachLook(page, 'overview while the companies’ own system is away');
  isAnswering = true;
  await page.reload();
  await line.getByText('Answers', { exact: true }).waitFor();
  await usage.getByText('New customers', { exact: true }).waitFor();
  assert.deepEqual(problems, []);
  await window.close();
});

test('a company that can’t be told of waits, is tried again when somebody asks, and arrives once the way is open', async () => {
  const window = await enterPortal(browser, provider, 'provider');
  const { page, problems } = window;
  await page.goto(`${provider.url('provider')}/provider/provisioning`);
  await page.getByText('No registrations yet').waitFor();
  await registerCompany(clients, 'Kestrel Med Spa', 'K-3001');
  const row = page.getByRole('row', { name: /Kestrel Med Spa/ });
  await row.getByText('Failing').waitFor();
  await row.getByText('Owner written to').waitFor();
  await holdsInEachLook(page, 'provisioning with one that waits');
  await row.getByRole('button', { name: 'Retry now Kestrel Med Spa' }).click();
  await page.getByText(/^It is (tried now|being tried already)$/).first().waitFor();
  await row.getByRole('button', { name: 'Retry now Kestrel Med Spa' }).waitFor();
  isOpen = true;
  await row.getByText('Done').waitFor();
  await row.getByText('Known here').waitFor();
  assert.equal(await row.getByRole('button').count(), 0);
  await row.getByRole('link', { name: 'Kestrel Med Spa' }).click();
  await page.getByText(/^Link handshake done/).waitFor();
  await page.goBack();
  await page.getByRole('group', { name: 'State' }).getByRole('button', { name: 'Failing' }).click();
  await page.getByText('None of these').waitFor();
  assert.deepEqual(problems, []);
  await window.close();
});
