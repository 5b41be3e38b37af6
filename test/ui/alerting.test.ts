/** Alerts as they are notified, and silences, in a real browser against a real server. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import {
  assertAccessible,
  openBrowser,
  openPage,
  PHONE,
  skipWithoutBrowser,
  type TestPage,
} from '../support/browser.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };
/** As an unlucky night has them. */
const PODS = 300;

describe('alerts that people are told of', { skip: skipWithoutBrowser, timeout: 200_000 }, () => {
  let own: TemporaryServer;
  let browser: Browser;

  before(async () => {
    own = await temporaryServer();
    browser = await openBrowser();
    await post(own.server.base, 'alerts', alerts());
  });
  after(async () => {
    await browser?.close();
    await own?.dispose();
  });

  async function visit(address: string, work: (page: Page, test: TestPage) => Promise<void>): Promise<void> {
    const opened = await openPage(browser, own.server.base);
    try {
      await opened.page.goto(address);
      await work(opened.page, opened);
      opened.assertQuiet();
    } finally {
      await opened.close();
    }
  }

  describe('groups', () => {
    test('have the ways to what an alert is about, and say how somebody is told', () =>
      visit('/alerts/groups?filter=severity%3D"page"', async (page) => {
        const row = page.getByRole('row', { name: /checkout fails/ });
        await row.getByText('active').waitFor();
        await page.getByText('--alertmanager.config').waitFor();
        const graph = row.getByRole('link', { name: 'Expression' });
        assert.equal(await graph.getAttribute('href'), 'http://127.0.0.1:1/graph?g0.expr=up&g0.tab=1');
        const runbook = row.getByRole('link', { name: 'https://example.com/runbook' });
        assert.equal(await runbook.getAttribute('rel'), 'noreferrer');
        await row.getByRole('link', { name: 'Traces of checkout' }).waitFor();
        await assertAccessible(page);
      }));

    test('of hundreds of alerts show some, and more on demand', () =>
      visit('/alerts/groups', async (page) => {
        await page.getByRole('button', { name: `active ${PODS + 1}` }).waitFor();
        const rows = page.getByRole('row', { name: /is not ready/ });
        await rows.first().waitFor();
        assert.equal(await rows.count(), 49);
        await page.getByRole('button', { name: 'Show 50 more' }).press('Enter');
        await page.getByText(`100 of ${PODS + 1} alerts`).waitFor();
        await page.getByRole('button', { name: '2 kinds of alerts', expanded: true }).press('Enter');
        await page.waitForURL(/closed=shown-only/);
        await page.reload();
        await page.getByRole('button', { name: '2 kinds of alerts', expanded: false }).waitFor();
      }));

    test('are filtered by matchers, by words, and by the label that is clicked', () =>
      visit('/alerts/groups', async (page) => {
        const filter = page.getByRole('searchbox', { name: /^Matchers/ });
        await filter.waitFor();
        await page.keyboard.press('f');
        await page.keyboard.type('checkout fails');
        await page.getByRole('button', { name: 'ManyErrors', exact: true }).waitFor();
        await filter.fill('{pod=~"shop-(1|2)", namespace="shop"}');
        await page.getByText('shop-2 is not ready').waitFor();
        assert.equal(await page.getByRole('row', { name: /is not ready/ }).count(), 2);
        await page.getByRole('button', { name: 'severity warning' }).first().click();
        assert.equal(await filter.inputValue(), 'severity="warning"');
        await page.getByRole('button', { name: `active ${PODS}` }).waitFor();
        await page.goBack();
        assert.equal(await filter.inputValue(), '{pod=~"shop-(1|2)", namespace="shop"}');
        await page.getByRole('button', { name: /^inhibited/ }).click();
        await page.getByText('No alert fits the filter').waitFor();
      }));

    test('say what is wrong about a filter in the words of the server', () =>
      visit('/alerts/groups?filter=pod%3D~"("', async (page, { forgetFaults }) => {
        await page
          .getByRole('alert')
          .getByText(/missing closing \)/)
          .waitFor();
        await assertAccessible(page);
        await page.getByRole('searchbox', { name: /^Matchers/ }).waitFor();
        forgetFaults();
      }));

    test('open by the addresses of the page of Alertmanager', () =>
      visit('/#/alerts?receiver=shown-only&filter=%7Bseverity%3D%22page%22%7D', async (page) => {
        await page.getByText('checkout fails').waitFor();
        assert.match(page.url(), /\/alerts\/groups\?filter=/);
        await page.goto('/#/silences/new?filter=%7Bpod%3D%22shop-7%22%7D');
        await page.getByText('Matches 1 alert now').waitFor();
      }));
  });

  describe('silences', () => {
    test('that are none say how to make one', () =>
      visit('/alerts/silences', async (page) => {
        await page.getByText('There are no silences').waitFor();
        await assertAccessible(page);
      }));

    test('are made of an alert, shown beside it, changed, ended and made again', () =>
      visit('/alerts/groups?filter=pod%3D"shop-1"', async (page) => {
        await page
          .getByRole('row', { name: /shop-1/ })
          .getByRole('link', { name: 'Silence …' })
          .click();
        const form = page.getByRole('region', { name: 'New silence' });
        const matchers = form.getByLabel(/^Matchers/);
        assert.match(await matchers.inputValue(), /^alertname="PodNotReady"\n.*pod="shop-1"/s);
        await form.getByText('Matches 1 alert now').waitFor();
        await matchers.fill('pod=~"shop-1.?"');
        await form.getByText('Matches 11 alerts now').waitFor();
        await form.getByRole('button', { name: '4h' }).press('Enter');
        await form.getByText('in 4 h').waitFor();
        await assertAccessible(page);
        await form.getByLabel('Your name').fill('Ada');
        await form.getByLabel('Why').fill('is being moved');
        await form.getByLabel('Why').press('Enter');
        const row = page.getByRole('row', { name: /is being moved/ });
        await row.getByRole('link', { name: '11 alerts' }).click();
        await page.getByRole('button', { name: 'silenced 11' }).waitFor();
        await page.getByRole('link', { name: 'by Ada, ends in 4 h' }).first().click();
        await row.getByRole('button', { name: 'Edit …' }).click();
        const change = page.getByRole('region', { name: 'Change the silence' });
        await change.getByRole('button', { name: '1d', exact: true }).click();
        await change.getByRole('button', { name: 'Change' }).click();
        await row.getByText('ends in 24 h').waitFor();
        await assertAccessible(page);
        await row.getByRole('button', { name: 'Expire' }).click();
        await row.getByText('expired').waitFor();
        await row.getByRole('button', { name: 'Make again …' }).click();
        assert.equal(await matchers.inputValue(), 'pod=~"shop-1.?"');
        assert.equal(await form.getByLabel('Your name').inputValue(), 'Ada');
        await form.getByRole('button', { name: 'Cancel' }).click();
        await form.waitFor({ state: 'detached' });
        await page.goto('/alerts/silences?make=');
        assert.equal(await form.getByLabel('Your name').inputValue(), 'Ada');
      }));

    test('that cannot be are refused in the words of the server, and before that of the page', () =>
      visit('/alerts/silences', async (page, { forgetFaults }) => {
        await page.getByRole('button', { name: 'New silence …' }).waitFor();
        await page.keyboard.press('n');
        const form = page.getByRole('region', { name: 'New silence' });
        await form.getByLabel(/^Matchers/).fill('pod');
        await form.getByText('"pod" is no matcher').waitFor();
        await form.getByLabel('Lasts').fill('2 moons');
        await form.getByText('"2 moons" is no time').waitFor();
        await form.getByLabel(/^Matchers/).fill('pod=~".*"');
        await form.getByLabel('Lasts').fill('1h');
        await form.getByLabel('Your name').fill('Ada');
        await form.getByLabel('Why').fill('all of it');
        await form.getByRole('button', { name: 'Silence' }).click();
        await form.getByRole('alert').getByText('at least one matcher must not match').waitFor();
        forgetFaults();
      }));

    test('that an address names and are none are told', () =>
      visit('/alerts/silences?edit=nowhere', async (page) => {
        await page.getByText('There is no such silence').waitFor();
      }));
  });

  for (const theme of ['light', 'dark'] as const) {
    test(`all of it fits on a phone, ${theme}`, async () => {
      const { page, close } = await openPage(browser, own.server.base, { theme, size: PHONE });
      for (const [address, shown] of PHONE_VIEWS) {
        await page.goto(address);
        await page.getByText(shown).first().waitFor();
        await assertAccessible(page);
        const overflow = await page.evaluate<number>(
          'document.documentElement.scrollWidth - window.innerWidth',
        );
        assert.ok(overflow <= 0, `${address} is ${overflow} px wider than the screen`);
      }
      await close();
    });
  }
});

const PHONE_VIEWS: readonly (readonly [address: string, shown: string | RegExp])[] = [
  ['/alerts/groups?filter=severity%3D"page"', 'checkout fails'],
  ['/alerts/silences?make=severity%3D"page"&state=expired', 'Matches 1 alert now'],
];

function alerts(): unknown[] {
  const begun = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const pod = (i: number) => ({
    labels: { alertname: 'PodNotReady', severity: 'warning', pod: `shop-${i}`, namespace: 'shop' },
    annotations: { summary: `shop-${i} is not ready` },
    startsAt: begun(i + 10),
  });
  const checkout = {
    labels: { alertname: 'ManyErrors', severity: 'page', service_name: 'checkout', instance: 'a:1' },
    annotations: { summary: 'checkout fails', runbook_url: 'https://example.com/runbook' },
    startsAt: begun(5),
    generatorURL: 'http://127.0.0.1:1/graph?g0.expr=up&g0.tab=1',
  };
  return [checkout, ...Array.from({ length: PODS }, (_, i) => pod(i))];
}

async function post(base: string, path: string, body: unknown): Promise<void> {
  const init = { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(body) };
  const answer = await fetch(`${base}/api/v2/${path}`, init);
  assert.equal(answer.status, 200, await answer.text());
}
