/** Alerts as they are notified, silences, routes and notifications, in a real browser against a real server. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import {
  assertAccessible,
  keepScreenshot,
  openBrowser,
  openPage,
  PHONE,
  skipWithoutBrowser,
  type TestPage,
} from '../support/browser.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';
import { until } from './status-data.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };
/** As an unlucky night has them. */
const PODS = 300;

/** Pages cannot be delivered, the team's chat is at `chat`. */
const config = (chat: string) => `
route:
  receiver: team
  group_by: [alertname]
  group_wait: 0s
  group_interval: 2m
  routes:
    - receiver: pager
      matchers: ['severity="page"']
      group_by: [alertname, service_name]
      continue: true
    - receiver: nights
      matchers: ['team="night"']
      mute_time_intervals: [always]
      routes:
        - {receiver: team, matchers: ['severity="info"']}
    - receiver: team
      matchers: ['severity=~"page|info"']
    - {receiver: nights, matchers: ['severity="page"', 'service_name="checkout"']}
inhibit_rules:
  - {source_matchers: ['alertname="ManyErrors"'], target_matchers: ['alertname="SlowAnswers"'], equal: [cluster]}
time_intervals:
  - {name: always, time_intervals: [{months: ['1:12']}]}
receivers:
  - {name: team, webhook_configs: [{url: '${chat}'}]}
  - {name: pager, webhook_configs: [{url: 'http://127.0.0.1:1/'}]}
  - {name: nights, webhook_configs: [{url: '${chat}'}]}
`;

describe('alerts that people are told of', { skip: skipWithoutBrowser, timeout: 200_000 }, () => {
  let own: TemporaryServer;
  let browser: Browser;
  let dir: string;
  const chat = http.createServer((request, response) => request.resume().on('end', () => response.end()));

  before(async () => {
    await new Promise<void>((resolve) => chat.listen(0, '127.0.0.1', resolve));
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-ui-alerting-'));
    const file = path.join(dir, 'alertmanager.yml');
    fs.writeFileSync(file, config(`http://127.0.0.1:${(chat.address() as AddressInfo).port}/`));
    own = await temporaryServer(undefined, ['--alertmanager.config', file]);
    browser = await openBrowser();
    const { base } = own.server;
    await post(base, 'alerts', alerts());
    await until(base, '/api/v2/alerts/groups', (text) => text.includes('"mutedBy":["always"]'));
    await until(base, '/api/v1/trilite/notifications', (text) => text.includes('"state":"failing"'));
    await until(base, '/api/v1/trilite/notifications', (text) => text.includes('"state":"ok"'));
  });
  after(async () => {
    await browser?.close();
    await own?.dispose();
    chat.close();
    fs.rmSync(dir, { recursive: true, force: true });
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
    test('have the ways to what an alert is about', () =>
      visit('/alerts/groups?filter=service_name%3D"checkout"&receiver=pager', async (page) => {
        const row = page.getByRole('row', { name: /checkout fails/ });
        await row.getByText('active').waitFor();
        await page.getByText('to pager, newest').waitFor();
        const graph = row.getByRole('link', { name: 'Expression' });
        assert.equal(await graph.getAttribute('href'), 'http://127.0.0.1:1/graph?g0.expr=up&g0.tab=1');
        const runbook = row.getByRole('link', { name: 'https://example.com/runbook' });
        assert.equal(await runbook.getAttribute('rel'), 'noreferrer');
        await row.getByRole('link', { name: 'Traces of checkout' }).waitFor();
        await assertAccessible(page);
        await page.getByLabel('Receiver').selectOption('');
        await page.getByText('to team, newest').waitFor();
      }));

    test('say what keeps an alert quiet, and lead there', () =>
      visit('/alerts/groups?state=inhibited,muted', async (page) => {
        await page.getByText('muted in always').waitFor();
        await page.getByRole('link', { name: 'by ManyErrors' }).first().click();
        await page.waitForURL(/filter=alertname/);
        await page.getByText('checkout fails').first().waitFor();
        assert.equal(await page.getByText('cart is slow').count(), 0);
      }));

    test('of hundreds of alerts show some, and more on demand', () =>
      visit('/alerts/groups', async (page) => {
        await page.getByRole('button', { name: `active ${PODS + 1}` }).waitFor();
        await page.getByRole('button', { name: 'PodNotReady', expanded: false }).press('Enter');
        await page.waitForURL(/open=team/);
        const rows = page.getByRole('row', { name: /is not ready/ });
        await rows.first().waitFor();
        assert.equal(await rows.count(), 50);
        await page.getByRole('button', { name: 'Show 50 more' }).press('Enter');
        await page.getByText(`100 of ${PODS} alerts`).waitFor();
        await page.reload();
        await page.getByRole('button', { name: 'PodNotReady', expanded: true }).waitFor();
        await page.getByRole('button', { name: 'Open all' }).click();
        await page.getByText('checkout fails').first().waitFor();
        await page.getByRole('button', { name: 'Close all' }).click();
        await rows.first().waitFor({ state: 'detached' });
      }));

    test('are filtered by matchers, by words, and by the label that is clicked', () =>
      visit('/alerts/groups', async (page) => {
        const filter = page.getByRole('searchbox', { name: /^Matchers/ });
        await filter.waitFor();
        await page.keyboard.press('f');
        await page.keyboard.type('checkout fails');
        await page.getByRole('button', { name: 'PodNotReady' }).waitFor({ state: 'detached' });
        await page.getByRole('button', { name: 'ManyErrors', exact: true }).first().waitFor();
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
      visit('/#/alerts?receiver=pager&filter=%7Bseverity%3D%22page%22%7D', async (page) => {
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

  describe('the route of an alert', () => {
    const CHECKOUT = { alertname: 'ManyErrors', severity: 'page', service_name: 'checkout' };

    test('is shown for labels in any form, with why others are not taken', () =>
      visit('/alerts/route', async (page) => {
        const labels = page.getByLabel('Labels of an alert');
        await labels.fill(JSON.stringify(CHECKOUT));
        const told = page.getByRole('region', { name: 'Who is told' });
        await told
          .getByText('{}/{severity="page"}:{alertname="ManyErrors", service_name="checkout"}')
          .waitFor();
        await told.getByText('{}/{severity=~"page|info"}:{alertname="ManyErrors"}').waitFor();
        const routes = page.getByRole('region', { name: 'Routes' });
        assert.equal(await routes.getByText('taken', { exact: true }).count(), 2);
        await routes.getByText('does not match').waitFor();
        await routes.getByText('took the alert and does not continue').waitFor();
        await assertAccessible(page);
        await keepScreenshot(page, 'alert-route');
        await page.reload();
        await told.getByText('pager').waitFor();
        await labels.fill('alertname: Other\nteam: night\n');
        await told.getByText('mute time interval always').waitFor();
        await labels.fill('{alertname="X", severity=~"p.*"}');
        await page.getByText('labels have values: only severity="…" is possible').waitFor();
        assert.equal(await told.count(), 0);
      }));

    test('is that of an alert of now, with what keeps it quiet', () =>
      visit('/alerts/groups?filter=service_name%3D"cart"&receiver=pager', async (page) => {
        await page
          .getByRole('row', { name: /cart is slow/ })
          .getByRole('link', { name: 'Route' })
          .click();
        const told = page.getByRole('region', { name: 'Who is told' });
        await told.getByText('inhibited').waitFor();
        await told.getByRole('link', { name: 'by ManyErrors' }).waitFor();
        await page.getByLabel('or of an alert of now').selectOption('Backup team="night"');
        await told.getByText('nights').waitFor();
        await told.getByText('inhibited').waitFor({ state: 'detached' });
      }));
  });

  describe('notifications', () => {
    test('that fail are first, with the error and how often it was tried; others are there too', () =>
      visit('/alerts/notifications', async (page) => {
        const receivers = page.getByRole('region', { name: 'Receivers' });
        const first = receivers.getByRole('row').nth(1);
        await first.getByText('pager').waitFor();
        await first.getByText(/connection refused/).waitFor();
        await first.getByText(/tries|try/).waitFor();
        await receivers.getByText('ok', { exact: true }).waitFor();
        await page
          .getByRole('region', { name: 'Kept quiet' })
          .getByText('mute time interval always')
          .waitFor();
        await assertAccessible(page);
        const sent = page.getByRole('region', { name: 'Notifications' });
        await sent.getByRole('button', { name: /^delivered/ }).click();
        await sent.getByText('connection refused').first().waitFor({ state: 'detached' });
        await sent.getByRole('link', { name: 'alertname PodNotReady' }).click();
        await page.waitForURL(/\/alerts\/groups\?/);
        await page.getByText('shop-2 is not ready').waitFor();
      }));

    test('that fail are on the home page', () =>
      visit('/', async (page) => {
        const panel = page.getByRole('region', { name: 'Notifications that fail' });
        await panel.getByText(/connection refused/).waitFor();
        await panel.getByRole('link', { name: 'pager' }).click();
        await page.getByRole('region', { name: 'Receivers' }).waitFor();
      }));
  });

  const FAILING: readonly (readonly [address: string, asked: string])[] = [
    ['/alerts/groups', '**/api/v2/alerts/groups'],
    ['/alerts/silences', '**/api/v2/silences'],
    ['/alerts/route', '**/api/v1/trilite/alertmanager/route'],
    ['/alerts/notifications', '**/api/v1/trilite/notifications'],
  ];
  test('every part says what went wrong in the words of the server', async () => {
    const { page, close } = await openPage(browser, own.server.base);
    const unavailable = { status: 503, contentType: 'application/json', body: '{"error":"no room"}' };
    for (const [address, asked] of FAILING) {
      await page.route(asked, (route) => route.fulfill(unavailable));
      await page.goto(address);
      await page.getByRole('alert').getByText('no room').waitFor();
      await page.unroute(asked);
    }
    await close();
  });

  test('all of it fits on a phone, in the dark', async () => {
    const { page, close } = await openPage(browser, own.server.base, { theme: 'dark', size: PHONE });
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
});

const PHONE_VIEWS: readonly (readonly [address: string, shown: string | RegExp])[] = [
  ['/alerts/groups?filter=service_name%3D"checkout"', 'checkout fails'],
  ['/alerts/silences?make=service_name%3D"cart"&state=expired', 'Matches 1 alert now'],
  ['/alerts/route?labels=alertname%3DManyErrors%20severity%3Dpage', 'taken'],
  ['/alerts/notifications', /connection refused/],
];

function alerts(): unknown[] {
  const begun = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const pod = (i: number) => ({
    labels: { alertname: 'PodNotReady', severity: 'warning', pod: `shop-${i}`, namespace: 'shop' },
    annotations: { summary: `shop-${i} is not ready` },
    startsAt: begun(i + 10),
  });
  const page = (alertname: string, service_name: string, summary: string) => ({
    labels: { alertname, severity: 'page', service_name, cluster: 'eu-1' },
    annotations: { summary, runbook_url: 'https://example.com/runbook' },
    startsAt: begun(5),
    generatorURL: 'http://127.0.0.1:1/graph?g0.expr=up&g0.tab=1',
  });
  return [
    page('ManyErrors', 'checkout', 'checkout fails'),
    page('SlowAnswers', 'cart', 'cart is slow'),
    { labels: { alertname: 'Backup', team: 'night' }, startsAt: begun(60) },
    ...Array.from({ length: PODS }, (_, i) => pod(i)),
  ];
}

async function post(base: string, path: string, body: unknown): Promise<void> {
  const init = { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(body) };
  const answer = await fetch(`${base}/api/v2/${path}`, init);
  assert.equal(answer.status, 200, await answer.text());
}
