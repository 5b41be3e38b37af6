/** Configuration files of Loki and Tempo: known as such, and converted to what means the same here. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { convertCommand } from '../../../src/cli/convert.ts';
import { parseConfigFile } from '../../../src/config/file.ts';
import type { Config } from '../../../src/config/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'trilite-convert-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const LOKI = `
auth_enabled: true
common:
  path_prefix: /var/loki
  replication_factor: 1
  ring: { kvstore: { store: inmemory } }
server: { http_listen_port: 3101, http_listen_address: 127.0.0.1, log_level: warn }
schema_config: { configs: [{ from: 2024-01-01, store: tsdb, schema: v13 }] }
compactor: { retention_enabled: true, delete_request_cancel_period: 2h }
limits_config:
  retention_period: 744h
  retention_stream: [{ selector: '{namespace="dev"}', priority: 1, period: 24h }]
  ingestion_rate_mb: 8
  per_stream_rate_limit: 5MB
  max_global_streams_per_user: 7
  reject_old_samples_max_age: 1w
  max_query_parallelism: 32
  max_query_length: 721h
ruler:
  alertmanager_url: https://am.example/prefix
  storage: { type: local, local: { directory: /etc/loki/rules } }
`;

const TEMPO = `
server: { http_listen_port: 3200 }
distributor:
  receivers:
    otlp: { protocols: { grpc: { endpoint: '0.0.0.0:4317' }, http: } }
    zipkin:
    jaeger: { protocols: { thrift_http: { endpoint: ':14268' }, thrift_compact: , grpc: } }
compactor: { compaction: { block_retention: 48h } }
storage: { trace: { backend: local, local: { path: /var/tempo } } }
overrides:
  defaults:
    metrics_generator: { processors: [span-metrics] }
    ingestion: { rate_limit_bytes: 15000000, burst_size_bytes: 20000000, max_traces_per_user: 10000 }
    global: { max_bytes_per_trace: 5000000 }
    read: { max_search_duration: 168h }
metrics_generator: { ring: { kvstore: { store: inmemory } }, processor: { span_metrics: { dimensions: [env] } } }
`;

function converted(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  const lines: string[] = [];
  const output = { out: (line: string) => lines.push(line), err: (line: string) => assert.fail(line) };
  assert.equal(convertCommand([file], output), 0);
  return lines.join('\n');
}

const read = (text: string): Promise<Config> => parseConfigFile(join(folder, 'trilite.yml'), text, {});

describe('a configuration of Loki', () => {
  it('becomes one that the server takes, with the same meaning', async () => {
    const text = converted('loki.yml', LOKI);
    const config = await read(text);
    assert.equal(config.multiTenancy, true);
    assert.equal(config.dataDir, '/var/loki');
    assert.deepEqual(config.http, [{ host: '127.0.0.1', port: 3101 }]);
    assert.equal(config.logLevel, 'warn');
    assert.equal(config.retentionMs.logs, 744 * 3_600_000);
    const [rule] = config.retention.rules;
    assert.equal(rule?.keepMs, 24 * 3_600_000);
    assert.equal(rule?.priority, 1);
    assert.equal(config.deleteCancelPeriodMs, 2 * 3_600_000);
    assert.equal(config.limits.logs.rates.ingestionRate, 8 * 1024 ** 2);
    assert.equal(config.limits.logs.rates.streamRate, 5 * 1024 ** 2);
    assert.equal(config.limits.logs.rates.streamsMax, 7);
    assert.equal(config.limits.maxAgeMs.logs, 7 * 86_400_000);
    assert.equal(config.limits.maxAgeMs.metrics, 0);
    assert.equal(config.limits.queries.rangeMaxMs, 721 * 3_600_000);
    const [source] = config.ruleSources;
    assert.equal(source?.language, 'logql');
    assert.equal(source?.files[0]?.pattern, '/etc/loki/rules/*/*.yml');
    const [alertmanager] = config.alerting.alertmanagers;
    assert.equal(alertmanager?.pathPrefix, '/prefix');
    assert.deepEqual(config.warnings, []);
  });

  it('has what it names without effect in comments, as far out as nothing of it was taken', () => {
    const text = converted('loki.yml', LOKI);
    for (const path of ['common.ring', 'schema_config', 'limits_config.max_query_parallelism']) {
      assert.ok(text.includes(`#   ${path}\n`) || text.endsWith(`#   ${path}`), path);
    }
    assert.ok(!text.includes('limits_config.retention'));
  });

  it('keeps everything where its compactor deletes nothing', async () => {
    const text = converted('loki.yml', 'schema_config: {}\nlimits_config: { retention_period: 24h }\n');
    assert.equal((await read(text)).retentionMs.logs, 0);
  });
});

describe('a configuration of Tempo', () => {
  it('becomes one that the server takes, with the same meaning', async () => {
    const config = await read(converted('tempo.yml', TEMPO));
    assert.deepEqual(config.http, [
      { host: '0.0.0.0', port: 3200 },
      { host: '127.0.0.1', port: 4318 },
    ]);
    assert.deepEqual(config.otlpGrpc, { host: '0.0.0.0', port: 4317 });
    assert.deepEqual(config.zipkin, [{ host: '127.0.0.1', port: 9411 }]);
    assert.deepEqual(config.jaeger.thrift, [{ host: '0.0.0.0', port: 14268 }]);
    assert.deepEqual(config.jaeger.udp, [{ host: '127.0.0.1', port: 6831 }]);
    assert.deepEqual(config.jaeger.grpc, [{ host: '127.0.0.1', port: 14250 }]);
    assert.equal(config.retentionMs.traces, 48 * 3_600_000);
    assert.equal(config.limits.traces.ingestion.perSecond, 15_000_000);
    assert.equal(config.limits.traces.traceMaxBytes, 5_000_000);
    assert.equal(config.limits.traces.tracesMax, 10_000);
    assert.equal(config.limits.queries.searchMaxMs, 168 * 3_600_000);
    assert.equal(config.dataDir, '/var/tempo');
    assert.deepEqual(config.metricsGenerator.processors, ['span-metrics']);
    assert.deepEqual(config.warnings, []);
  });

  it('derives nothing where Tempo does not', async () => {
    const config = await read(converted('tempo.yml', 'storage: { trace: { backend: local } }\n'));
    assert.deepEqual(config.metricsGenerator.processors, []);
  });
});

describe('a file of another system given as the configuration', () => {
  const cases: readonly (readonly [what: string, text: string, answer: RegExp])[] = [
    ['Loki', LOKI, /is a configuration of Loki: "trilite convert .*trilite.yml" prints what takes its place/],
    ['Tempo', TEMPO, /is a configuration of Tempo: "trilite convert/],
    [
      'Promtail',
      'clients: []\nscrape_configs: []\npositions: {}\n',
      /give it as --promtail-config .*trilite.yml/,
    ],
    [
      'a collector',
      'receivers: {otlp: {}}\nservice: {pipelines: {}}\n',
      /OpenTelemetry collector: it can send/,
    ],
    [
      'Alertmanager',
      'global: {}\nroute: {receiver: a}\nreceivers: [{name: a}]\n',
      /Alertmanager, which is not read/,
    ],
  ];
  for (const [what, text, answer] of cases) {
    it(`is known: ${what}`, async () => {
      await assert.rejects(read(text), answer);
    });
  }

  it('is told by its key where it is none of them', async () => {
    await assert.rejects(read('globl: {}\n'), /unknown key "globl"/);
    await assert.rejects(read('trilite: {}\nlimits_config: {}\n'), /unknown key "limits_config"/);
  });
});

describe('trilite convert', () => {
  it('says what it cannot convert', () => {
    const file = join(folder, 'p.yml');
    const refused = (text: string, message: RegExp) => {
      writeFileSync(file, text);
      assert.throws(() => convertCommand([file]), message);
    };
    refused('scrape_configs: []\n', /no configuration of Loki or Tempo; one of Prometheus works as it is/);
    refused('a: [', /cannot read .*p.yml/);
    assert.throws(() => convertCommand([join(folder, 'none.yml')]), /cannot read .*none.yml: ENOENT/);
    assert.throws(() => convertCommand([]), /usage: trilite convert FILE/);
  });
});
