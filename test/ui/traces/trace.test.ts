/** One trace in a real browser: waterfall, keys, finding, zoom, the panel of a span, its logs, odd and very large traces. */

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
} from '../../support/browser.ts';
import { postBody, promInstant } from '../../support/http-api.ts';
import { LOKI_PUSH_HEADERS, lokiPushBody } from '../../support/loki-push.ts';
import { type MadeSpan, sendSpans } from '../../support/otlp-spans.ts';
import { eventually } from '../../support/poll.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { shopTrace } from './shop.ts';

const hex = (n: number) => n.toString(16).padStart(16, '0');
const FAILED = shopTrace(5, Date.now() - 5000);
const FAILED_ID = FAILED[0]!.traceId;
const LARGE_ID = 'b19'.padEnd(32, '0');
const LARGE_COUNT = 10_000;
const ODD_ID = `${'0'.repeat(20)}abcdef123456`;

function large(startMs: number): MadeSpan[] {
  return Array.from({ length: LARGE_COUNT }, (_, i) => ({
    service: `service-${i % 12}`,
    traceId: LARGE_ID,
    id: hex(i + 1),
    ...(i === 0 ? {} : { parent: hex(Math.floor((i - 1) / 4) + 1) }),
    name: `operation ${i}`,
    startMs: startMs + i / 2,
    durationMs: i === 0 ? 6000 : 5 + ((i * 7919) % 300),
  }));
}

function odd(startMs: number): MadeSpan[] {
  const part = (
    id: number,
    parent: number | undefined,
    name: string,
    from: number,
    more: Partial<MadeSpan> = {},
  ): MadeSpan => ({
    service: 'web',
    traceId: ODD_ID,
    id: hex(id),
    ...(parent === undefined ? {} : { parent: hex(parent) }),
    name,
    startMs: startMs + from,
    ...more,
  });
  return [
    part(1, undefined, 'root', 0, {
      durationMs: 300,
      links: [{ traceId: FAILED_ID, spanId: FAILED[2]!.id }],
    }),
    part(2, 1, 'early', -40, { durationMs: 100, service: 'other' }),
    part(3, 99, 'lost', 50, { durationMs: 0 }),
    part(4, 1, 'open', 80),
    part(6, undefined, 'second root', 200, { durationMs: 20 }),
  ];
}

async function sendLogs(base: string): Promise<void> {
  const of = FAILED[5]!;
  const entry = (line: string, more: Record<string, string>) => ({
    ns: BigInt(Math.round(of.startMs + 20)) * 1_000_000n,
    line,
    metadata: more,
  });
  const body = lokiPushBody('{service_name="payment"}', [
    entry('level=error msg="the bank does not answer"', { trace_id: FAILED_ID, span_id: of.id }),
    entry(`retrying trace=${FAILED_ID}`, {}),
  ]);
  await postBody(`${base}/loki/api/v1/push`, LOKI_PUSH_HEADERS, body);
}

/** The name of the row that is chosen. */
const chosen = (page: Page) => page.locator('[role=row][aria-selected=true] .waterfall-operation');

describe('the page of a trace', { skip: skipWithoutBrowser, timeout: 240_000 }, () => {
  let own: TemporaryServer;
  let browser: Browser;

  before(async () => {
    own = await temporaryServer();
    const { base } = own.server;
    await sendSpans(base, FAILED);
    await sendSpans(base, odd(Date.now() - 2000));
    const many = large(Date.now() - 8000);
    for (let i = 0; i < many.length; i += 2500) await sendSpans(base, many.slice(i, i + 2500));
    await sendLogs(base);
    // Metrics are made from spans a moment after these.
    await eventually(async () => {
      const made = await promInstant(base, 'traces_spanmetrics_calls_total{service="payment"}');
      assert.ok(made.length > 0);
    });
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await own?.dispose();
  });
  const open = (options = {}) => openPage(browser, own.server.base, options);

  test('shows the spans as a tree over time, and what a span says', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto(`/trace/${FAILED_ID}`);
    await page.getByRole('heading', { name: 'web POST /checkout' }).waitFor();
    const rows = page.getByRole('treegrid', { name: 'Spans' }).getByRole('row');
    assert.equal(await rows.count(), 1 + FAILED.length);
    assert.equal(await rows.nth(1).getAttribute('aria-level'), '1');
    assert.equal(await rows.nth(6).getAttribute('aria-level'), '5');
    await page.getByRole('row', { name: 'payment charge' }).click();
    const panel = page.getByRole('complementary', { name: 'Span' });
    await panel.getByText('no answer from the bank').waitFor();
    await panel.getByText('at Payment.charge').waitFor();
    await panel.getByText('the bank does not answer').waitFor();
    await page.waitForURL(`**/trace/${FAILED_ID}?span=${FAILED[5]!.id}`);
    const logs = await panel.getByRole('link', { name: 'Logs of this span' }).getAttribute('href');
    assert.match(
      decodeURIComponent(logs!),
      new RegExp(`trace_id="${FAILED_ID}".*span_id="${FAILED[5]!.id}"`),
    );
    await panel.locator('a[href*="g2.expr"]', { hasText: 'Metrics of payment' }).waitFor();
    await assertAccessible(page);
    assertQuiet();
    await keepScreenshot(page, 'trace');
    await close();
  });

  test('has every value of a span lead to the traces with it', async () => {
    const { page, close } = await open();
    await page.goto(`/trace/${FAILED_ID}?span=${FAILED[0]!.id}`);
    const link = page.getByRole('link', { name: 'Traces with this value of http.response.status_code' });
    const address = new URL((await link.getAttribute('href'))!, own.server.base);
    assert.equal(
      address.searchParams.get('q'),
      '{ (span.http.response.status_code = 502 || span.http.response.status_code = "502") }',
    );
    const away = page.getByRole('link', { name: 'https://shop.example/checkout' });
    assert.equal(await away.getAttribute('rel'), 'noreferrer');
    await close();
  });

  test('is walked along by keys', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto(`/trace/${FAILED_ID}`);
    await page.getByRole('treegrid').waitFor();
    await page.keyboard.press('j');
    await chosen(page).getByText('POST /checkout').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await chosen(page).getByText('checkout', { exact: true }).waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.getByRole('row', { name: 'charge' }).first().waitFor({ state: 'detached' });
    await page.keyboard.press('ArrowRight');
    await page.getByRole('row', { name: 'payment charge' }).waitFor();
    await page.keyboard.press('ArrowRight');
    await chosen(page).getByText('SELECT items').waitFor();
    await page.keyboard.press('z');
    await page.waitForURL('**zoom=*');
    await page.keyboard.press('0');
    await page.waitForURL((url) => !url.searchParams.has('zoom'));
    await page.keyboard.press('x');
    await page.getByRole('complementary', { name: 'Span' }).waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await page.getByText('Open a span, or go to its first child').waitFor();
    assertQuiet();
    await close();
  });

  test('finds words within, also those of an address of Jaeger', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto(`/trace/${FAILED_ID}?uiFind=postgresql&uiEmbed=v0`);
    await page.getByText('1 found').waitFor();
    await page.getByRole('navigation').waitFor({ state: 'hidden' });
    await page.keyboard.press('n');
    await chosen(page).getByText('SELECT items').waitFor();
    await page.keyboard.press('f');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('charge');
    await page.getByText('2 found').waitFor();
    await page.keyboard.press('Enter');
    await chosen(page).getByText('charge').waitFor();
    await page.waitForURL('**find=charge*');
    assertQuiet();
    await close();
  });

  test('zooms to a stretch that is drawn, and back by a click', async () => {
    const { page, close } = await open();
    await page.goto(`/trace/${FAILED_ID}`);
    const box = (await page.locator('.minimap').boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.25, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
    await page.mouse.up();
    await page.waitForURL('**zoom=*');
    await page.mouse.click(box.x + 10, box.y + 20);
    await page.waitForURL((url) => !url.searchParams.has('zoom'));
    await close();
  });

  test('has spans and services as tables, and the lines that were written', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto(`/trace/${FAILED_ID}`);
    await page.getByRole('button', { name: 'Table', exact: true }).click();
    await page.getByRole('button', { name: 'Duration' }).click();
    await page.waitForURL('**tab=table&sort=-duration');
    assert.match(await page.locator('tbody tr').first().innerText(), /POST \/checkout/);
    await assertAccessible(page);
    await page.getByRole('button', { name: 'Services', exact: true }).click();
    await page.getByRole('columnheader', { name: 'Own time' }).waitFor();
    assert.match(await page.locator('tbody tr').first().innerText(), /POST bank/);
    await assertAccessible(page);
    await page.getByRole('button', { name: /^Logs/ }).click();
    await page.getByText('retrying trace=').waitFor();
    await page.getByRole('button', { name: 'charge' }).click();
    await page
      .getByRole('complementary', { name: 'Span' })
      .getByRole('heading', { name: 'payment charge' })
      .waitFor();
    await assertAccessible(page);
    assertQuiet();
    await close();
  });

  test('takes ids without their zeros, and says what is odd', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto('/trace/abcdef123456?span=1');
    for (const note of [
      /1 span has a parent that is not in the trace/,
      /2 spans are roots/,
      /no end/,
      /begins before its parent, by up to 40 ms/,
    ])
      await page.getByText(note).waitFor();
    await page.getByText('never ended').waitFor();
    await page.getByRole('complementary').getByRole('link', { name: FAILED_ID }).click();
    await page.getByRole('heading', { name: 'cart checkout' }).waitFor();
    assertQuiet();
    await close();
  });

  test('opens the trace of a header that was pasted into the address', async () => {
    const { page, close } = await open();
    await page.goto(`/trace/00-${FAILED_ID}-${FAILED[3]!.id}-01`);
    await page.waitForURL(`**/trace/${FAILED_ID}?span=${FAILED[3]!.id}`);
    await chosen(page).getByText('SELECT items').waitFor();
    await close();
  });

  test('says what was looked for where there is no trace', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto('/trace/dead');
    await page.getByText('There is no such trace').waitFor();
    const link = page.getByRole('link', { name: 'Logs of this trace' });
    assert.match(decodeURIComponent((await link.getAttribute('href'))!), /trace_id="0{28}dead"/);
    await assertAccessible(page);
    assertQuiet();
    await close();
  });

  test('says what the server says, and of an incomplete trace that it is one', async () => {
    const { page, close } = await open();
    await page.goto('/trace/xyz');
    await page.getByText('trace IDs can only contain hex characters').waitFor();
    await page.route('**/api/v2/traces/*', (route) => route.fulfill({ status: 503, body: 'too busy' }));
    await page.goto(`/trace/${FAILED_ID}`);
    await page.getByText('too busy').waitFor();
    await page.unroute('**/api/v2/traces/*');
    await page.route('**/api/v2/traces/*', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({
        json: { ...((await answer.json()) as object), status: 'PARTIAL', message: 'a block is missing' },
      });
    });
    await page.goto(`/trace/${FAILED_ID}`);
    await page.getByText('Not the whole trace: a block is missing').waitFor();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await close();
  });

  test('makes only the rows in sight of ten thousand spans', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto(`/trace/${LARGE_ID}`);
    await page.getByRole('treegrid').waitFor();
    const grid = page.getByRole('treegrid');
    assert.equal(await grid.getAttribute('aria-rowcount'), String(LARGE_COUNT + 1));
    const made = () => page.evaluate<number>(`document.querySelectorAll('.waterfall-row').length`);
    assert.ok((await made()) < 120, `${await made()} rows`);
    await page.evaluate(`document.querySelector('.waterfall-rows').scrollTop = 1e9`);
    await page.locator(`[aria-rowindex="${LARGE_COUNT + 1}"]`).waitFor();
    await page.keyboard.press('f');
    await page.keyboard.type('operation 9999');
    await page.keyboard.press('Enter');
    await chosen(page).getByText('operation 9999').waitFor();
    await page.getByLabel('Open down to').selectOption('0');
    await page.getByText('+9999').waitFor();
    assert.ok((await made()) < 120);
    assertQuiet();
    await close();
  });

  for (const theme of ['light', 'dark'] as const) {
    test(`fits a phone, ${theme}`, async () => {
      const { page, assertQuiet, close } = await open({ theme, size: PHONE });
      await page.goto(`/trace/${FAILED_ID}?span=${FAILED[5]!.id}`);
      await page.getByRole('complementary', { name: 'Span' }).waitFor();
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - window.innerWidth',
      );
      assert.ok(overflow <= 0, `${overflow} px wider than the screen`);
      await assertAccessible(page);
      assertQuiet();
      if (theme === 'dark') await keepScreenshot(page, 'trace-phone-dark');
      await close();
    });
  }
});
