/** `trilite.limits`: names, what they inherit, what cannot be. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { parseConfigFile } from '../../src/config/file.ts';
import { parseCommandLine } from '../../src/config/flags.ts';
import { DEFAULT_CONFIG } from '../../src/config/settings.ts';
import { loadConfig } from '../../src/config.ts';

const limitsOf = async (text: string) =>
  (await parseConfigFile('c.yml', `trilite: {limits: ${text}}\n`, {})).limits;

describe('limits of tenants', () => {
  it('are none by default', async () => {
    assert.deepEqual(await limitsOf('{}'), DEFAULT_CONFIG.limits);
  });

  it('have the names of Mimir, Loki and Tempo', async () => {
    const limits = await limitsOf(`{
      metrics: {ingestion_rate: 10.5, ingestion_burst_size: 20, max_global_series_per_user: 3, max_series_per_metric: 4,
        max_label_names_per_series: 5, max_label_name_length: 6, max_label_value_length: 7, max_metadata_length: 8},
      traces: {ingestion_rate_limit_bytes: 1MB, max_bytes_per_trace: 2MB, max_traces_per_user: 9},
      queries: {max_query_length: 30d1h, max_query_lookback: 60d, max_search_duration: 168h0m0s, max_metrics_duration: 3h,
        max_queries_in_flight: 2, max_outstanding_per_tenant: 10, query_timeout: 1m, max_samples: 11, max_bytes: 1KB,
        max_fetched_series_per_query: 12, max_entries_limit_per_query: 13, max_query_series: 14},
      requests: {ingest: {requests_per_second: 0.5}, read: {requests_per_second: 5, request_burst: 50}},
      credentials: {read: {requests_per_second: 7}}}`);
    assert.deepEqual(limits.metrics, {
      ingestion: { perSecond: 10.5, burst: 20 },
      seriesMax: 3,
      seriesPerMetricMax: 4,
      labelNamesMax: 5,
      labelNameMaxBytes: 6,
      labelValueMaxBytes: 7,
      helpMaxBytes: 8,
    });
    assert.deepEqual(limits.traces, {
      ingestion: { perSecond: 1024 ** 2, burst: 1024 ** 2 },
      traceMaxBytes: 2 * 1024 ** 2,
      tracesMax: 9,
    });
    const hour = 3_600_000;
    assert.deepEqual(limits.queries, {
      rangeMaxMs: (30 * 24 + 1) * hour,
      lookbackMs: 60 * 24 * hour,
      searchMaxMs: 168 * hour,
      traceMetricsMaxMs: 3 * hour,
      runningMax: 2,
      waitingMax: 10,
      timeoutMs: 60_000,
      samplesMax: 11,
      bytesMax: 1024,
      seriesMax: 12,
      entriesMax: 13,
      logSeriesMax: 14,
    });
    assert.deepEqual(limits.requests, {
      ingest: { perSecond: 0.5, burst: 1 },
      read: { perSecond: 5, burst: 50 },
    });
    assert.deepEqual(limits.credentials.read, { perSecond: 7, burst: 7 });
  });

  it('of a tenant say what differs', async () => {
    const limits =
      await limitsOf(`{max_age: {logs: 1d}, metrics: {max_series: 5, ingestion_rate: 10, ingestion_burst_size: 100},
      tenants: {a: {metrics: {ingestion_rate: 20}}, b: {metrics: {ingestion_burst_size: 50}, logs: {max_line_size: 1KB}}, c: }}`);
    const { a, b, c } = limits.tenants;
    assert.deepEqual(a!.metrics, { ...limits.metrics, ingestion: { perSecond: 20, burst: 20 } });
    assert.deepEqual(b!.metrics.ingestion, { perSecond: 10, burst: 50 });
    assert.deepEqual(b!.logs.entries, { ...limits.logs.entries, lineMaxBytes: 1024 });
    assert.equal(b!.logs.entries.maxAgeMs, 86_400_000);
    assert.deepEqual([c!.metrics, c!.queries], [limits.metrics, limits.queries]);
    assert.deepEqual(
      (await limitsOf('{metrics: {}, tenants: {__proto__: {metrics: {max_series: 1}}}}')).tenants.a,
      undefined,
    );
  });

  for (const [text, message] of [
    ['{metrics: {max_serie: 1}}', /max_serie/],
    ['{metrics: {max_series: 1, max_global_series_per_user: 2}}', /are one limit/],
    [
      '{metrics: {ingestion_rate: 5, ingestion_burst_size: 0}}',
      /ingestion_burst_size must be above 0 where ingestion_rate is/,
    ],
    ['{metrics: {ingestion_rate: -1}}', /not negative/],
    ['{tenants: {"a|b": {}}}', /multiple org IDs present/],
    ['{tenants: {a/b: {}}}', /unsupported character/],
    ['{tenants: {a: {memory: 1GB}}}', /memory/],
    ['{tenants: {a: {tenants: {}}}}', /tenants/],
  ] as const) {
    it(`cannot be ${text}`, () => assert.rejects(limitsOf(text), message));
  }

  it('of single tenants are only where tenants are told apart, whoever says so', async () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-config-')), 'c.yml');
    fs.writeFileSync(file, 'trilite: {limits: {tenants: {a: {metrics: {max_series: 1}}}}}\n');
    const load = (...flags: string[]) => loadConfig(parseCommandLine(['--config', file, ...flags]), {});
    await assert.rejects(load(), /trilite\.limits\.tenants: tenants are told apart with multi_tenancy alone/);
    assert.equal((await load('--multi-tenancy')).limits.tenants.a!.metrics.seriesMax, 1);
    fs.rmSync(path.dirname(file), { recursive: true });
  });
});
