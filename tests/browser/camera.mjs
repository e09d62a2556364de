// Takes pictures of pages into target/shots, each in every look.

import fs from 'node:fs';
import path from 'node:path';
import { SIZES, open, settled } from './portal.mjs';

const OUT = path.resolve('target/shots');
/** Longer pages are cut here. */
const LONGEST = 6000;

/** What a page asks the server for. What its frame needs is always answered: who is signed in, and the fields of the company. */
const CALL = /Service\/(?!Me$|ListCustomFields$)/;

/** Makes `shoot`, which takes the pictures whose names match `only`; `failed` says which could not be taken, and why. */
export function makeCamera(browser, only) {
  const failed = [];
  const wants = (...names) => names.some((name) => only.test(name));

  /**
   * Pages by name and address, each in every look, for whoever `state` is signed in as. An address with `act` is pictured after
   * that was done; one with `answer` gets no other answer to its calls, and with `answer: null` none at all.
   */
  async function shoot(pages, state) {
    const wanted = Object.entries(pages).filter(([name]) => wants(name));
    if (wanted.length === 0) return;
    for (const size of Object.keys(SIZES)) {
      for (const theme of ['light', 'dark']) {
        const { context, page } = await open(browser, { size, theme, state, density: size === 'phone' ? 2 : 1 });
        page.setDefaultTimeout(10_000);
        for (const [name, what] of wanted) {
          const { at, act, answer, on = size } = typeof what === 'string' ? { at: what } : what;
          if (on !== size) continue;
          const file = path.join(OUT, `${name}.${size}.${theme}.png`);
          try {
            if (answer !== undefined) await page.route(CALL, (route) => (answer ? route.fulfill(answer) : undefined));
            await page.goto(at);
            if (answer === undefined) await unhurried(page);
            if (act) await act(page, size);
            fs.mkdirSync(path.dirname(file), { recursive: true });
            await take(page, file, SIZES[size]);
          } catch (error) {
            // The other pictures are worth having all the same.
            failed.push(`${name}.${size}.${theme}: ${error.message.split('\n')[0]}`);
          }
          await page.unrouteAll({ behavior: 'ignoreErrors' });
          await context.setOffline(false);
        }
        await context.close();
      }
    }
  }

  /** A page as it stands, in every look, where coming anew would show something else. */
  async function still(name, page) {
    if (!wants(name)) return;
    for (const size of Object.keys(SIZES)) {
      for (const theme of ['light', 'dark']) {
        const file = path.join(OUT, `${name}.${size}.${theme}.png`);
        fs.mkdirSync(path.dirname(file), { recursive: true });
        await page.setViewportSize(SIZES[size]);
        await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
        await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
        await take(page, file, SIZES[size]);
      }
    }
    await page.setViewportSize(SIZES.desktop);
  }

  return { shoot, still, wants, failed };
}

/** Nothing is loading any more. A page that asks sooner than a portal lets it, as no person does, asks again by itself. */
async function unhurried(page) {
  await settled(page);
  while (await page.locator('.fault').getByText(/Too many requests/i).first().isVisible()) {
    await page.locator('.fault').first().waitFor({ state: 'detached' });
    await settled(page);
  }
}

/** The window as it is, and the whole page where that is longer. */
async function take(page, file, size) {
  await page.screenshot({ path: file });
  console.log(path.relative(process.cwd(), file));
  let { height } = size;
  let before = Infinity;
  let hidden = await page.evaluate(beyondTheWindow);
  // A sheet takes a part of the window, so it is not whole at once.
  while (hidden > 0 && hidden < before && height < LONGEST) {
    height = Math.min(height + hidden, LONGEST);
    await page.setViewportSize({ ...size, height });
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    before = hidden;
    hidden = await page.evaluate(beyondTheWindow);
  }
  if (height === size.height) return;
  await page.screenshot({ path: file.replace(/png$/, 'whole.png') });
  await page.setViewportSize(size);
}

/** Pages and dialogs scroll inside of the window, so a picture of the document shows no more of them. Lists have no end worth seeing. */
function beyondTheWindow() {
  const places = [document.documentElement, ...document.querySelectorAll('main, dialog[open], dialog[open] *, .app-panel')];
  const scrolling = places.filter((place) => place === document.documentElement || /auto|scroll/.test(getComputedStyle(place).overflowY));
  return Math.max(0, ...scrolling.map((place) => (place.clientHeight > 0 ? place.scrollHeight - place.clientHeight : 0)).filter((more) => more > 8));
}

export async function waiting(page) {
  await page.locator('.app main .skeleton').locator('visible=true').first().waitFor();
  // The first one stands for the page itself, which brings those of its parts.
  await page.waitForTimeout(1000);
}

export const failing = (page) => page.locator('main').getByRole('button', { name: /^(Try|Retry)/ }).first().waitFor();

export const named = (names, base, prefix, suffix = '') =>
  Object.fromEntries(names.map((name) => [`${prefix}/${name.replace('/', '-')}${suffix}`, `${base}/${name}`]));

export const press = (name) => async (page) => {
  await page.getByRole('button', { name }).first().click();
  await page.locator('dialog[open], .pop-panel').first().waitFor();
};

export const choose = (button, item) => async (page) => {
  await page.getByRole('button', { name: button }).first().click();
  await page.getByRole('menuitem', { name: item }).click();
  await page.locator('dialog[open]').waitFor();
};
