/** From traces to their lines, from lines to their traces, from a trace to the metrics of its resources, in a real browser. */

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
} from '../support/browser.ts';
import { SLOW, sendJoinedSignals } from '../support/joined-signals.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';

const at = (path: string, params: Readonly<Record<string, string>>) =>
  `${path}?${new URLSearchParams({ from: 'now-1h', to: 'now', ...params })}`;

describe('the page, across signals', { skip: skipWithoutBrowser, timeout: 200_000 }, () => {
  let own: TemporaryServer;
  let browser: Browser;

  before(async () => {
    own = await temporaryServer();
    browser = await openBrowser();
    await sendJoinedSignals(own.server.base, Date.now());
  });
  after(async () => {
    await browser?.close();
    await own?.dispose();
  });

  test('goes from a search to the lines of its traces, and narrows them', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.goto(at('/search', { q: '{ duration > 2s }' }));
    await page.getByRole('link', { name: 'Lines of these traces' }).click();
    await page.getByText('2 lines of 1 trace').waitFor();
    assert.equal(await page.locator('.log-row').count(), 2);
    assert.match(page.url(), /traceql=/);
    await page.getByLabel('LogQL query').fill('{} |= "refused"');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('1 line of 1 trace').waitFor();
    await page.reload();
    await page.getByText('1 line of 1 trace').waitFor();
    await keepScreenshot(page, 'across-lines');
    await assertAccessible(page);
    await page.getByRole('link', { name: 'These traces' }).waitFor();
    await page.getByRole('button', { name: 'All lines' }).click();
    await page.getByText('Lines of the traces').waitFor({ state: 'detached' });
    assertQuiet();
    await close();
  });

  test('counts lines of traces', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    const q = 'sum(count_over_time({service_name="checkout"}[10m]))';
    await page.goto(at('/logs', { traceql: '{ duration > 2s }', q }));
    await page.locator('.logs-series tbody tr').first().waitFor();
    assert.match((await page.locator('.logs-series tbody tr').first().innerText()) ?? '', /\b2\b/);
    assertQuiet();
    await close();
  });

  test('goes from lines to the traces that they name', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.goto(at('/logs', { q: '{service_name="checkout"} |= "refused"' }));
    await page.getByRole('link', { name: 'Traces of these lines' }).click();
    await page.getByRole('heading', { name: '1 trace' }).waitFor();
    assert.equal(await page.locator(`a.found-main[href$="/trace/${SLOW}"]`).count(), 1);
    await assertAccessible(page);
    await page.getByRole('button', { name: 'All traces' }).click();
    await page.getByRole('heading', { name: '2 traces' }).waitFor();
    assertQuiet();
    await close();
  });

  test('shows the metrics of a trace, and what they were found by', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.goto(`/trace/${SLOW}`);
    await page.getByRole('button', { name: 'Metrics' }).click();
    await page.getByRole('link', { name: 'queue_length' }).waitFor();
    assert.equal(await page.locator('.resource-graphs .graph').count(), 3);
    await page.locator('.resource-graphs .u-over').nth(2).waitFor();
    await page.getByRole('link', { name: '{instance="checkout-1"}', exact: true }).waitFor();
    await keepScreenshot(page, 'trace-metrics');
    await assertAccessible(page);
    await page.getByRole('link', { name: 'queue_length' }).click();
    await page.waitForURL(/\/graph/);
    await page.locator('.graph .u-over').first().waitFor();
    assertQuiet();
    await close();
  });

  test('says why there is nothing, and what went wrong', async () => {
    const { page, assertQuiet, forgetFaults, close } = await openPage(browser, own.server.base);
    await page.goto(at('/logs', { traceql: '{ duration > 1h }' }));
    await page.getByText('No trace fits').waitFor();
    await page.goto(at('/logs', { traceql: '{}', q: '{} |= "nowhere"' }));
    await page.getByText('No line names one of these traces').waitFor();
    await page.goto(at('/search', { logql: '{service_name="checkout"} |= "nobody asked"' }));
    await page.getByText('These lines name no trace that is here').waitFor();
    assertQuiet();
    await page.goto(at('/logs', { traceql: '{ what' }));
    await page.getByText('The question did not work').waitFor();
    forgetFaults();
    await page.route('**/api/v1/trilite/metrics*', (route) =>
      route.fulfill({ status: 503, body: 'too busy' }),
    );
    await page.goto(`/trace/${SLOW}?tab=metrics`);
    await page.getByText('too busy').waitFor();
    forgetFaults();
    await close();
  });

  for (const theme of ['light', 'dark'] as const) {
    test(`fits a phone, ${theme}`, async () => {
      const { page, assertQuiet, close } = await openPage(browser, own.server.base, { size: PHONE, theme });
      const views = [
        [at('/logs', { traceql: '{ duration > 2s }' }), '2 lines of 1 trace'],
        [at('/search', { logql: '{service_name="checkout"}' }), 'Traces of the lines'],
        [`/trace/${SLOW}?tab=metrics`, 'queue_length'],
      ] as const;
      for (const [path, text] of views) {
        await page.goto(path);
        await page.getByText(text).first().waitFor();
        const wide = await page.evaluate<boolean>(
          'document.documentElement.scrollWidth > document.documentElement.clientWidth',
        );
        assert.ok(!wide, `${path} is wider than the screen`);
        await assertAccessible(page);
      }
      if (theme === 'dark') await keepScreenshot(page, 'trace-metrics-phone-dark');
      assertQuiet();
      await close();
    });
  }
});
