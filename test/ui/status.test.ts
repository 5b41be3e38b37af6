/** The views of what is known of the server, in a real browser: targets, rules, alerts, storage, configuration, home. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
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
import { logs, spans, until } from './status-data.ts';

const RULES = `groups:
  - name: availability
    interval: 1s
    rules:
      - alert: TargetDown
        expr: up == 0
        labels: {severity: page}
        annotations:
          summary: '{{ $labels.instance }} is down'
          runbook_url: https://example.com/runbook
      - alert: NeverFires
        expr: up > 5
        for: 5m
      - record: job:up:sum
        expr: sum by (job) (up)
      - record: job:two:sum
        expr: up + on() up
`;
const LOG_RULES = `name: shop
interval: 1s
rules:
  - alert: ManyErrors
    expr: sum by (service_name) (count_over_time({service_name=~".+"} |= "declined" [5m])) > 0
`;

const config = (rules: string) => `
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ['${rules}']
alerting:
  alertmanagers: [{static_configs: [{targets: ['127.0.0.1:1']}]}]
scrape_configs:
  - job_name: broken
    static_configs: [{targets: ['127.0.0.1:1', '127.0.0.1:2']}]
    relabel_configs: [{source_labels: [__address__], regex: '.*:2', action: drop}]
trilite: {self_scrape: true}
`;

/** What a broken server says. */
const unavailable = {
  status: 503,
  contentType: 'application/json',
  body: '{"error":"no room for this query"}',
};

describe('what is known of the server', { skip: skipWithoutBrowser, timeout: 280_000 }, () => {
  let own: TemporaryServer;
  let empty: TemporaryServer;
  let browser: Browser;
  let rulesDir: string;

  before(async () => {
    rulesDir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-ui-status-'));
    const rules = path.join(rulesDir, 'rules.yml');
    fs.writeFileSync(rules, RULES);
    [own, empty] = await Promise.all([
      temporaryServer(config(rules), ['--web.enable-lifecycle']),
      temporaryServer(),
    ]);
    browser = await openBrowser();
    const { base } = own.server;
    await logs(base);
    await spans(base);
    const posted = await fetch(`${base}/loki/api/v1/rules/shop`, {
      method: 'POST',
      headers: { 'content-type': 'application/yaml' },
      body: LOG_RULES,
    });
    assert.equal(posted.status, 202, await posted.text());
    await until(base, '/api/v1/rules', (text) => text.includes('"state":"firing"'));
    await until(base, '/prometheus/api/v1/rules', (text) => text.includes('"state":"firing"'));
    await until(base, '/api/v1/targets', (text) => text.includes('connection refused'));
    await until(base, '/api/v1/query?query=traces_spanmetrics_calls_total', (text) =>
      text.includes('checkout'),
    );
  });
  after(async () => {
    await browser?.close();
    await own?.dispose();
    await empty?.dispose();
    fs.rmSync(rulesDir, { recursive: true, force: true });
  });

  /** Opens a page, has `work` done with it, and demands that it was quiet. */
  async function visit(
    address: string,
    work: (page: Page, test: TestPage) => Promise<void>,
    server: () => TemporaryServer = () => own,
  ): Promise<void> {
    const opened = await openPage(browser, server().server.base);
    try {
      await opened.page.goto(address);
      await work(opened.page, opened);
      opened.assertQuiet();
    } finally {
      await opened.close();
    }
  }

  describe('targets', () => {
    test('are listed pool by pool, with their errors in full', () =>
      visit('/targets', async (page) => {
        await page.getByText('connect: connection refused').waitFor();
        await page.getByRole('button', { name: 'broken' }).waitFor();
        await page.getByText('http://127.0.0.1:1/api/v2/alerts').waitFor();
        await assertAccessible(page);
        await keepScreenshot(page, 'targets');
        await page.getByRole('link', { name: 'Metrics of http://127.0.0.1:1/metrics' }).click();
        await page.waitForURL('**/graph?*');
        const { searchParams } = new URL(page.url());
        assert.equal(searchParams.get('g0.expr'), 'up{instance="127.0.0.1:1", job="broken"}');
      }));

    test('are filtered by words and health, and the address says so', () =>
      visit('/targets', async (page) => {
        await page.getByRole('button', { name: /^up/ }).click();
        await page.waitForURL('**/targets?health=up');
        await page.getByText('connection refused').waitFor({ state: 'detached' });
        await page.keyboard.press('f');
        await page.keyboard.type('refused');
        await page.waitForURL('**/targets?health=up&search=refused');
        await page.getByText('No target fits the filter').waitFor();
        await page.getByRole('button', { name: /^up/ }).click();
        await page.getByText('connect: connection refused').waitFor();
        await page.reload();
        assert.equal(await page.getByRole('searchbox', { name: /Endpoint/ }).inputValue(), 'refused');
      }));

    test("open by the addresses of Prometheus' own page", () =>
      visit('/targets?scrapePool=broken&search=127.0.0.1', async (page) => {
        await page.getByText('connect: connection refused').waitFor();
        assert.equal(await page.getByLabel('Pool').inputValue(), 'broken');
        assert.equal(await page.getByRole('button', { name: 'trilite', exact: true }).count(), 0);
        await page.getByLabel('Pool').selectOption('');
        await page.getByRole('button', { name: 'trilite', exact: true }).waitFor();
        await page.getByRole('button', { name: 'broken', exact: true }).click();
        await page.getByText('connect: connection refused').waitFor({ state: 'detached' });
        await page.reload();
        await page.getByRole('button', { name: 'broken', exact: true, expanded: false }).waitFor();
      }));

    test('of which there are very many are asked for when their pool is opened, and drawn in pieces', async () => {
      const asked: string[] = [];
      const opened = await openPage(browser, own.server.base);
      const { page } = opened;
      await page.route('**/api/v1/scrape_pools', (route) =>
        route.fulfill({ json: { data: { scrapePools: ['big', 'small'] } } }),
      );
      await page.route('**/api/v1/status/self_metrics*', (route) =>
        route.fulfill({ json: { data: [poolSizes({ big: 10_000, small: 1 })] } }),
      );
      await page.route('**/api/v1/targets?*', (route) => {
        asked.push(new URL(route.request().url()).searchParams.get('scrapePool') ?? '');
        return route.fulfill({ json: { data: manyTargets(10_000) } });
      });
      await page.route('**/api/v1/query?*', (route) => {
        const isDown = new URL(route.request().url()).searchParams.get('query')!.includes('== 0');
        const result = [{ metric: { job: 'big' }, value: [0, isDown ? '3' : '10000'] }];
        return route.fulfill({ json: { data: { resultType: 'vector', result } } });
      });
      await page.goto('/targets');
      await page.getByText('10 000 targets').waitFor();
      await page.getByText('3 down').waitFor();
      assert.deepEqual(asked, []);
      await page.getByRole('button', { name: 'big' }).click();
      await page.getByText('10 000 up').waitFor();
      assert.deepEqual(asked, ['big']);
      const rows = page.getByRole('link', { name: /^Metrics of/ });
      assert.equal(await rows.count(), 100);
      await page.getByRole('button', { name: 'Show 100 more' }).click();
      await page.getByText('200 of 10 000 targets').waitFor();
      await page.getByRole('searchbox', { name: /Endpoint/ }).fill('host-9999:');
      await page.getByRole('link', { name: 'Metrics of http://host-9999:80/metrics' }).waitFor();
      assert.equal(await rows.count(), 1);
      opened.assertQuiet();
      await opened.close();
    });

    test('that relabelling dropped are among what was discovered', () =>
      visit('/service-discovery', async (page) => {
        await page.getByText('1 of 2 kept').waitFor();
        await page.getByText('dropped by relabelling').waitFor();
        await assertAccessible(page);
        await page.getByRole('button', { name: 'kept', exact: true }).click();
        await page.getByText('dropped by relabelling').waitFor({ state: 'detached' });
      }));

    test('that are none say how to have some', () =>
      visit(
        '/targets',
        async (page) => {
          await page.getByText('Nothing is scraped').waitFor();
          await page.getByText('job_name: my-service').waitFor();
          await page.getByRole('button', { name: 'Copy prometheus.yml' }).waitFor();
          await assertAccessible(page);
        },
        () => empty,
      ));
  });

  describe('rules', () => {
    test('of metrics and of logs are listed with what they evaluate', () =>
      visit('/rules', async (page) => {
        await page.getByText('job:up:sum').waitFor();
        await page.getByText('failing', { exact: true }).waitFor();
        await page
          .getByText(/duplicate series/)
          .first()
          .waitFor();
        await assertAccessible(page);
        const logRule = page.getByRole('link', { name: /count_over_time/ });
        assert.match((await logRule.getAttribute('href'))!, /^\/logs\?q=%28sum\+by/);
        const rule = page.getByRole('link', { name: 'up > 5' });
        assert.match((await rule.getAttribute('href'))!, /^\/graph\?g0\.expr=up\+%3E\+5/);
      }));

    test('are filtered by kind, health and words', () =>
      visit('/rules?type=record', async (page) => {
        await page.getByText('job:up:sum').waitFor();
        assert.equal(await page.getByText('NeverFires').count(), 0);
        await page.getByRole('button', { name: /^failing/ }).click();
        await page.getByText('job:up:sum').waitFor({ state: 'detached' });
        await page.getByText('job:two:sum').waitFor();
        await page.getByLabel('Kind of rule').selectOption('alert');
        await page.getByText('No rule fits the filter').waitFor();
        assert.match(page.url(), /type=alert&health=err/);
      }));

    test('that are very many come a piece at a time', async () => {
      const limits: (string | null)[] = [];
      const opened = await openPage(browser, own.server.base);
      const { page } = opened;
      await page.route('**/prometheus/api/v1/rules?*', (route) =>
        route.fulfill({ json: { data: { groups: [] } } }),
      );
      await page.route(/:\d+\/api\/v1\/rules\?/, (route) => {
        const limit = new URL(route.request().url()).searchParams.get('group_limit');
        limits.push(limit);
        const groups = manyGroups(120).slice(0, limit === null ? 120 : Number(limit));
        const token = groups.length < 120 ? { groupNextToken: 'next' } : {};
        return route.fulfill({ json: { data: { groups, ...token } } });
      });
      await page.goto('/rules');
      await page.getByRole('heading', { name: 'group-49', exact: true }).waitFor();
      assert.equal(await page.getByRole('heading', { name: 'group-50', exact: true }).count(), 0);
      await page.getByRole('button', { name: 'Show 50 more groups' }).click();
      await page.getByRole('heading', { name: 'group-99', exact: true }).waitFor();
      // A filter looks through all of them.
      await page.getByRole('searchbox', { name: /Rule/ }).fill('rule-119');
      await page.getByRole('heading', { name: 'group-119', exact: true }).waitFor();
      assert.deepEqual(limits, ['50', '100', null]);
      opened.assertQuiet();
      await opened.close();
    });

    test('that are none say how to have some', () =>
      visit(
        '/rules',
        async (page) => {
          await page.getByText('There are no rules').waitFor();
          await page.getByText('alert: TargetDown').waitFor();
          await page.getByText(`curl -X POST ${empty.server.base}/loki`).waitFor();
          await assertAccessible(page);
        },
        () => empty,
      ));
  });

  describe('alerts', () => {
    test('that fire are open, with ways to their cause', () =>
      visit('/alerts', async (page) => {
        await page.getByText('127.0.0.1:1 is down').waitFor();
        const runbook = page.getByRole('link', { name: 'https://example.com/runbook' });
        assert.equal(await runbook.getAttribute('rel'), 'noreferrer');
        await page.getByRole('button', { name: 'NeverFires', expanded: false }).waitFor();
        await assertAccessible(page);
        await keepScreenshot(page, 'alerts');
        await page.getByRole('link', { name: 'Logs of checkout' }).click();
        await page.waitForURL('**/logs?*');
        const { searchParams } = new URL(page.url());
        assert.equal(searchParams.get('q'), '{service_name="checkout"}');
        assert.ok(Number(searchParams.get('from')) < Number(searchParams.get('to')));
      }));

    test('are filtered by state and words, and folds stay', () =>
      visit('/alerts', async (page) => {
        await page.getByRole('button', { name: /^inactive/ }).click();
        await page.waitForURL('**/alerts?state=inactive');
        await page.getByText('127.0.0.1:1 is down').waitFor({ state: 'detached' });
        await page.getByRole('button', { name: 'NeverFires' }).press('Enter');
        await page.getByText('Fires after 5m').waitFor();
        await page.reload();
        await page.getByText('Fires after 5m').waitFor();
        await page.getByRole('button', { name: /^inactive/ }).click();
        await page.getByRole('searchbox', { name: /Alert/ }).fill('severity=page');
        await page.getByText('127.0.0.1:1 is down').waitFor();
        assert.equal(await page.getByRole('button', { name: 'ManyErrors' }).count(), 0);
      }));

    test('say that they are silenced, and that is ended, where there is an Alertmanager', () =>
      visit('/alerts?search=TargetDown', async (page) => {
        await page.getByRole('link', { name: 'Silence …' }).click();
        const form = page.getByRole('region', { name: 'New silence' });
        await form.getByRole('button', { name: '4h' }).click();
        await form.getByLabel('Your name').fill('Ada');
        await form.getByLabel('Why').fill('is being moved');
        await form.getByRole('button', { name: 'Silence' }).click();
        await form.waitFor({ state: 'detached' });
        await page.getByRole('link', { name: 'By rule' }).click();
        await page.getByText('silenced, ends in 4 h').waitFor();
        await page.getByRole('button', { name: 'End', exact: true }).click();
        await page.locator('a[href*="TargetDown"]', { hasText: 'Silence …' }).waitFor();
        assert.equal(await page.getByText('silenced, ends in').count(), 0);
      }));

    test('of which this server tells nobody say how somebody is told', async () => {
      const body = JSON.stringify([{ labels: { alertname: 'Posted' } }]);
      const headers = { 'content-type': 'application/json' };
      const posted = await fetch(`${empty.server.base}/api/v2/alerts`, { method: 'POST', headers, body });
      assert.equal(posted.status, 200, await posted.text());
      const shown = (words: string, server: () => TemporaryServer) =>
        visit(
          '/alerts/groups',
          async (page) => {
            await page.getByRole('note').getByText(words).waitFor();
            await assertAccessible(page);
          },
          server,
        );
      await shown('--alertmanager.config', () => empty);
      await shown('sent to 1 Alertmanager,', () => own);
    });

    test('have no such button where there is none', async () => {
      const { page, close } = await openPage(browser, own.server.base);
      await page.route(ALERTMANAGER, (route) => route.fulfill({ status: 404, body: '404 page not found' }));
      const answered = page.waitForResponse(ALERTMANAGER);
      await page.goto('/alerts');
      await page.getByText('127.0.0.1:1 is down').waitFor();
      await answered;
      assert.equal(await page.getByRole('link', { name: 'Silence …' }).count(), 0);
      await close();
    });

    test('that are none say how to have some', () =>
      visit(
        '/alerts',
        async (page) => {
          await page.getByText('There are no alerting rules').waitFor();
        },
        () => empty,
      ));
  });

  describe('storage', () => {
    test('says what comes in, what was refused, and what fills the disk', () =>
      visit('/storage', async (page) => {
        const inflow = page.getByRole('region', { name: 'Coming in' });
        await inflow.getByText('loki_push').waitFor();
        await inflow.getByText('otlp_http_traces').waitFor();
        await inflow.getByText(/too_far_in_future/).waitFor();
        await inflow
          .getByText(/\/s$|\/min$/)
          .first()
          .waitFor();
        await page.getByRole('region', { name: 'Disk' }).getByText('Write-ahead log').waitFor();
        await assertAccessible(page);
        await keepScreenshot(page, 'storage');
      }));

    test('flushes when that was meant', () =>
      visit('/storage', async (page) => {
        const posted: string[] = [];
        page.on('request', (request) => request.method() === 'POST' && posted.push(request.url()));
        await page.getByRole('button', { name: 'Flush …' }).click();
        await page.getByRole('dialog', { name: 'Flush' }).getByRole('button', { name: 'Cancel' }).click();
        await page.getByRole('dialog').waitFor({ state: 'detached' });
        assert.deepEqual(posted, []);
        await page.getByRole('button', { name: 'Compact …' }).click();
        await page.getByRole('dialog', { name: 'Compact' }).getByRole('button', { name: 'Compact' }).click();
        await page.getByText('Done').waitFor();
        assert.deepEqual(posted, [`${own.server.base}/-/flush?compact=true`]);
      }));

    test('shows what the series of a metric differ in', () =>
      visit('/tsdb-status?limit=500', async (page) => {
        const metrics = page.getByRole('region', { name: 'Metrics with the most series' });
        await metrics.getByRole('link', { name: 'up', exact: true }).click();
        const labels = page.getByRole('region', { name: 'Values of each label' });
        await labels.getByRole('link', { name: 'instance' }).click();
        const values = page.getByRole('region', { name: 'Series by instance' });
        await values.getByText('127.0.0.1:1').first().waitFor();
        await assertAccessible(page);
        assert.match(page.url(), /metric=up&label=instance/);
        await page.getByRole('button', { name: 'Close' }).click();
        await values.waitFor({ state: 'detached' });
        await page.goBack();
        await values.waitFor();
      }));

    test('counts logs by any label, and spans by service', () =>
      visit('/storage?tab=logs', async (page) => {
        await page.getByRole('link', { name: 'checkout' }).waitFor();
        await page.getByRole('combobox', { name: /^Volume by/ }).selectOption('pod');
        await page.getByRole('region', { name: 'Volume by pod' }).getByText('pod-1').waitFor();
        await assertAccessible(page);
        await page.getByRole('link', { name: 'Traces' }).last().click();
        const services = page.getByRole('region', { name: 'Spans by service' });
        await services.getByRole('link', { name: 'checkout' }).waitFor();
        await page.getByRole('region', { name: 'Attributes' }).getByText('http.request.method').waitFor();
        await assertAccessible(page);
      }));

    test('that is empty says what would fill it', () =>
      visit(
        '/storage',
        async (page) => {
          await page.getByText('Nothing has come in since the start').waitFor();
          await page.goto('/storage?tab=logs');
          await page.getByText('There are no logs').waitFor();
          await page.goto('/storage?tab=traces');
          await page.getByText('There are no spans').waitFor();
        },
        () => empty,
      ));
  });

  test('the doctor says what is wrong, with what to do and the numbers behind it', () =>
    visit('/doctor', async (page) => {
      const findings = page.getByRole('region', { name: 'Findings' });
      await findings.getByText('nothing listens there').first().waitFor();
      await findings.getByText('is the process running, on that port').first().waitFor();
      await findings.getByText('targets.down').first().click();
      await findings.getByText('connect: connection refused').first().waitFor();
      await page.getByRole('region', { name: 'What arrives' }).getByText('scraping').waitFor();
      await assertAccessible(page);
    }));

  describe('configuration', () => {
    test('is shown, and read again by a button', () =>
      visit('/config', async (page) => {
        const reading = page.getByRole('region', { name: 'Reading the configuration' });
        await reading.getByText('in force').waitFor();
        await page.getByText('job_name').waitFor();
        await page.getByRole('button', { name: 'Copy the configuration' }).waitFor();
        await assertAccessible(page);
        const answered = page.waitForResponse('**/-/reload');
        await reading.getByRole('button', { name: 'Read again' }).click();
        assert.equal((await answered).status(), 200);
        await reading.getByText('in force').waitFor();
      }));

    test('that was refused is told in the words of the server', async () => {
      const file = path.join(own.dir, 'config.yml');
      const good = fs.readFileSync(file, 'utf8');
      await visit('/config', async (page, { forgetFaults }) => {
        await page.getByText('in force').waitFor();
        fs.writeFileSync(file, 'scrape_configs: [{job_name: 7, nonsense: 1}]\n');
        await page.getByRole('button', { name: 'Read again' }).click();
        await page.getByRole('alert').getByText('nonsense').waitFor();
        await page.getByText('the last change was refused').waitFor();
        fs.writeFileSync(file, good);
        await page.getByRole('button', { name: 'Read again' }).click();
        await page.getByText('in force', { exact: true }).waitFor();
        forgetFaults();
      });
    });

    test('says how the button is enabled where it is not', () =>
      visit(
        '/config',
        async (page) => {
          await page.getByText('works with --web.enable-lifecycle').waitFor();
          assert.ok(await page.getByRole('button', { name: 'Read again' }).isDisabled());
        },
        () => empty,
      ));

    test('has flags and what runs beside it', () =>
      visit('/flags', async (page) => {
        await page.getByText('--storage.tsdb.retention.time').waitFor();
        await page.getByRole('searchbox', { name: 'Flag' }).fill('lifecycle');
        await page.getByText('--storage.tsdb.retention.time').waitFor({ state: 'detached' });
        await page.getByText('--web.enable-lifecycle').waitFor();
        await page.getByRole('link', { name: 'Server' }).click();
        await page.getByText('Working directory').waitFor();
        await assertAccessible(page);
      }));
  });

  describe('home', () => {
    test('shows what arrives, what is wrong, and the services', () =>
      visit('/', async (page) => {
        const arrivals = page.getByRole('region', { name: 'Is data arriving?' });
        await arrivals.getByText('arriving', { exact: true }).first().waitFor();
        await arrivals.getByText(/refused/).waitFor();
        const services = page.getByRole('region', { name: 'Services' });
        const checkout = services.getByRole('row', { name: /^checkout/ });
        await checkout.getByText('50%').waitFor();
        await page.getByRole('region', { name: 'Firing alerts' }).getByText('127.0.0.1:1 is down').waitFor();
        await page.getByRole('region', { name: 'Targets that are down' }).getByText('127.0.0.1:1').waitFor();
        await page
          .getByRole('region', { name: 'Errors in logs' })
          .getByText('card declined')
          .first()
          .waitFor();
        await page.getByRole('region', { name: 'Traces with errors' }).getByText('POST /pay').waitFor();
        await assertAccessible(page);
        await keepScreenshot(page, 'home');
        await checkout.getByRole('link', { name: 'Metrics of checkout' }).click();
        await page.waitForURL('**/graph?*');
        assert.match(new URL(page.url()).searchParams.get('g0.expr')!, /traces_spanmetrics_calls_total/);
      }));

    test('says how to send to this very address where there is nothing', () =>
      visit(
        '/',
        async (page) => {
          await page.getByText(`OTEL_EXPORTER_OTLP_ENDPOINT=${empty.server.base}`).waitFor();
          await page.getByText('nothing yet').first().waitFor();
          await page.getByText('None has been seen in this range of time').waitFor();
          await assertAccessible(page);
          await keepScreenshot(page, 'home-empty');
        },
        () => empty,
      ));

    test('shows each part as soon as it is there, whatever becomes of the others', async () => {
      const opened = await openPage(browser, own.server.base);
      const { page } = opened;
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      await page.route('**/api/search?*', async (route) => {
        await held;
        await route.fulfill(unavailable);
      });
      await page.route('**/loki/api/v1/query_range?*', (route) => route.fulfill(unavailable));
      await page.goto('/');
      await page
        .getByRole('region', { name: 'Errors in logs' })
        .getByText('no room for this query')
        .waitFor();
      await page.getByRole('region', { name: 'Services' }).getByText('checkout').waitFor();
      await page.getByRole('region', { name: 'Traces with errors' }).getByText('Loading').waitFor();
      release();
      await page.getByRole('region', { name: 'Traces with errors' }).getByText('no room').waitFor();
      await opened.close();
    });
  });

  const FAILING: readonly (readonly [address: string, asked: string])[] = [
    ['/targets', '**/api/v1/targets?*'],
    ['/service-discovery', '**/api/v1/scrape_pools'],
    ['/rules', '**/api/v1/rules?*'],
    ['/alerts', '**/api/v1/rules?*'],
    ['/storage', '**/api/v1/status/self_metrics*'],
    ['/storage?tab=metrics', '**/api/v1/status/tsdb*'],
    ['/storage?tab=logs', '**/index/stats*'],
    ['/storage?tab=traces', '**/api/metrics/query*'],
    ['/doctor', '**/api/v1/status/doctor'],
    ['/config', '**/api/v1/status/config'],
    ['/flags', '**/api/v1/status/flags'],
  ];
  test('every view says what went wrong in the words of the server', async () => {
    const { page, close } = await openPage(browser, own.server.base);
    for (const [address, asked] of FAILING) {
      await page.route(asked, (route) => route.fulfill(unavailable));
      await page.goto(address);
      await page.getByRole('alert').getByText('no room for this query').first().waitFor();
      await assertAccessible(page);
      await page.unroute(asked);
    }
    await close();
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
  ['/', 'card declined'],
  ['/targets', 'connect: connection refused'],
  ['/service-discovery', 'dropped by relabelling'],
  ['/rules', 'job:up:sum'],
  ['/alerts', '127.0.0.1:1 is down'],
  ['/storage', 'loki_push'],
  ['/storage?tab=metrics', /label pairs/],
  ['/doctor', 'nothing listens there'],
  ['/config', 'job_name'],
  ['/flags', '--web.enable-lifecycle'],
];

const ALERTMANAGER = /\/api\/v2\/(silences?|alerts)\b/;

function poolSizes(sizes: Readonly<Record<string, number>>): unknown {
  return {
    name: 'prometheus_target_scrape_pool_targets',
    metric: Object.entries(sizes).map(([value, size]) => ({
      label: [{ name: 'scrape_job', value }],
      gauge: { value: size },
    })),
  };
}

function manyTargets(count: number): unknown {
  const activeTargets = Array.from({ length: count }, (_, i) => ({
    discoveredLabels: {},
    labels: { instance: `host-${i}:80`, job: 'big' },
    scrapePool: 'big',
    scrapeUrl: `http://host-${i}:80/metrics`,
    lastError: '',
    lastScrape: '2026-01-01T00:00:00Z',
    lastScrapeDuration: 0.01,
    health: 'up',
    scrapeInterval: '15s',
    scrapeTimeout: '10s',
  }));
  return { activeTargets, droppedTargets: [] };
}

function manyGroups(count: number): readonly unknown[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `group-${i}`,
    file: 'rules.yml',
    rules: [
      {
        type: 'recording',
        name: `rule-${i}`,
        query: 'up',
        labels: {},
        health: 'ok',
        evaluationTime: 0.01,
        lastEvaluation: '2026-01-01T00:00:00Z',
      },
    ],
    interval: 60,
    evaluationTime: 0.01,
    lastEvaluation: '2026-01-01T00:00:00Z',
  }));
}
