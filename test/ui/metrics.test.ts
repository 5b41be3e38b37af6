/** The metrics view in a real browser: queries as graphs, tables and trees, Prometheus' links, completion, jumps. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import {
  assertAccessible,
  keepScreenshot,
  openBrowser,
  openPage,
  PHONE,
  skipWithoutBrowser,
} from '../support/browser.ts';
import { eventually } from '../support/poll.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';
import { pushShop, TRACE_ID } from './metrics/shop.ts';

const RATES = 'sum by (code, instance) (rate(http_requests_total[5m]))';

function address(
  panels: readonly Readonly<Record<string, string>>[],
  more: Record<string, string> = {},
): string {
  const params = new URLSearchParams(more);
  for (const [i, panel] of panels.entries())
    for (const [name, value] of Object.entries(panel)) params.set(`g${i}.${name}`, value);
  return `/graph?${params}`;
}

const editor = (page: Page, n = 1) => page.getByRole('combobox', { name: `PromQL query ${n}` });

async function assertFits(page: Page): Promise<void> {
  const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
  assert.ok(overflow <= 0, `${overflow} px wider than the screen`);
}

describe('the metrics view', { skip: skipWithoutBrowser, timeout: 290_000 }, () => {
  let own: TemporaryServer;
  let browser: Browser;

  before(async () => {
    own = await temporaryServer();
    await pushShop(own.server.base, Date.now());
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await own?.dispose();
  });
  const open = (options = {}) => openPage(browser, own.server.base, options);

  test('begins with the metrics that there are, and asks for one in a way that makes sense', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto('/graph');
    await page.getByRole('button', { name: 'http_requests_total' }).waitFor();
    await assertAccessible(page);
    await page.getByLabel('Search metrics').fill('checkout');
    await page.getByRole('button', { name: 'http_requests_total' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'checkout_seconds_bucket' }).click();
    await page.getByRole('img', { name: /^Graph of histogram_quantile/ }).waitFor();
    const { searchParams } = new URL(page.url());
    assert.equal(
      searchParams.get('g0.expr'),
      'histogram_quantile(0.95, sum by (le) (rate(checkout_seconds_bucket[5m])))',
    );
    await page.goBack();
    await page.getByLabel('Search metrics').waitFor();
    await page.getByRole('button', { name: 'History' }).click();
    await page.getByRole('button', { name: /^histogram_quantile/ }).waitFor();
    assertQuiet();
    await close();
  });

  test('draws lines, shows one alone, and changes its ways by the address', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto(address([{ expr: RATES, tab: '0' }]));
    await page.getByText(/6 series · step \d+s/).waitFor();
    const entry = page.getByRole('button', { name: /^\{code="200", instance="cart-0"\}/ });
    await entry.hover();
    await keepScreenshot(page, 'metrics-graph');
    await assertAccessible(page);
    await entry.click();
    await page.getByRole('button', { name: 'Show all 6' }).click();
    await page.getByRole('button', { name: 'Stacked' }).click();
    await page.waitForURL(/g0\.display_mode=stacked/);
    await page.getByRole('combobox', { name: /^Step/ }).selectOption('fixed');
    await page.getByLabel('Width of a step').fill('2m');
    await page.keyboard.press('Enter');
    await page.getByText('step 2m').waitFor();
    assert.equal(new URL(page.url()).searchParams.get('g0.res_step'), '120');
    await page.reload();
    await page.getByText('step 2m').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Stacked' }).getAttribute('aria-pressed'), 'true');
    assertQuiet();
    await close();
  });

  test('zooms into what is drawn on the graph', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto(address([{ expr: 'memory_bytes', tab: 'graph' }]));
    await page.getByText('1 series').waitFor();
    const box = (await page.locator('.graph .u-over').boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.25, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/from=\d+&to=\d+/);
    const { searchParams } = new URL(page.url());
    const widthMs = Number(searchParams.get('to')) - Number(searchParams.get('from'));
    assert.ok(Math.abs(widthMs - 900_000) < 60_000, `${widthMs} ms`);
    assertQuiet();
    await close();
  });

  test('opens a link of an alert as a table, which is sorted and has columns', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto('/graph?g0.expr=http_requests_total&g0.tab=1');
    await page.getByText('6 series').waitFor();
    const first = page.locator('.results tbody tr').first();
    await page.getByRole('button', { name: 'Value' }).click();
    await page
      .getByRole('columnheader', { name: 'Value' })
      .and(page.locator('[aria-sort=descending]'))
      .waitFor();
    assert.match((await first.textContent())!, /code="200"/);
    await page.getByRole('button', { name: 'Value' }).click();
    await page.locator('[aria-sort=ascending]').waitFor();
    assert.match((await first.textContent())!, /code="500"/);
    await page.getByLabel('Labels as columns').check();
    await page.getByRole('columnheader', { name: 'instance' }).waitFor();
    assert.match(page.url(), /g0\.columns=1/);
    await keepScreenshot(page, 'metrics-table');
    await assertAccessible(page);
    assertQuiet();
    await close();
  });

  test("takes the range of Prometheus' bookmarks", async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto('/graph?g0.expr=up&g0.tab=0&g0.range_input=2h&g0.end_input=2026-01-01+12%3A00%3A00');
    await page.waitForURL(/from=1767261600000&to=1767268800000/);
    await page.getByRole('button', { name: /2026.* – .*2026/ }).waitFor();
    assert.doesNotMatch(page.url(), /range_input/);
    await page.goto('/graph?g0.expr=vector(42)&g0.tab=table&g0.range_input=3h&g1.expr=%22words%22&g1.tab=1');
    await page.getByRole('button', { name: 'Last 3h' }).waitFor();
    await page.getByRole('cell', { name: '42' }).waitFor();
    await page.locator('.single-value', { hasText: 'words' }).waitFor();
    assertQuiet();
    await close();
  });

  test('keeps several panels: added, duplicated, collapsed, removed', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto(address([{ expr: 'memory_bytes', tab: 'table' }], { from: 'now-30m' }));
    await page.getByRole('button', { name: 'Duplicate' }).click();
    await page.waitForURL(/g1\.expr=memory_bytes/);
    await page.getByRole('button', { name: 'Add panel' }).click();
    await editor(page, 3).click();
    await page.keyboard.type('1 + 1');
    await page.keyboard.press('Enter');
    await page.waitForURL(/g2\.expr=1/);
    const second = page.getByRole('region', { name: 'Panel 2' });
    await second.getByRole('button', { name: 'Collapse' }).click();
    await second.getByRole('button', { name: 'Expand' }).waitFor();
    assert.equal(await second.getByRole('tab').count(), 0);
    await second.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('region', { name: 'Panel 3' }).waitFor({ state: 'detached' });
    await eventually(async () => assert.equal(await page.locator('textarea').nth(1).inputValue(), '1 + 1'));
    assert.match(page.url(), /from=now-30m/);
    assertQuiet();
    await close();
  });

  test('completes metrics, labels and values as one types, and runs on Enter', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto('/graph');
    await page.getByRole('button', { name: 'http_requests_total' }).waitFor();
    await page.keyboard.press('e');
    await page.keyboard.type('sum(http_req');
    await page.getByRole('option', { name: /http_requests_total.*counter/ }).click();
    await page.keyboard.type('{co');
    await page.getByRole('option', { name: 'code' }).click();
    await page.keyboard.type('5');
    await page.getByRole('option', { name: '500' }).click();
    assert.equal(await editor(page).inputValue(), 'sum(http_requests_total{code="500"})');
    await page.keyboard.press('Enter');
    await page.getByText('1 series').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('2');
    await page.getByRole('columnheader', { name: 'Value' }).waitFor();
    await page.keyboard.press('3');
    await page.getByText('aggregation').waitFor();
    await assertAccessible(page);
    assertQuiet();
    await close();
  });

  test('formats a query, and marks where one cannot be read', async () => {
    const { page, assertQuiet, forgetFaults, close } = await open();
    await page.goto(address([{ expr: 'sum(memory_bytes)by(job)', tab: 'table' }]));
    await page.getByText('1 series').waitFor();
    await page.getByRole('button', { name: 'Format' }).click();
    await eventually(async () =>
      assert.equal(await page.locator('textarea').first().inputValue(), 'sum by (job) (memory_bytes)'),
    );
    assertQuiet();
    await page.goto(address([{ expr: 'sum(rate(up[5m]) by (job)', tab: '0' }]));
    await page.getByRole('alert').getByText('unexpected <by>').waitFor();
    assert.equal(await page.locator('.query-line mark').textContent(), 'by');
    await assertAccessible(page);
    forgetFaults();
    await close();
  });

  test('shows what the server says where it fails, and its warnings where it does not', async () => {
    const { page, assertQuiet, forgetFaults, close } = await open();
    await page.goto(address([{ expr: 'rate(memory_bytes[5m])', tab: '0' }]));
    await page.getByText('might not be a counter').waitFor();
    assertQuiet();
    await page.route('**/api/v1/query_range*', (route) =>
      route.fulfill({
        status: 503,
        json: { status: 'error', errorType: 'timeout', error: 'query timed out' },
      }),
    );
    await page.keyboard.press('r');
    await page.getByRole('alert').getByText('query timed out').waitFor();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.keyboard.press('r');
    await page.getByText('1 series').waitFor();
    forgetFaults();
    await close();
  });

  test('says what to do where there is nothing', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto(address([{ expr: 'nothing_of_that_name', tab: '1' }]));
    await page.getByText('No series').waitFor();
    await page.goto(address([{ expr: 'up', tab: '0' }], { from: '1500000000000', to: '1500003600000' }));
    await page.getByText('No metrics in this range').waitFor();
    await page.getByText(`${own.server.base}/api/v1/write`).waitFor();
    await assertAccessible(page);
    assertQuiet();
    await close();
  });

  test('shows exemplars, which lead to their traces', async () => {
    const { page, assertQuiet, close } = await open();
    const expr =
      'histogram_quantile(0.9, sum by (le) (rate(http_server_request_duration_seconds_bucket[5m])))';
    await page.goto(address([{ expr, tab: '0' }], { from: 'now-15m' }));
    await page.getByLabel('Exemplars').check();
    await page.getByText('1 exemplar', { exact: true }).click();
    await page.getByRole('link', { name: TRACE_ID }).click();
    await page.waitForURL(`**/trace/${TRACE_ID}?span=b7ad6b7169203331`);
    assertQuiet();
    await close();
  });

  test('goes from a series to the logs and traces of its service', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto(address([{ expr: 'sum(rate(http_requests_total{job="shop/cart"}[5m]))', tab: '0' }]));
    await page.getByRole('button', { name: 'Open {}' }).click();
    await page.getByRole('link', { name: 'Traces of cart' }).waitFor();
    await page.getByRole('link', { name: 'Logs of cart' }).click();
    await page.waitForURL(/\/logs\?/);
    assert.equal(new URL(page.url()).searchParams.get('q'), '{service_name="cart"}');
    await page.goBack();
    await page.keyboard.press('2');
    await page.getByRole('button', { name: 'Open {}' }).click();
    await page.getByRole('link', { name: 'Metrics of cart' }).click();
    await page.waitForURL(/traces_spanmetrics_calls_total/);
    await page.getByRole('region', { name: 'Panel 3' }).waitFor();
    assertQuiet();
    await close();
  });

  test('draws histograms as heatmaps, and shows one in a cell', async () => {
    const { page, assertQuiet, close } = await open({ theme: 'dark' });
    const classic = 'sum by (le) (rate(checkout_seconds_bucket[5m]))';
    await page.goto(
      address([
        { expr: 'rate(payload_size[5m])', tab: '0' },
        { expr: classic, tab: '0', display_mode: 'heatmap' },
        { expr: 'payload_size', tab: '1' },
      ]),
    );
    await page.getByRole('img', { name: 'Heatmap of rate(payload_size[5m])' }).hover();
    await page.getByText(/ in .* … .* at /).waitFor();
    await page.getByRole('img', { name: `Heatmap of ${classic}` }).waitFor();
    await page.getByRole('img', { name: '5 buckets' }).click();
    await page.getByRole('cell', { name: '(0.5, 1]' }).waitFor();
    await page.evaluate('scrollTo(0, 0)');
    await keepScreenshot(page, 'metrics-heatmap-dark');
    await assertAccessible(page);
    assertQuiet();
    await close();
  });

  for (const theme of ['light', 'dark'] as const) {
    test(`fits a phone, ${theme}`, async () => {
      const { page, assertQuiet, close } = await open({ theme, size: PHONE });
      await page.goto('/graph');
      await page.getByRole('button', { name: 'http_requests_total' }).waitFor();
      await assertFits(page);
      await page.goto(
        address([
          { expr: RATES, tab: '0' },
          { expr: 'http_requests_total', tab: '1', columns: '1' },
        ]),
      );
      await page.getByRole('columnheader', { name: 'instance' }).waitFor();
      await page.getByText(/6 series · step/).waitFor();
      await assertFits(page);
      await assertAccessible(page);
      if (theme === 'dark') await keepScreenshot(page, 'metrics-phone-dark');
      assertQuiet();
      await close();
    });
  }
});
