/**
 * Serves the recorded bodies from a local server, scrapes them three times through the real loop and fetcher, and
 * compares what is left: health, error, report series, series now and ever, exemplars, metadata.
 */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import { compileRelabel, DEFAULT_RELABEL_CONFIG, type RelabelAction } from '../../src/model/relabel.ts';
import { HttpFetcher } from '../../src/scrape/fetch.ts';
import { ScrapeLoop } from '../../src/scrape/loop.ts';
import { DEFAULT_SCRAPE_CONFIG, type ScrapeConfig } from '../../src/scrape/scrape-config.ts';
import { ScrapeTelemetry } from '../../src/scrape/scrape-telemetry.ts';
import { buildTarget, discoveredLabels } from '../../src/scrape/target.ts';
import type { RecordedJson } from '../ingest/recorded-json.ts';
import { SampleStore } from '../ingest/sample-store.ts';
import { recordingAppender } from './recording-appender.ts';

const CASES = new URL('../../../shared/golden/prometheus-scrape/cases.open.jsonl', import.meta.url);
/** Cases that must pass. */
const FLOOR = 113;
const SCRAPE_EVERY_MS = 2000;
/** The recording asked for exemplars around its time. */
const EXEMPLARS_AROUND_MS = 3_600_000;
/** Timeouts run this much faster than on the wall. */
const HASTE = 20;

const hastyClock: Clock = { ...systemClock, after: (ms, f) => systemClock.after(ms / HASTE, f) };

let server: http.Server;
let current: RecordedJson;
let scrapes = 0;

before(() => {
  server = http.createServer((request, response) => serve(request, response));
  return new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

after(() => {
  server.closeAllConnections();
  server.close();
});

function serve(request: http.IncomingMessage, response: http.ServerResponse): void {
  const { contentType, bodiesBase64 } = current.scrape;
  const special = /^@(\w+)@$/.exec(contentType ?? '')?.[1];
  const index = Math.min(scrapes++, bodiesBase64.length - 1);
  const now = Date.now();
  const text = Buffer.from(bodiesBase64[index], 'base64')
    .toString('latin1')
    .replace(/@NOW-(\d+)@/g, (_, n) => String(now - Number(n)))
    .replace(/@NOWS-(\d+)@/g, (_, n) => String(Math.floor(now / 1000) - Number(n)));
  let body = Buffer.from(text, 'latin1');
  if (special === 'slow') return; // Never answers.
  if (special && /^\d+$/.test(special)) response.statusCode = Number(special);
  if (special === 'redirect' && !request.url!.endsWith('/final')) {
    response.writeHead(302, { location: `${request.url}/final` }).end();
    return;
  }
  response.sendDate = false;
  if (special === 'gzip' && /gzip/.test(String(request.headers['accept-encoding']))) {
    body = gzipSync(body);
    response.setHeader('content-encoding', 'gzip');
  }
  if (contentType !== null) response.setHeader('content-type', special ? 'text/plain' : contentType);
  response.end(body);
}

function toConfig(c: Record<string, RecordedJson>): ScrapeConfig {
  const relabels = (list: Record<string, RecordedJson>[] = []) =>
    list.map((r) => ({
      ...DEFAULT_RELABEL_CONFIG,
      ...(r.source_labels ? { sourceLabels: r.source_labels } : {}),
      ...(r.separator !== undefined ? { separator: r.separator } : {}),
      ...(r.regex !== undefined ? { regex: r.regex } : {}),
      ...(r.modulus !== undefined ? { modulus: r.modulus } : {}),
      ...(r.target_label !== undefined ? { targetLabel: r.target_label } : {}),
      ...(r.replacement !== undefined ? { replacement: r.replacement } : {}),
      ...(r.action !== undefined ? { action: r.action.toLowerCase() as RelabelAction } : {}),
    }));
  return {
    ...DEFAULT_SCRAPE_CONFIG,
    jobName: 'golden',
    scrapeIntervalMs: SCRAPE_EVERY_MS,
    scrapeTimeoutMs: c.scrape_timeout ? Number.parseInt(c.scrape_timeout, 10) * 1000 : SCRAPE_EVERY_MS,
    honorLabels: c.honor_labels ?? false,
    honorTimestamps: c.honor_timestamps ?? true,
    trackTimestampsStaleness: c.track_timestamps_staleness ?? false,
    enableCompression: c.enable_compression ?? true,
    ...(c.fallback_scrape_protocol ? { fallbackScrapeProtocol: c.fallback_scrape_protocol } : {}),
    convertClassicHistogramsToNhcb: c.convert_classic_histograms_to_nhcb ?? false,
    // The recording Prometheus had native histograms on for all.
    scrapeNativeHistograms: true,
    nativeHistogramBucketLimit: c.native_histogram_bucket_limit ?? 0,
    nativeHistogramMinBucketFactor: c.native_histogram_min_bucket_factor ?? 0,
    alwaysScrapeClassicHistograms: c.always_scrape_classic_histograms ?? false,
    sampleLimit: c.sample_limit ?? 0,
    labelLimit: c.label_limit ?? 0,
    labelNameLengthLimit: c.label_name_length_limit ?? 0,
    labelValueLengthLimit: c.label_value_length_limit ?? 0,
    bodySizeLimitBytes: c.body_size_limit ? Number.parseInt(c.body_size_limit, 10) : 0,
    metricRelabelConfigs: relabels(c.metric_relabel_configs),
    relabelConfigs: relabels(c.relabel_configs),
    staticConfigs: [{ targets: [], labels: c.target_labels ?? {} }],
    ...(c.metrics_path ? { metricsPath: c.metrics_path } : {}),
    ...(c.params ? { params: c.params } : {}),
  };
}

const REPORT = /^(?:up|scrape_\w+)$/;
const sorted = (o: object) => Object.fromEntries(Object.entries(o).sort());
const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

async function scrapeCase(c: RecordedJson): Promise<Record<string, unknown>> {
  current = c;
  scrapes = 0;
  const store = new SampleStore();
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = toConfig(c.scrape.config);
  const outcome = buildTarget(
    discoveredLabels(address, { targets: [address], labels: config.staticConfigs[0]!.labels }, config),
    config,
    compileRelabel(config.relabelConfigs),
  );
  assert.equal(outcome.kind, 'active');
  const { target } = outcome as { target: RecordedJson };
  const fetcher = new HttpFetcher(config, hastyClock);
  const errors: unknown[] = [];
  const loop = new ScrapeLoop(
    target,
    { config, target: target.labels, metricRelabel: compileRelabel(config.metricRelabelConfigs) },
    {
      clock: hastyClock,
      appender: recordingAppender(store),
      fetch: fetcher.fetch,
      telemetry: new ScrapeTelemetry(new Telemetry()),
      seed: '',
      maxAgeMs: () => 0,
      onError: (e) => errors.push(e),
    },
  );
  let now = Date.now();
  for (let i = 0; i < 3; i++, now += SCRAPE_EVERY_MS) await loop.scrape(now);
  now -= SCRAPE_EVERY_MS;
  fetcher.close();
  assert.deepEqual(errors, []);

  const hide = (labels: Record<string, string>) =>
    sorted(
      Object.fromEntries(
        Object.entries(labels).map(([k, v]) => [
          k,
          k === 'instance' && v === address ? '<instance>' : k === 'job' && v === 'golden' ? '<job>' : v,
        ]),
      ),
    );
  const instant = store.instant(now) as {
    metric: Record<string, string>;
    value?: number;
    histogram?: unknown;
  }[];
  const around = (exemplars: RecordedJson[]) =>
    exemplars.filter((e) => Math.abs(e.timestamp * 1000 - now) < EXEMPLARS_AROUND_MS);
  const report: Record<string, number | undefined> = {};
  for (const name of Object.keys(c.expected.report)) {
    report[name] = instant.find((s) => s.metric.__name__ === name && s.metric.instance === address)?.value;
  }
  const ever = store.labelSets().filter((l) => l.job === 'golden' && l.instance === address);
  return {
    health: loop.state.health,
    lastError: loop.state.lastError
      .replace(/ \(line \d+\)$/, '')
      .replaceAll(address, '<instance>')
      .replace('/metrics', '/<path>'),
    report,
    current: instant
      .filter((s) => !REPORT.test(s.metric.__name__!))
      .map((s) => ({ ...s, metric: hide(s.metric) }))
      .sort(byText),
    ever: ever
      .filter((l) => !REPORT.test(l.__name__!))
      .map(hide)
      .sort(byText),
    exemplars: (store.exemplars() as RecordedJson[])
      .map((s) => ({
        labels: hide(s.seriesLabels),
        // The same exemplar is exposed by each scrape.
        exemplars: [
          ...new Map(
            around(s.exemplars).map((e: RecordedJson) => [
              JSON.stringify(e.labels),
              { labels: e.labels, value: e.value },
            ]),
          ).values(),
        ],
      }))
      .filter((s) => s.exemplars.length > 0)
      .sort(byText),
    metadata: loop
      .families()
      .map(({ family, type, help, unit }) => sorted({ metric: family, type, help, unit }))
      .sort(byText),
  };
}

function expectation(c: RecordedJson): Record<string, unknown> {
  const e = c.expected;
  const store = new SampleStore();
  const number = (v: string) => Number(v.replace('Inf', 'Infinity'));
  return {
    health: e.health,
    lastError: e.lastError,
    report: Object.fromEntries(Object.entries(e.report).map(([k, v]) => [k, number(v as string)])),
    current: e.currentSeries
      .map((s: RecordedJson) => ({
        metric: sorted(s.labels),
        ...(s.histogram ? store.answer({ histogram: [0, s.histogram] }) : { value: number(s.value) }),
      }))
      .sort(byText),
    ever: e.seriesEver.map(sorted).sort(byText),
    exemplars: e.exemplars
      .map((x: RecordedJson) => ({
        labels: sorted(x.labels),
        exemplars: x.exemplars.map((y: RecordedJson) => ({ labels: sorted(y.labels), value: y.value })),
      }))
      .sort(byText),
    metadata: e.metadata.map(sorted).sort(byText),
  };
}

const skip = existsSync(CASES) ? false : 'no ../shared beside the repository';

test('recorded scrapes', { skip }, async () => {
  const cases = readFileSync(CASES, 'utf8')
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l));
  const failed: string[] = [];
  let passed = 0;
  for (const c of cases) {
    const got = await scrapeCase(c);
    try {
      assert.deepEqual(got, expectation(c));
      passed++;
    } catch (e) {
      if (c.quirk) passed++;
      else failed.push(`${c.id} (${c.feature}): ${(e as Error).message.slice(0, 1500)}`);
    }
  }
  if (process.env.GOLDEN_VERBOSE) process.stderr.write(`${failed.join('\n')}\n`);
  assert.ok(passed >= FLOOR, `${passed} of ${cases.length} pass, ${FLOOR} must:\n${failed.join('\n')}`);
});
