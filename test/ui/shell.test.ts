/** The frame of the web page in a real browser: every view opens at its paths, keys, themes, the box that finds things. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { assertAccessible, openBrowser, openPage, PHONE, skipWithoutBrowser } from '../support/browser.ts';
import { eventually } from '../support/poll.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';

/** What a visitor has to load at most, all views together. */
const BUNDLE_MAX_BYTES = 200_000;
const BUILT = path.join(import.meta.dirname, '../../dist/ui');

const VIEWS: readonly (readonly [path: string, title: string])[] = [
  ['/', 'Home'],
  ['/graph', 'Metrics'],
  ['/query', 'Metrics'],
  ['/logs', 'Logs'],
  ['/search', 'Traces'],
  ['/trace/0af7651916cd43dd8448eb211c80319c', 'Trace'],
  ['/map', 'Services'],
  ['/dependencies', 'Services'],
  ['/targets', 'Targets'],
  ['/service-discovery', 'Targets'],
  ['/rules', 'Rules'],
  ['/alerts', 'Alerts'],
  ['/alerts/groups', 'Alerts'],
  ['/alerts/silences', 'Alerts'],
  ['/alerts/route', 'Alerts'],
  ['/alerts/notifications', 'Alerts'],
  ['/storage', 'Storage'],
  ['/doctor', 'Doctor'],
  ['/tsdb-status', 'Storage'],
  ['/config', 'Configuration'],
  ['/flags', 'Configuration'],
];

test('the whole page is small', () => {
  const files = readdirSync(BUILT).filter((name) => /\.(js|css)$/.test(name));
  assert.ok(files.length > 5, 'there is a build');
  const sizes = files.map((name) => gzipSync(readFileSync(path.join(BUILT, name)), { level: 9 }).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  assert.ok(total <= BUNDLE_MAX_BYTES, `${total} bytes gzipped`);
});

describe('the page', { skip: skipWithoutBrowser, timeout: 200_000 }, () => {
  let own: TemporaryServer;
  let browser: Browser;

  before(async () => {
    own = await temporaryServer();
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await own?.dispose();
  });

  test('opens every view at its paths, in silence', async () => {
    const { page, assertQuiet, forgetFaults, close } = await openPage(browser, own.server.base);
    for (const [address, title] of VIEWS) {
      await page.goto(address);
      await eventually(async () => assert.equal(await page.title(), `${title} · Trilite`));
      await page.locator('main :not(.loading)').first().waitFor();
      // The browser itself notes that a trace is not there.
      if (address.startsWith('/trace/')) forgetFaults();
      assertQuiet();
    }
    await close();
  });

  test('works behind a prefix: nothing is asked for outside of it', async () => {
    const { page, close } = await openPage(browser, own.server.base);
    const paths: string[] = [];
    await page.route('**/*', async (route) => {
      const url = new URL(route.request().url());
      paths.push(url.pathname);
      url.pathname = url.pathname.replace(/^\/behind/, '');
      await route.fulfill({ response: await route.fetch({ url: url.href }) });
    });
    await page.goto('/behind/trace/0af7651916cd43dd8448eb211c80319c');
    await page.getByRole('navigation').getByRole('link', { name: 'Metrics' }).click();
    await page.waitForURL('**/behind/graph');
    assert.deepEqual(
      paths.filter((asked) => !asked.startsWith('/behind/')),
      [],
    );
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await close();
  });

  test('goes from view to view by keys, and back', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.goto('/?from=now-3h');
    await page.getByRole('navigation').getByRole('link', { name: 'Metrics' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('l');
    await page.waitForURL('**/logs?from=now-3h');
    await page.goBack();
    await eventually(async () => assert.equal(await page.title(), 'Home · Trilite'));
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor({ state: 'detached' });
    assertQuiet();
    await close();
  });

  test('finds the trace that a pasted text names', async () => {
    const { page, close } = await openPage(browser, own.server.base);
    await page.goto('/');
    await page.getByRole('navigation').getByRole('link', { name: 'Metrics' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/trace/0af7651916cd43dd8448eb211c80319c?span=b7ad6b7169203331');
    await close();
  });

  test('takes another range of time, and says what is wrong with one', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.goto('/graph');
    await page.getByRole('button', { name: 'Last 1h' }).click();
    await page.getByLabel('From').fill('yesterday-ish');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('is no time').waitFor();
    await page.getByLabel('From').fill('now-2h');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByRole('button', { name: 'Last 2h' }).waitFor();
    assert.match(page.url(), /from=now-2h&to=now/);
    assertQuiet();
    await close();
  });

  for (const theme of ['light', 'dark'] as const) {
    test(`has no serious fault for those who see little, ${theme}, on a phone`, async () => {
      const { page, assertQuiet, close } = await openPage(browser, own.server.base, { theme, size: PHONE });
      await page.goto('/');
      await page.locator('main :not(.loading)').first().waitFor();
      await assertAccessible(page);
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - window.innerWidth',
      );
      assert.ok(overflow <= 0, `${overflow} px wider than the screen`);
      assertQuiet();
      await close();
    });
  }
});
