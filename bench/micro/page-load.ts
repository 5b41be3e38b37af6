/**
 * How soon the web page is there: for each view, with nothing kept by the browser and again with what it keeps, milliseconds
 * from asking to the first thing painted and to the view's own content, and the bytes that came over the wire.
 * `node bench/micro/page-load.ts http://127.0.0.1:9090` against a server that runs; it needs `chromium`.
 */

import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../../test/support/browser.ts';

const ROUNDS = 9;
const VIEWS: readonly string[] = [
  '/',
  '/graph?g0.expr=up',
  '/logs',
  '/search',
  '/map',
  '/targets',
  '/storage',
];

interface Load {
  readonly paintMs: number;
  readonly viewMs: number;
  readonly bytes: number;
}

/** The view's code has run when what stands for it while it loads is gone. */
async function load(page: Page, address: string): Promise<Load> {
  await page.goto(address, { waitUntil: 'commit' });
  await page.locator('main > :not(.loading)').first().waitFor();
  return page.evaluate<Load>(`(async () => {
    const viewMs = performance.now();
    const paint = () => performance.getEntriesByName('first-contentful-paint')[0];
    while (!paint()) await new Promise((resolve) => setTimeout(resolve, 5));
    const own = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/ui/'));
    const document = performance.getEntriesByType('navigation')[0].transferSize;
    return { paintMs: paint().startTime, viewMs, bytes: own.reduce((sum, one) => sum + one.transferSize, document) };
  })()`);
}

function median(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!);
}

async function measure(browser: Browser, base: string, view: string): Promise<void> {
  const cold: Load[] = [];
  const warm: Load[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const context = await browser.newContext({ baseURL: base });
    const page = await context.newPage();
    cold.push(await load(page, view));
    warm.push(await load(page, view));
    await context.close();
  }
  const shown = (loads: readonly Load[]) =>
    `painted ${median(loads.map((one) => one.paintMs))} ms, view ${median(loads.map((one) => one.viewMs))} ms, ${median(loads.map((one) => one.bytes))} B`;
  console.log(`${view.padEnd(20)} first ${shown(cold)}; again ${shown(warm)}`);
}

const base = process.argv[2] ?? 'http://127.0.0.1:9090';
const browser = await openBrowser();
for (const view of VIEWS) await measure(browser, base, view);
await browser.close();
