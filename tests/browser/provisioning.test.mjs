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
/** Whether what comes to the way between them gets through. */
let isOpen = false;

before(async () => {
  const bases = [await freeBase(), await freeBase()];
  const [here, there] = [freshFolder(), freshFolder()];
  way = net.createServer((from) => {
    if (!isOpen) {
      from.destroy();
      return;
    }
    const to = net.connect(bases[1] + 10, '127.0.0.1');
    for (const [one, other] of [[from, to], [to, from]]) {
      one.on('error', () => other.destroy());
      one.pipe(other);
    }
  });
  await new Promise((ready) => way.listen(0, '127.0.0.1', ready));
  shareKeys(there, 'client', here);
  const url = (port) => `http://127.0.0.1:${port}`;
  const [toProvider, toClients] = [url(way.address().port), url(bases[0] + 10)];
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
