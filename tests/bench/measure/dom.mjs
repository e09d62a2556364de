// A person who looks at a customer's page: prints "ready", then each note that comes onto the page and when, as JSON.
// Arguments: the portal's address, the session's token, the page. Ends when its standard input does.

import { launch } from '../../browser/portal.mjs';

const [url, token, address] = process.argv.slice(2);
const browser = await launch();
process.stdin.on('end', () => browser.close()).resume();
const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
// A cookie of this name is set from a secure address alone; the browser sends it to this machine without encryption too.
const secure = url.replace(/^http:/, 'https:');
const cookie = { name: '__Host-sf_client', value: token, url: secure, secure: true, httpOnly: true, sameSite: 'Strict' };
await context.addCookies([cookie]);
const page = await context.newPage();
await page.exposeFunction('report', (line) => process.stdout.write(`${line}\n`));
await page.goto(`${url}${address}`);
await page.getByText('About', { exact: true }).or(page.locator('h1')).first().waitFor();
await page.waitForFunction(() => !document.querySelector('main .skeleton'));
await page.evaluate(() => {
  // The page shows older notes beside the newest one, in its timeline.
  let newest = 0;
  const look = () => {
    const numbers = [...document.querySelector('main').innerText.matchAll(/Watched at version (\d+)/g)].map((found) => Number(found[1]));
    const number = Math.max(newest, ...numbers);
    if (number === newest) return;
    newest = number;
    globalThis.report(JSON.stringify({ note: `Watched at version ${number}`, at: performance.timeOrigin + performance.now() }));
  };
  new MutationObserver(look).observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true, attributes: true });
});
process.stdout.write('"ready"\n');
