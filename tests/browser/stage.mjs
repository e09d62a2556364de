// What the tests of a file play on: a server and a browser, there before the first of them and gone after the last.

import { after, before } from 'node:test';
import { launch } from './portal.mjs';
import { startServer } from './server.mjs';

// Whoever imports these sees what is there now. Each file of tests is a process of its own.
export let server;
export let browser;

/** For the whole file, or for the `describe` it is called in. `prepare` runs when both are there. */
export function stage(options, prepare) {
  before(async () => {
    const launched = launch();
    try {
      server = await startServer(options);
    } finally {
      browser = await launched;
    }
    await prepare?.();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    [server, browser] = [];
  });
}
