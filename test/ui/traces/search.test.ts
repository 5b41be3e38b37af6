/** Searching for traces in a real browser: query and form, results, numbers, Jaeger's addresses, faults and emptiness. */

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
import { sendSpans } from '../../support/otlp-spans.ts';
import { eventually } from '../../support/poll.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { shopTrace } from './shop.ts';

const COUNT = 40;

const search = (q: string, more = '') => `/search?q=${encodeURIComponent(q)}${more}`;
const queryOf = (page: Page) => new URL(page.url()).searchParams.get('q');

describe('the search for traces', { skip: skipWithoutBrowser, timeout: 240_000 }, () => {
  let own: TemporaryServer;
  let browser: Browser;

  before(async () => {
    own = await temporaryServer();
    const now = Date.now();
    for (let n = 0; n < COUNT; n++) await sendSpans(own.server.base, shopTrace(n, now - 4000 - n * 60_000));
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await own?.dispose();
  });
  const open = (options = {}) => openPage(browser, own.server.base, options);

  test('lists the newest traces, more on demand, and in another order', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto('/search');
    await page.getByRole('heading', { name: 'The newest 20 traces' }).waitFor();
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByRole('heading', { name: 'The newest 40 traces' }).waitFor();
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByRole('heading', { name: '40 traces', exact: true }).waitFor();
    await page.getByLabel('Order').selectOption('longest');
    await page.waitForURL('**sort=longest*');
    assert.match(await page.locator('.found-trace').first().innerText(), /2\.047s/);
    // Bars are as long as their traces took, beside each other.
    const longest = (await page.locator('.found-bar i').first().boundingBox())!.width;
    const shortest = (await page.locator('.found-bar i').last().boundingBox())!.width;
    assert.ok(Math.abs(shortest / longest - 445 / 2047) < 0.02, `${shortest} of ${longest}`);
    await assertAccessible(page);
    assertQuiet();
    await page.evaluate('window.scrollTo(0, 0)');
    await keepScreenshot(page, 'search');
    await close();
  });

  test('runs what is typed, and shows the spans that matched', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto('/search');
    await page.getByLabel('TraceQL query').click();
    await page.keyboard.type('{ status = error && name = "POST bank" ');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '8 traces', exact: true }).waitFor();
    assert.equal(queryOf(page), '{ status = error && name = "POST bank" }');
    await page.getByRole('button', { name: '1 matched' }).first().click();
    await page.locator('.found-spans').getByRole('link', { name: 'POST bank' }).click();
    await page.waitForURL('**/trace/*?span=*');
    await page.getByRole('complementary', { name: 'Span' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: '8 traces', exact: true }).waitFor();
    assertQuiet();
    await close();
  });

  test('opens a trace from its point', async () => {
    const { page, close } = await open();
    await page.goto('/search');
    await page.locator('.scatter-point').first().click({ force: true });
    await page.waitForURL('**/trace/5ca1ab1e*');
    await close();
  });

  test('has a form that stays in step with the query', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto(search('{ status = error }'));
    assert.equal(await page.getByLabel('Status').inputValue(), 'error');
    await page.getByLabel('Service').fill('cart');
    await page.getByLabel('At least').fill('1s');
    await page.getByLabel('Attributes').fill('user.tier=gold');
    await page.getByLabel('Attributes').press('Enter');
    await page.waitForURL('**user.tier*');
    assert.equal(
      queryOf(page),
      '{ resource.service.name = "cart" && status = error && duration >= 1s && .user.tier = "gold" }',
    );
    await page.getByLabel('At least').fill('soon');
    await page.getByText('"soon" is no duration').waitFor();
    await page.goBack();
    await eventually(async () => assert.equal(await page.getByLabel('Service').inputValue(), ''));
    await page.goto(search('{ status = error } | count() > 2'));
    await page.getByText('says more than the form can').waitFor();
    await page.getByRole('button', { name: 'Begin anew' }).click();
    await page.getByLabel('Service').waitFor();
    assertQuiet();
    await close();
  });

  test('completes attributes and values as the server knows them', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto('/search');
    await page.getByLabel('TraceQL query').click();
    await page.keyboard.type('{ span.user');
    await page.getByRole('option', { name: 'span.user.tier' }).click();
    await page.keyboard.type(' = ');
    await page.getByRole('option', { name: '"gold"' }).waitFor();
    assertQuiet();
    await close();
  });

  test("opens Jaeger's addresses", async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto(
      '/search?service=cart&operation=checkout&tags=%7B%22error%22%3A%22true%22%7D&minDuration=1ms&lookback=2h&limit=5',
    );
    await page.getByRole('heading', { name: 'The newest 5 traces' }).waitFor();
    assert.equal(
      queryOf(page),
      '{ resource.service.name = "cart" && name = "checkout" && status = error && duration >= 1ms }',
    );
    assert.match(page.url(), /from=now-2h&to=now/);
    assert.equal(await page.getByLabel('Span name').inputValue(), 'checkout');
    await page.goto('/search?traceID=5ca1ab1e000000000000000000000001');
    await page.getByRole('heading', { name: 'web POST /checkout' }).waitFor();
    assertQuiet();
    await close();
  });

  test('draws queries that make numbers, and compares', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto(search('{} | rate() by(resource.service.name)'));
    await page.getByRole('button', { name: 'payment' }).waitFor();
    await page.getByRole('button', { name: 'stacked' }).click();
    await page.waitForURL('**graph=stacked*');
    await assertAccessible(page);
    await keepScreenshot(page, 'search-rate');
    await page.goto(search('{ name = "checkout" } | compare({ status = error })', '&from=now-3h&to=now'));
    await page.getByText('8 selected spans beside 32 others').waitFor();
    await page.getByRole('link', { name: 'no answer from the bank' }).waitFor();
    await assertAccessible(page);
    await page.goto(search('{ name = "none" } | rate() by(name)'));
    await page.getByText('No span fits').waitFor();
    assertQuiet();
    await close();
  });

  test('shows where a query is wrong, and what the server says', async () => {
    const { page, forgetFaults, assertQuiet, close } = await open();
    await page.goto(search('{ foo = 1 }'));
    await page.getByText('unknown identifier: foo').waitFor();
    assert.equal(await page.locator('.query-fault mark').innerText(), 'f');
    await assertAccessible(page);
    await page.goto(search('{ .a = 1 } | rate() by()'));
    await page.getByText('The query cannot be read').waitFor();
    await page.route('**/api/search?*', (route) => route.fulfill({ status: 500, body: 'something broke' }));
    await page.goto(search('{}'));
    await page.getByText('something broke').waitFor();
    forgetFaults();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    assertQuiet();
    await close();
  });

  test('offers to look further back where nothing fits', async () => {
    const { page, assertQuiet, close } = await open();
    await page.goto(search('{ name = "no such name" }'));
    await page.getByText('No trace fits').waitFor();
    await page.getByRole('button', { name: 'Last 7d' }).click();
    await page.waitForURL('**from=now-7d*');
    await assertAccessible(page);
    assertQuiet();
    await close();
  });

  test('tells how to send where nothing has come yet', async () => {
    const empty = await temporaryServer();
    const { page, assertQuiet, close } = await openPage(browser, empty.server.base);
    await page.goto('/search');
    await page.getByText('No traces have come yet').waitFor();
    await page.getByText(`OTEL_EXPORTER_OTLP_ENDPOINT=${empty.server.base}`).waitFor();
    await assertAccessible(page);
    await page.goto('/map');
    await page.getByText('No service was called in this range of time').waitFor();
    await assertAccessible(page);
    assertQuiet();
    await close();
    await empty.dispose();
  });

  for (const theme of ['light', 'dark'] as const) {
    test(`fits a phone, ${theme}`, async () => {
      const { page, assertQuiet, close } = await open({ theme, size: PHONE });
      await page.goto(search('{ status = error }'));
      await page.getByRole('heading', { name: /traces/ }).waitFor();
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - window.innerWidth',
      );
      assert.ok(overflow <= 0, `${overflow} px wider than the screen`);
      await assertAccessible(page);
      assertQuiet();
      await close();
    });
  }
});
