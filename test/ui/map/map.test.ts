/** The service map in a real browser: picture, table, the panel of a service, filter, where it is made of dependencies. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import {
  assertAccessible,
  keepScreenshot,
  openBrowser,
  openPage,
  PHONE,
  skipWithoutBrowser,
} from '../../support/browser.ts';
import { promInstant } from '../../support/http-api.ts';
import { sendSpans } from '../../support/otlp-spans.ts';
import { eventually } from '../../support/poll.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { shopTrace } from '../traces/shop.ts';

const WAIT_S = 1;
const CONFIG = `scrape_configs: []\nmetrics_generator: { processor: { service_graphs: { wait: ${WAIT_S}s } } }\n`;

describe('the service map', { skip: skipWithoutBrowser, timeout: 240_000 }, () => {
  let own: TemporaryServer;
  let browser: Browser;

  before(async () => {
    own = await temporaryServer(CONFIG);
    const { base } = own.server;
    for (let n = 0; n < 20; n++) await sendSpans(base, shopTrace(n, Date.now() - 3000));
    // Halves that nobody joins are told apart when their wait is over.
    await eventually(async () => {
      const found = await promInstant(base, 'traces_service_graph_request_total{server="bank"}');
      assert.equal(found.length, 1);
    }, 40_000);
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await own?.dispose();
  });
  const open = (options = {}) => openPage(browser, own.server.base, options);

  test('shows who calls whom, and what is a database or not instrumented', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto('/map?from=now-5m&to=now');
    await page.getByRole('button', { name: /^cart, service, .* 20% failed/ }).waitFor();
    await page.getByRole('button', { name: /^orders, database/ }).waitFor();
    await page.getByRole('button', { name: /^bank, not instrumented/ }).waitFor();
    await page.getByRole('button', { name: /^user, not instrumented/ }).waitFor();
    assert.equal(await page.locator('.map-line.is-messaging').count(), 1);
    const x = async (name: string) =>
      (await page.getByRole('button', { name: new RegExp(`^${name},`) }).boundingBox())!.x;
    assert.ok((await x('user')) < (await x('web')));
    assert.ok((await x('web')) < (await x('cart')));
    const row = page.getByRole('row', { name: /^cart/ });
    assert.match(await row.innerText(), /service.*20%.*mail|orders|payment/s);
    await assertAccessible(page);
    assertQuiet();
    await close();
  });

  test('tells of one service in a panel, by mouse and by keys', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto('/dependencies?from=now-5m&to=now');
    await page.getByRole('button', { name: /^payment,/ }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**service=payment');
    const panel = page.getByRole('complementary', { name: 'Service' });
    await panel.getByRole('link', { name: 'charge' }).waitFor();
    await panel.getByRole('link', { name: 'Metrics' }).waitFor();
    const traces = await panel.getByRole('link', { name: 'Failed traces' }).getAttribute('href');
    assert.match(
      decodeURIComponent(traces!.replaceAll('+', ' ')),
      /resource\.service\.name = "payment" && status = error/,
    );
    await panel.getByRole('button', { name: 'cart' }).click();
    await page.waitForURL('**service=cart');
    await panel.getByText('messages').waitFor();
    await panel.locator('.graph canvas').first().waitFor();
    await assertAccessible(page);
    await keepScreenshot(page, 'map');
    await panel.getByRole('button', { name: 'bank' }).waitFor({ state: 'detached' });
    await page.keyboard.press('x');
    await panel.waitFor({ state: 'detached' });
    assertQuiet();
    await close();
  });

  test('shows a part of itself', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto('/map?from=now-5m&to=now');
    await page.getByLabel('Filter services').fill('bank');
    await page.waitForURL('**filter=bank');
    await page.getByRole('button', { name: /^cart,/ }).waitFor({ state: 'detached' });
    assert.equal(await page.locator('.map-card').count(), 2);
    await page.getByLabel('Filter services').fill('nobody');
    await page.getByText('No service fits the filter').waitFor();
    assertQuiet();
    await close();
  });

  test('is counted from spans where there are no metrics', async () => {
    const without = await temporaryServer(undefined, ['--metrics-generator', 'false']);
    await sendSpans(without.server.base, shopTrace(1, Date.now() - 3000));
    const { page, assertQuiet, close } = await openPage(browser, without.server.base);
    await page.goto('/map');
    await page.getByText('Counted from spans').waitFor();
    await page.getByRole('button', { name: /^payment, service/ }).waitFor();
    assertQuiet();
    await close();
    await without.dispose();
  });

  test('says what the server says', async () => {
    const { page, close } = await open();
    await page.route('**/api/v1/query?*', (route) =>
      route.fulfill({
        status: 503,
        json: { status: 'error', errorType: 'timeout', error: 'too much at once' },
      }),
    );
    await page.goto('/map');
    await page.getByText('too much at once').waitFor();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await close();
  });

  for (const theme of ['light', 'dark'] as const) {
    test(`fits a phone, ${theme}`, async () => {
      const { page, assertQuiet, close } = await open({ theme, size: PHONE });
      await page.goto('/map?from=now-5m&to=now&service=cart');
      await page.getByRole('complementary', { name: 'Service' }).waitFor();
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - window.innerWidth',
      );
      assert.ok(overflow <= 0, `${overflow} px wider than the screen`);
      await assertAccessible(page);
      assertQuiet();
      if (theme === 'dark') await keepScreenshot(page, 'map-phone-dark');
      await close();
    });
  }
});
