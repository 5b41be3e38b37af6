/** The logs view in a real browser: from labels to lines, filters by clicks, paging, live lines, patterns, fields, faults. */

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
import { postBody } from '../support/http-api.ts';
import { eventually } from '../support/poll.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const NS = 1_000_000n;
const HALF_HOUR_MS = 1_800_000;

type Value = readonly [ns: string, line: string, metadata?: Readonly<Record<string, string>>];

interface Stream {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly Value[];
}

async function push(base: string, streams: readonly Stream[]): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await postBody(`${base}/loki/api/v1/push`, headers, JSON.stringify({ streams }));
}

const at = (ms: number, ns = 0): string => String(BigInt(ms) * NS + BigInt(ns));

/** Three services over half an hour; one request through two of them has a trace. */
function shop(nowMs: number): readonly Stream[] {
  const from = nowMs - HALF_HOUR_MS;
  const moments = Array.from({ length: 300 }, (_, i) => from + i * 5900);
  const checkout = moments.map((ms, i): Value => {
    const [level, status] = i % 23 === 0 ? ['error', 503] : i % 7 === 0 ? ['warn', 429] : ['info', 200];
    const body = {
      level,
      msg: `order ${1000 + i} placed`,
      http: { status, path: '/orders' },
      took_ms: 12 + (i % 40),
    };
    return [at(ms), JSON.stringify(body), { pod: `checkout-${i % 3}` }];
  });
  const payment = moments.map(
    (ms, i): Value => [
      at(ms, 5),
      `level=${i % 31 === 0 ? 'error' : 'debug'} msg="charged card" amount=${(i * 37) % 500} currency=EUR`,
    ],
  );
  const story: Value[] = [
    [at(nowMs - 60_000, 1), 'request accepted', { trace_id: TRACE, span_id: SPAN }],
    [at(nowMs - 60_000, 2), '\u001b[31mERROR\u001b[0m stock is low', { trace_id: TRACE }],
  ];
  return [
    { stream: { service_name: 'checkout', env: 'prod' }, values: checkout },
    { stream: { service_name: 'payment', env: 'prod' }, values: payment },
    { stream: { service_name: 'stock', env: 'test' }, values: story },
    {
      stream: { service_name: 'gateway', env: 'prod' },
      values: [[at(nowMs - 61_000), 'GET /cart 200', { trace_id: TRACE }]],
    },
  ];
}

const address = (params: Readonly<Record<string, string>>) => `/logs?${new URLSearchParams(params)}`;
async function scrollUntil(page: Page, text: string): Promise<void> {
  await eventually(async () => {
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    assert.ok(await page.getByText(text).isVisible());
  });
}

const rows = (page: Page) => page.locator('.log-row');

describe('the logs view', { skip: skipWithoutBrowser, timeout: 280_000 }, () => {
  let own: TemporaryServer;
  let browser: Browser;
  const nowMs = Date.now();

  before(async () => {
    own = await temporaryServer();
    browser = await openBrowser();
    await push(own.server.base, shop(nowMs));
  });
  after(async () => {
    await browser?.close();
    await own?.dispose();
  });

  test('begins with services by their size; a click shows lines', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.goto('/logs');
    await page.getByRole('button', { name: /checkout/ }).waitFor();
    await assertAccessible(page);
    await page.getByRole('button', { name: 'env', exact: true }).click();
    await page.getByRole('button', { name: /prod/ }).waitFor();
    await page.goBack();
    await page.goto('/logs');
    await page.getByRole('button', { name: /checkout/ }).click();
    await rows(page).first().waitFor();
    assert.equal(new URL(page.url()).searchParams.get('q'), '{service_name="checkout"}');
    await page.getByText('300 lines').waitFor();
    await page.locator('.logs-levels').getByText('error').waitFor();
    await assertAccessible(page);
    assertQuiet();
    await close();
  });

  test('a line unfolds to its labels; a click filters by one, and levels by another', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.goto(address({ q: '{service_name="checkout"} |= "placed"' }));
    await rows(page).nth(1).locator('.log-text').click();
    const details = page.locator('.log-details');
    await details.getByText('Stream labels').waitFor();
    await details.getByText('Structured metadata').waitFor();
    await details.getByText('Fields of the line (json)').waitFor();
    await assertAccessible(page);
    await keepScreenshot(page, 'logs-line');
    await details.getByRole('button', { name: 'Only lines with http_status 200' }).click();
    const query = () => new URL(page.url()).searchParams.get('q');
    assert.equal(query(), '{service_name="checkout"} |= "placed" | json | http_status="200"');
    await page.getByText('245 lines').waitFor();
    await page.goBack();
    await page.getByText('300 lines').waitFor();
    await page.locator('.logs-levels').getByRole('button', { name: /error/ }).click();
    await page.getByText('14 lines').waitFor();
    assert.equal(query(), '{service_name="checkout"} |= "placed" | detected_level="error"');
    await page.locator('.logs-levels').getByRole('button', { name: /error/ }).click();
    await page.getByText('300 lines').waitFor();
    assert.equal((await page.locator('mark', { hasText: 'placed' }).count()) > 10, true);
    assert.equal(
      await page.getByRole('combobox', { name: 'LogQL query' }).inputValue(),
      '{service_name="checkout"} |= "placed"',
    );
    assertQuiet();
    await close();
  });

  test('the keyboard goes from line to line and unfolds', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.goto(address({ q: '{service_name="payment"}' }));
    await rows(page).first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await rows(page).nth(1).locator('.log-details').waitFor();
    await page.keyboard.press('k');
    assert.equal(await page.locator('.log-row:focus-within .log-details').count(), 0);
    await page.keyboard.press('w');
    await page.locator('.log-lines.wraps').waitFor();
    await page.keyboard.press('o');
    await page.getByRole('button', { name: 'Oldest first' }).waitFor();
    assert.match(page.url(), /dir=forward/);
    await page.keyboard.press('e');
    await page.locator('textarea:focus').waitFor();
    assertQuiet();
    await close();
  });

  test('the editor completes labels and values, and Enter runs', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.goto('/logs');
    await page.getByRole('button', { name: /checkout/ }).waitFor();
    await page.getByRole('combobox', { name: 'LogQL query' }).click();
    await page.keyboard.type('{env="prod", serv');
    await page.getByRole('option', { name: 'service_name' }).click();
    await page.keyboard.type('="');
    const values = page.getByRole('listbox');
    await values.getByText('checkout').waitFor();
    // Another environment's.
    assert.equal(await values.getByText('stock').count(), 0);
    await keepScreenshot(page, 'logs-completion');
    await values.getByText('payment').click();
    await page.keyboard.press('End');
    await page.keyboard.type(' |= "charged"');
    await page.keyboard.press('Enter');
    await page.getByText('300 lines').waitFor();
    assert.equal(
      new URL(page.url()).searchParams.get('q'),
      '{env="prod", service_name="payment"} |= "charged"',
    );
    await page.getByRole('button', { name: 'History' }).click();
    await page.locator('.logs-history li').first().getByText('charged').waitFor();
    assertQuiet();
    await close();
  });

  test('the lines of a trace come from all services, oldest first, with the way to the trace and around', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.goto(address({ q: `{service_name=~".+"} | trace_id="${TRACE}"` }));
    await page.getByText('3 lines').waitFor();
    assert.deepEqual(await page.locator('.log-service').allTextContents(), ['gateway', 'stock', 'stock']);
    assert.equal(
      await rows(page).nth(1).getByRole('link', { name: 'trace' }).getAttribute('href'),
      `/trace/${TRACE}?span=${SPAN}`,
    );
    await page.locator('.ansi-red', { hasText: 'ERROR' }).waitFor();
    await page.getByRole('button', { name: 'Colours' }).click();
    await page.locator('.ansi-red').waitFor({ state: 'detached' });
    await rows(page).nth(1).locator('.log-time').click();
    await page.getByRole('button', { name: 'Show context' }).click();
    const context = page.getByRole('region', { name: 'Lines around this one' });
    await context.getByText('stock is low').waitFor();
    assert.equal(
      await context
        .locator('.is-chosen')
        .textContent()
        .then((text) => /accepted/.test(text!)),
      true,
    );
    await assertAccessible(page);
    assertQuiet();
    await close();
  });

  test('pages come by themselves while scrolling, without gaps or doubles', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.goto(address({ q: '{env="prod"}', limit: '100', wrap: '1' }));
    await page.getByText(/100 newest lines of 601/).waitFor();
    // Each page comes when the end of the one before is near the screen.
    await scrollUntil(page, 'All lines of the range.');
    await page.getByText('601 lines').waitFor();
    assertQuiet();
    await close();
  });

  test('a link to a line shows it, unfolded', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    const ms = nowMs - HALF_HOUR_MS + 150 * 5900;
    const range = { from: String(ms - 600_000), to: String(ms + 600_000) };
    await page.goto(address({ q: '{service_name="checkout"}', ...range, line: at(ms) }));
    const line = page.locator('.log-row.is-open');
    await line.getByText('order 1150 placed').first().waitFor();
    assertQuiet();
    await close();
  });

  test('drawing on the graph zooms; a copied link leads to its line', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(address({ q: '{service_name="checkout"}' }));
    await page.locator('.logs-levels b').first().waitFor();
    const { x, y, width } = (await page.locator('.u-over').boundingBox())!;
    await page.mouse.move(x + width * 0.7, y + 10);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.9, y + 10, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/from=\d+&to=\d+/);
    await page.getByText(/^1\d\d lines$/).waitFor();
    await rows(page).nth(7).locator('.log-time').click();
    const line = await rows(page).nth(7).locator('.log-head .log-text').textContent();
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByText('Copied').waitFor();
    await page.goto(await page.evaluate<string>('navigator.clipboard.readText()'));
    await page.locator('.log-row.is-open .log-head').getByText(line!).waitFor();
    assertQuiet();
    await close();
  });

  test('live lines come in, wait while paused, and leave the page where it is', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.goto(address({ q: '{service_name="live"}' }));
    await page.getByText('No lines found').waitFor();
    await page.keyboard.press('t');
    await page.getByText('live', { exact: true }).waitFor();
    assert.match(page.url(), /live=1/);
    const send = async (from: number, count: number) => {
      const values = Array.from(
        { length: count },
        (_, i): Value => [at(Date.now(), from + i), `level=warn n=${from + i}`, { trace_id: TRACE }],
      );
      await push(own.server.base, [{ stream: { service_name: 'live' }, values }]);
    };
    await send(0, 60);
    await rows(page).getByText('n=59').waitFor();
    // The level and the trace are structured metadata, which a plain tail leaves out.
    await page.locator('.level-warn').first().getByRole('link', { name: 'trace' }).waitFor();
    await page.evaluate('scrollTo(0, 400)');
    const topOf = () =>
      page.evaluate<number>(`document.querySelector('[data-line]:nth-child(40)').dataset.line`);
    const seen = await topOf();
    const place = () =>
      page.evaluate<number>(`document.querySelector('[data-line="${seen}"]').getBoundingClientRect().top`);
    const before = await place();
    await send(100, 20);
    await page.getByText('80 lines').waitFor();
    assert.ok(Math.abs((await place()) - before) < 2, 'the line stays where it was');
    await page.evaluate('scrollTo(0, 0)');
    await page.keyboard.press('p');
    await send(200, 3);
    await page.getByText('80 lines, 3 waiting').waitFor();
    await page.keyboard.press('p');
    await page.getByText('83 lines').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('83 lines').waitFor();
    assertQuiet();
    await close();
  });

  test('live lines go on where they were when the connection breaks, and what was dropped is told', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    const starts: (string | null)[] = [];
    const first = at(nowMs, 1);
    const frame = (ns: string, line: string) => ({
      streams: [{ stream: { service_name: 'live', detected_level: 'info' }, values: [[ns, line]] }],
    });
    await page.routeWebSocket('**/loki/api/v1/tail?*', (socket) => {
      const asked = new URL(socket.url()).searchParams;
      starts.push(asked.get('start'));
      assert.equal(asked.get('query'), '{service_name="checkout"} | drop __tailed__');
      socket.send(JSON.stringify({ ...frame(first, 'before'), dropped_entries: null }));
      if (starts.length === 1) socket.close({ code: 1011, reason: 'reached tail max duration limit' });
      else {
        const dropped = [{ timestamp: first, labels: {} }];
        socket.send(JSON.stringify({ ...frame(at(nowMs, 2), 'behind'), dropped_entries: dropped }));
      }
    });
    await page.goto(address({ q: '{service_name="checkout"}', live: '1' }));
    await page.getByText('reached tail max duration limit').waitFor();
    await rows(page).getByText('behind').waitFor();
    assert.deepEqual(await page.locator('.log-text').allTextContents(), ['behind', 'before']);
    assert.equal(starts[1], first);
    await page.getByText('The server dropped 1 line:').waitFor();
    assertQuiet();
    await close();
  });

  test('ten thousand lines are on view, few of them in the document; the next ones are a click away', async () => {
    const values = Array.from(
      { length: 10_050 },
      (_, i): Value => [at(nowMs - 1_200_000 + 100 * i), `level=info n=${i} ${'x'.repeat(i % 300)}`],
    );
    await push(own.server.base, [{ stream: { service_name: 'many' }, values }]);
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.goto(address({ q: '{service_name="many"}', limit: '5000', wrap: '1', from: 'now-1h' }));
    await rows(page).getByText('n=10049 ').waitFor();
    await scrollUntil(page, '9 999 lines are enough for a page.');
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    await rows(page).getByText('n=51 ').waitFor();
    const drawn = await rows(page).count();
    assert.ok(drawn < 400, `${drawn} lines are in the document`);
    await page.getByRole('button', { name: 'Go on from here' }).click();
    await rows(page).getByText('n=50 ').waitFor();
    assertQuiet();
    await close();
  });

  test('asks for a tenant where the server wants one', async () => {
    const { page, forgetFaults, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.route('**/loki/**', (route) =>
      route.request().headers()['x-scope-orgid'] === 'team-a'
        ? route.continue()
        : route.fulfill({ status: 401, body: 'no org id' }),
    );
    await page.goto(address({ q: '{service_name="checkout"}' }));
    await page.getByRole('alert').getByText('name one in the box at the top').waitFor();
    await page.getByLabel('Tenant').fill('team-a');
    await page.keyboard.press('Enter');
    await page.getByText('300 lines').waitFor();
    assert.ok(await page.getByRole('button', { name: 'Live' }).isDisabled());
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    forgetFaults();
    assertQuiet();
    await close();
  });

  test('a metric query is a graph and a table', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.goto(
      address({ q: 'sum by (detected_level) (count_over_time({service_name="checkout"}[1m]))' }),
    );
    await page.getByRole('row', { name: /detected_level="error"/ }).waitFor();
    await page.getByRole('img', { name: 'Series of the query' }).waitFor();
    assert.ok(await page.getByRole('button', { name: 'Live' }).isDisabled());
    await assertAccessible(page);
    await keepScreenshot(page, 'logs-metric');
    assertQuiet();
    await close();
  });

  test('patterns and fields lead to filters', async () => {
    const { page, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.goto(address({ q: '{service_name="payment"}', tab: 'patterns' }));
    await page.getByRole('button', { name: 'Filter' }).first().waitFor();
    await assertAccessible(page);
    await keepScreenshot(page, 'logs-patterns');
    await page.getByRole('button', { name: 'Exclude' }).first().click();
    assert.match(new URL(page.url()).searchParams.get('q')!, /^\{service_name="payment"\} !> `.*<_>.*`$/);
    await page.goto(address({ q: '{service_name="payment"}', tab: 'fields' }));
    await page.getByRole('button', { name: 'currency' }).click();
    await page.locator('.logs-top').getByText('EUR').waitFor();
    await page.locator('.logs-top').getByText('300').waitFor();
    await assertAccessible(page);
    await page.getByRole('button', { name: 'Only lines with currency EUR' }).click();
    await page.getByText('300 lines').waitFor();
    assert.equal(
      new URL(page.url()).searchParams.get('q'),
      '{service_name="payment"} | logfmt | currency="EUR"',
    );
    assertQuiet();
    await close();
  });

  test('says what is wrong with a query, where, and what helps', async () => {
    const { page, forgetFaults, assertQuiet, close } = await openPage(browser, own.server.base);
    await page.goto(address({ q: '{service_name="x"} | json |' }));
    await page.getByRole('alert').getByText('parse error').waitFor();
    await page.locator('.logs-fault mark').waitFor();
    await assertAccessible(page);
    await page.goto(address({ q: '{service_name=~".*"}' }));
    await page.getByRole('alert').getByText('A selector needs one label').waitFor();
    await page.route('**/loki/api/v1/query_range*', (route) =>
      route.fulfill({ status: 503, body: 'too busy' }),
    );
    await page.goto(address({ q: '{service_name="checkout"}' }));
    await page.getByRole('alert').getByText('too busy').waitFor();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.goto(address({ q: '{service_name="nobody"} |= "x"' }));
    await page.getByText('No lines found').waitFor();
    await assertAccessible(page);
    await page.getByRole('button', { name: '{service_name="nobody"}' }).waitFor();
    forgetFaults();
    assertQuiet();
    await close();
  });

  for (const theme of ['light', 'dark'] as const) {
    test(`is whole on a phone, ${theme}`, async () => {
      const { page, assertQuiet, close } = await openPage(browser, own.server.base, { theme, size: PHONE });
      await page.goto(address({ q: '{env=~"prod|test"}' }));
      await rows(page).first().locator('.log-text').click();
      await page.locator('.log-details').waitFor();
      await page.locator('.logs-levels b').first().waitFor();
      await assertAccessible(page);
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - window.innerWidth',
      );
      assert.ok(overflow <= 0, `${overflow} px wider than the screen`);
      if (theme === 'dark') await keepScreenshot(page, 'logs-phone');
      assertQuiet();
      await close();
    });
  }
});

describe('the logs view of an empty server', { skip: skipWithoutBrowser, timeout: 100_000 }, () => {
  test('says how to send logs, and what it says works', async () => {
    const own = await temporaryServer();
    const browser = await openBrowser();
    const { page, assertQuiet, close } = await openPage(browser, own.server.base, { theme: 'dark' });
    await page.goto('/logs');
    await page.getByText('There are no logs yet').waitFor();
    await assertAccessible(page);
    const command = await page.locator('.logs-command pre').first().textContent();
    assert.ok(command!.includes(`curl ${own.server.base}/loki/api/v1/push`));
    assertQuiet();
    await close();
    await browser.close();
    await own.dispose();
  });
});
