/** Every check: a snapshot that triggers it with the remedy it then names, and that a healthy server triggers none. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diagnose } from '../../src/doctor/diagnose.ts';
import type { Severity } from '../../src/doctor/finding.ts';
import { Readings } from '../../src/doctor/readings.ts';
import type { Snapshot } from '../../src/doctor/snapshot.ts';
import { came, HEALTHY, NOW, readings, receiver, refusal, snapshot, stray, target } from './snapshots.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const GIB = 1024 ** 3;

type Row = readonly [id: string, severity: Severity, trouble: Snapshot, summary: RegExp, remedy?: RegExp];

const failed = (over: object) => ({
  failedQuestions: [
    {
      surface: 'prometheus',
      path: '/api/v1/query',
      status: 422,
      count: 2,
      lastMs: NOW - 1000,
      message: 'boom',
      query: 'up',
      peer: '10.0.0.7',
      agent: 'Grafana/12.0.0',
      ...over,
    },
  ],
});

const listeners = (host: string) => [{ scheme: 'http', host, port: 9090, isLoopback: host === '127.0.0.1' }];
const refused = (over: object) => snapshot({ refusals: [refusal(over)] });
const astray = (over: object) => snapshot({ strays: [stray(over)] });
const down = (error: string) => snapshot({ targets: [target({ health: 'down', error })] });

const ROWS: readonly Row[] = [
  [
    'arrivals.any',
    'warn',
    snapshot({ receivers: [], targets: [] }),
    /nothing has come in since the start 2h ago/,
    /remote_write url/,
  ],
  ['arrivals.any', 'info', snapshot({ receivers: [], startMs: NOW - 5000 }), /start 5s ago/],
  [
    'arrivals.stopped',
    'warn',
    snapshot({ receivers: [receiver({ lastMs: NOW - 30 * MINUTE, recent: came(0, 0, 0) })] }),
    /remote-write 1\.0: nothing for 30m, .* every 18s/,
    /\/api\/v1\/write/,
  ],
  [
    'arrivals.refused',
    'problem',
    snapshot({ receivers: [receiver({ recent: came(0, 5, 1) })] }),
    /everything .* was refused/,
  ],
  [
    'arrivals.refused',
    'warn',
    snapshot({ receivers: [receiver({ recent: came(90, 10, 0) })] }),
    /10% was refused/,
  ],
  [
    'refusals.out_of_order',
    'problem',
    refused({}),
    /3 samples from 10\.0\.0\.7 \(Prometheus\/3\.5\.0\) refused/,
    /out_of_order_time_window/,
  ],
  [
    'refusals.duplicate_timestamp',
    'warn',
    refused({ reason: 'duplicate_timestamp', message: 'dup' }),
    /dup/,
    /external_labels/,
  ],
  ['refusals.too_old', 'problem', refused({ reason: 'too_old', message: 'old' }), /old/, /max_age/],
  [
    'refusals.too_far_in_future',
    'problem',
    refused({ reason: 'too_far_in_future', message: 'f' }),
    /f/,
    /timedatectl/,
  ],
  [
    'refusals.delta',
    'problem',
    refused({
      receiver: 'otlp_http_metrics',
      reason: 'invalid',
      message: 'invalid temporality and type combination for metric "x"',
    }),
    /temporality/,
    /otlp: delta: cumulative.*TEMPORALITY_PREFERENCE=cumulative/,
  ],
  [
    'refusals.unsupported',
    'problem',
    refused({ reason: 'unsupported', isWhole: true, contentType: 'text/x', message: '' }),
    /3 requests/,
    /snappy-compressed protobuf.*text\/x/,
  ],
  [
    'refusals.bad_data',
    'problem',
    refused({ reason: 'bad_data', message: 'x' }),
    /x/,
    /is the sender's protocol that of the path/,
  ],
  [
    'refusals.bad_data',
    'problem',
    refused({ receiver: 'loki_push', reason: 'bad_data', message: 'x' }),
    /Loki push/,
    /remote_write url/,
  ],
  ['refusals.too_large', 'problem', refused({ reason: 'too_large', message: 'x' }), /x/, /smaller batches/],
  ['refusals.overloaded', 'warn', refused({ reason: 'overloaded', message: 'x' }), /x/, /limits: memory/],
  [
    'refusals.unauthorized',
    'problem',
    refused({ reason: 'unauthorized', message: 'no org id' }),
    /no org id/,
    /X-Scope-OrgID/,
  ],
  ['refusals.forbidden', 'problem', refused({ reason: 'forbidden', message: 'x' }), /x/, /scope `ingest`/],
  [
    'refusals.rate_limited',
    'warn',
    refused({ reason: 'rate_limited', message: 'x', tenant: 'acme' }),
    /of tenant "acme"/,
    /limits/,
  ],
  ['refusals.rate_limit', 'warn', refused({ reason: 'rate_limit', message: 'x' }), /x/, /ingestion_rate/],
  ['refusals.stream_limit', 'problem', refused({ reason: 'stream_limit', message: 'x' }), /x/, /max_streams/],
  [
    'refusals.invalid_labels',
    'problem',
    refused({ reason: 'invalid_labels', message: 'x' }),
    /x/,
    /labeldrop/,
  ],
  ['refusals.canceled', 'info', refused({ reason: 'canceled', message: 'x' }), /x/, /timeout/],
  [
    'refusals.before',
    'info',
    refused({ lastMs: NOW - 60 * MINUTE }),
    /1 kind of refusals came earlier, the last 1h ago/,
  ],
  [
    'refusals.wrong_path',
    'problem',
    astray({ path: '/api/v1/push' }),
    /looks like remote-write/,
    /\/api\/v1\/write/,
  ],
  ['refusals.unknown_path', 'warn', astray({}), /POST \/nowhere from 10\.0\.0\.7 \(curl\/8\)/],
  [
    'refusals.unknown_question',
    'warn',
    astray({ method: 'GET', agent: 'Grafana/12' }),
    /asks for what is not here/,
    /data source's URL/,
  ],
  [
    'refusals.wrong_method',
    'warn',
    astray({ kind: 'wrong_method', method: 'GET', path: '/v1/traces' }),
    /no way to ask/,
    /redirect/,
  ],
  [
    'refusals.double_slash',
    'problem',
    astray({ kind: 'double_slash', path: '//api/v1/write' }),
    /doubled slash/,
    /end of the base URL/,
  ],
  [
    'refusals.tls_on_plain',
    'problem',
    astray({ kind: 'tls', method: '', path: '', port: 4317 }),
    /port 4317: TLS/,
    /insecure: true/,
  ],
  [
    'refusals.http_on_grpc',
    'problem',
    astray({ kind: 'http_on_grpc', path: '', port: 4317 }),
    /takes gRPC alone/,
    /9090/,
  ],
  [
    'clocks.sender_ahead',
    'problem',
    snapshot({ receivers: [receiver({ skew: { minMs: 0, maxMs: 120_000 } })] }),
    /up to 2m in the future/,
    /timedatectl/,
  ],
  [
    'clocks.sender_behind',
    'warn',
    snapshot({ receivers: [receiver({ skew: { minMs: -DAY, maxMs: -20 * MINUTE } })] }),
    /20m old/,
    /behind/,
  ],
  [
    'clocks.targets',
    'warn',
    snapshot({ targets: [target({ clockAheadMs: 60_000 }), target({})] }),
    /1 of 2 targets .* 1m ahead/,
    /NTP/,
  ],
  [
    'clocks.own',
    'problem',
    snapshot({ targets: [1, 2, 3].map(() => target({ clockAheadMs: -30_000 })) }),
    /this machine's clock is off/,
    /chrony/,
  ],
  ['clocks.moved', 'warn', snapshot({ clockMovedMs: -60_000 }), /set back by 1m/, /NTP/],
  ['clocks.moved', 'info', snapshot({ clockMovedMs: 60_000 }), /forward by 1m .* slept/],
  [
    'targets.down',
    'problem',
    down('dial tcp 1.2.3.4:1: connect: connection refused'),
    /nothing listens there: a:9100 \(node\)/,
    /ss -ltn/,
  ],
  [
    'targets.down',
    'problem',
    down('received unsupported Content-Type "text/html" and no fallback'),
    /no metrics/,
    /metrics_path/,
  ],
  ['targets.down', 'problem', down('context deadline exceeded'), /no answer in time/, /scrape_timeout/],
  [
    'targets.down',
    'problem',
    down('server returned HTTP status 401 Unauthorized'),
    /wants credentials/,
    /basic_auth/,
  ],
  [
    'targets.down',
    'problem',
    down('server returned HTTP status 404 Not Found'),
    /no metrics at this path/,
    /metrics_path/,
  ],
  ['targets.down', 'problem', down('tls: failed to verify certificate: x509: …'), /TLS fails/, /ca_file/],
  ['targets.down', 'problem', down('body size limit exceeded'), /larger than allowed/, /body_size_limit/],
  ['targets.down', 'problem', down('sample limit exceeded'), /limit of the job/, /sample_limit/],
  [
    'targets.down',
    'problem',
    down('expected value after metric, got "x"'),
    /cannot be parsed/,
    /trilite check metrics/,
  ],
  ['targets.down', 'problem', down('lookup nope: no such host'), /name is not known/, /getent/],
  [
    'targets.slow',
    'warn',
    snapshot({ targets: [target({ durationMs: 9500 })] }),
    /95% of its 10s/,
    /scrape_timeout/,
  ],
  [
    'targets.interval',
    'warn',
    snapshot({ targets: [target({ intervalMs: 10 * MINUTE })] }),
    /gaps/,
    /lookback-delta/,
  ],
  [
    'targets.all_dropped',
    'problem',
    snapshot({ jobs: [{ job: 'j', active: 0, dropped: 7 }] }),
    /drops all of its 7 targets/,
    /relabel_configs/,
  ],
  [
    'targets.none_found',
    'problem',
    snapshot({ jobs: [{ job: 'j', active: 0, dropped: 0 }] }),
    /discovery finds none/,
    /file_sd/,
  ],
  [
    'targets.discovery',
    'warn',
    snapshot({
      readings: readings({ prometheus_sd_refresh_failures_total: 3 }, { mechanism: 'http', config: 'j' }),
    }),
    /by http of j failed 3 times/,
  ],
  [
    'targets.kubernetes',
    'warn',
    snapshot({ readings: readings({ prometheus_sd_kubernetes_failures_total: 2 }) }),
    /Kubernetes for targets failed 2 times/,
    /which role/,
  ],
  [
    'targets.files',
    'warn',
    snapshot({ readings: readings({ prometheus_sd_file_read_errors_total: 1 }) }),
    /1 time/,
    /check config/,
  ],
  [
    'targets.duplicate_timestamp',
    'warn',
    snapshot({ readings: readings({ prometheus_target_scrapes_sample_duplicate_timestamp_total: 5 }) }),
    /5 scraped samples/,
    /instance/,
  ],
  [
    'targets.out_of_bounds',
    'warn',
    snapshot({ readings: readings({ prometheus_target_scrapes_sample_out_of_bounds_total: 5 }) }),
    /too old/,
    /honor_timestamps/,
  ],
  [
    'targets.invalid',
    'warn',
    snapshot({ readings: readings({ prometheus_target_sync_failed_total: 1 }, { scrape_job: 'j' }) }),
    /job j/,
    /check config/,
  ],
  [
    'logs.service',
    'warn',
    snapshot({ logs: { unknownServiceBytes: 5_000_000 } }),
    /50% of the last hour's logs name no service/,
    /service_name/,
  ],
  ['logs.streams', 'warn', snapshot({ logs: { streams: 9000 } }), /9,000 log streams/, /structured metadata/],
  ['logs.streams', 'warn', snapshot({ logs: { streams: 800, bytes: 80_000 } }), /100 B each/],
  ['logs.trace_ids', 'warn', snapshot({ logs: { traceIdsFound: 0 } }), /10 trace ids .* 0 lead/, /sampl/i],
  [
    'traces.roots',
    'warn',
    snapshot({ traces: { rootless: 20 } }),
    /20 of the 50 newest traces have no root/,
    /OTEL_PROPAGATORS/,
  ],
  ['traces.roots', 'problem', snapshot({ traces: { rootless: 50 } }), /no root/],
  [
    'traces.service',
    'warn',
    snapshot({ traces: { unknownService: 4 } }),
    /unknown_service/,
    /OTEL_SERVICE_NAME/,
  ],
  [
    'traces.exemplars',
    'warn',
    snapshot({ traces: { exemplarsFound: 1 } }),
    /10 exemplars 1 lead/,
    /trace_based/,
  ],
  [
    'queries.failed',
    'warn',
    snapshot(failed({})),
    /\/api\/v1\/query fails, 2 times from 10\.0\.0\.7 \(Grafana\/12\.0\.0\): boom/,
  ],
  [
    'queries.failed',
    'warn',
    snapshot(failed({ message: '{"status":"error","error":"query timed out in x"}' })),
    /: query timed out in x$/,
    /query\.timeout/,
  ],
  ['queries.failed', 'warn', snapshot(failed({ message: 'too many samples' })), /samples/, /max-samples/],
  [
    'queries.failed',
    'warn',
    snapshot(failed({ status: 401, message: 'no org id' })),
    /no org id/,
    /X-Scope-OrgID/,
  ],
  [
    'queries.slow',
    'info',
    snapshot({
      readings: readings({ trilite_slow_queries_total: 5, trilite_query_duration_seconds_count: 50 }),
    }),
    /5 queries of 50 .* longer than 1s/,
  ],
  [
    'rules.failing',
    'problem',
    snapshot({ rules: [{ ...HEALTHY.rules[0]!, failing: [{ name: 'r', error: 'many-to-many' }] }] }),
    /rule r of group g fails: many-to-many/,
    /check rules/,
  ],
  [
    'rules.slow',
    'warn',
    snapshot({ rules: [{ ...HEALTHY.rules[0]!, evaluationMs: 90_000 }] }),
    /takes 1m30s .* interval of 1m/,
    /split/,
  ],
  [
    'sending.remote_failed',
    'problem',
    snapshot({
      readings: readings(
        {
          prometheus_remote_storage_queue_highest_sent_timestamp_seconds: 100,
          prometheus_remote_storage_samples_failed_total: 4,
        },
        { remote_name: 'r' },
      ),
    }),
    /to r: 4 samples refused/,
  ],
  [
    'sending.remote_lag',
    'warn',
    snapshot({
      readings: new Readings([
        {
          name: 'prometheus_remote_storage_queue_highest_sent_timestamp_seconds',
          labels: { remote_name: 'r' },
          value: 100,
        },
        { name: 'prometheus_remote_storage_highest_timestamp_in_seconds', labels: {}, value: 1000 },
      ]),
    }),
    /r is 15m behind/,
    /max_shards/,
  ],
  [
    'sending.alerts_failed',
    'problem',
    snapshot({
      readings: readings({ prometheus_notifications_errors_total: 2 }, { alertmanager: 'http://am' }),
    }),
    /2 alerts could not be sent to http:\/\/am/,
    /api_version/,
  ],
  [
    'sending.alerts_waiting',
    'warn',
    snapshot({
      readings: readings({
        prometheus_notifications_queue_length: 90,
        prometheus_notifications_queue_capacity: 100,
      }),
    }),
    /90 alerts wait/,
  ],
  [
    'sending.receiver_failed',
    'problem',
    snapshot({
      notifying: {
        failing: [
          {
            receiver: 'pager',
            integration: 'webhook[0]',
            error: 'no',
            sinceMs: NOW - 60_000,
            notifications: 2,
          },
        ],
      },
    }),
    /receiver pager \(webhook\[0\]\) is not told of alerts since .*: no/,
    /notifications/,
  ],
  [
    'sending.nobody_told',
    'info',
    snapshot({ notifying: { whyNobody: 'no configuration says who' } }),
    /1 alerting rule, and nobody is told: no configuration/,
    /--alertmanager.config/,
  ],
  [
    'cardinality.metric',
    'warn',
    snapshot({ cardinality: { series: 50_000, byMetric: [{ name: 'm', value: 30_000 }] } }),
    /m has 30,000 series, 60% of all/,
    /topk\(10/,
  ],
  [
    'cardinality.label',
    'warn',
    snapshot({ cardinality: { valuesByLabel: [{ name: 'user', value: 9000 }] } }),
    /label user has 9,000 values/,
    /labeldrop/,
  ],
  [
    'logs.id_label',
    'warn',
    snapshot({
      cardinality: { streamLabels: [{ name: 'req', value: 40, examples: ['123456', '654321', 'x'] }] },
    }),
    /stream label req looks like an id: 40 values, such as 123456/,
    /structured metadata/,
  ],
  [
    'disk.free',
    'problem',
    snapshot({ host: { disk: { freeBytes: GIB / 10, totalBytes: 200 * GIB } } }),
    /102 MiB of 200 GiB free/,
    /retention\.budget/,
  ],
  [
    'disk.growth',
    'problem',
    snapshot({ stored: { bytesPerDay: { metrics: 60 * GIB, logs: 0, traces: 0 } } }),
    /60 GiB a day the disk is full in 2 days/,
    /retention\.budget/,
  ],
  [
    'disk.budget',
    'warn',
    snapshot({ config: { budgetBytes: GIB } }),
    /budget of 1\.0 GiB \(100%\)/,
    /retention\.budget/,
  ],
  [
    'disk.damaged',
    'problem',
    snapshot({ readings: readings({ trilite_damaged_pages: 2 }) }),
    /2 places/,
    /backup/,
  ],
  ['disk.wal', 'warn', snapshot({ stored: { walBytes: 3 * GIB } }), /write-ahead log has 3\.0 GiB/],
  [
    'disk.empty',
    'info',
    snapshot({ stored: { databaseBytes: 10 * GIB, freeBytes: 8 * GIB } }),
    /8\.0 GiB .* empty/,
  ],
  ['disk.place', 'problem', snapshot({ host: { fileSystem: 'nfs4' } }), /network file system/, /local disk/],
  ['disk.place', 'warn', snapshot({ host: { fileSystem: 'tmpfs' } }), /in memory/],
  ['disk.place', 'warn', snapshot({ host: { fileSystem: 'overlay' } }), /container's own layer/, /volume/],
  ['disk.place', 'warn', snapshot({ config: { keepsNothing: true } }), /:memory:/],
  [
    'disk.retention',
    'info',
    snapshot({ surfaces: [{ ...HEALTHY.surfaces[0]!, farthestMs: 30 * DAY }] }),
    /asked for 30d back, and kept for 15d/,
    /--retention\.metrics/,
  ],
  ['process.memory', 'warn', snapshot({ host: { residentBytes: GIB } }), /memory is short/, /limits: memory/],
  ['process.files', 'problem', snapshot({ host: { openFiles: 1000 } }), /1000 of 1024/, /LimitNOFILE/],
  ['process.steal', 'warn', snapshot({ host: { stealShare: 0.2 } }), /20%/],
  ['process.throttled', 'warn', snapshot({ host: { throttledShare: 0.3 } }), /30%/, /CPU limit/],
  ['process.load', 'warn', snapshot({ host: { load1: 20 } }), /load 20\.0 on 4 cores/],
  [
    'process.delay',
    'warn',
    snapshot({ readings: readings({ trilite_event_loop_delay_seconds: 1 }, { quantile: '1' }) }),
    /1000 ms/,
  ],
  [
    'process.readers',
    'warn',
    snapshot({ readings: readings({ trilite_queries_waiting: 50 }) }),
    /50 queries wait/,
  ],
  [
    'configuration.reading',
    'problem',
    snapshot({ config: { failure: 'line 3: bad' } }),
    /not taken in.*line 3: bad/,
    /check config prometheus\.yml/,
  ],
  [
    'configuration.warning',
    'info',
    snapshot({ config: { warnings: ['x is not heeded'] } }),
    /x is not heeded/,
  ],
  [
    'configuration.exposed',
    'warn',
    snapshot({ config: { listeners: listeners('0.0.0.0') } }),
    /0\.0\.0\.0:9090.*no authentication/,
  ],
  [
    'configuration.loopback',
    'warn',
    snapshot({ host: { isContainer: true } }),
    /container/,
    /--http 0\.0\.0\.0:9090/,
  ],
  ['configuration.loopback', 'info', snapshot({ receivers: [] }), /this machine alone/, /--http/],
  [
    'configuration.certificate',
    'problem',
    snapshot({
      readings: readings({ trilite_tls_certificate_expiry_seconds: NOW / 1000 - 60 }, { file: 'a.pem' }),
    }),
    /a\.pem has expired 1m ago/,
  ],
  [
    'configuration.certificate',
    'warn',
    snapshot({
      readings: readings(
        { trilite_tls_certificate_expiry_seconds: (NOW + 5 * DAY) / 1000 },
        { file: 'a.pem' },
      ),
    }),
    /a\.pem expires in 5d/,
  ],
  [
    'configuration.cluster_resources',
    'warn',
    snapshot({
      readings: readings(
        { prometheus_operator_managed_resources: 2 },
        { resource: 'PodMonitor', state: 'rejected' },
      ),
    }),
    /2 of 0 resources of kind PodMonitor/,
    /api\/v1\/trilite\/operator/,
  ],
];

describe('a check', () => {
  for (const [id, severity, trouble, summary, remedy] of ROWS) {
    it(`${id} (${severity}) ${summary.source.slice(0, 40)}`, () => {
      const found = diagnose(trouble).findings.filter((f) => f.id === id);
      assert.ok(
        found.length > 0,
        `${id} is there: ${JSON.stringify(diagnose(trouble).findings.map((f) => f.id))}`,
      );
      const [finding] = found;
      assert.equal(finding!.severity, severity);
      assert.match(finding!.summary, summary);
      if (remedy) assert.match(finding!.remedy ?? '', remedy);
      if (severity === 'problem' || severity === 'warn') assert.ok(finding!.remedy, 'says what to do');
    });
  }

  it('finds nothing where all is well', () => {
    const { findings, verdict } = diagnose(HEALTHY);
    assert.deepEqual(
      findings.filter(({ severity }) => severity !== 'ok'),
      [],
    );
    assert.equal(verdict, 'ok');
  });

  it('judges nothing that could not be had', () => {
    const nothing = {
      ...HEALTHY,
      stored: undefined,
      cardinality: undefined,
      logs: undefined,
      traces: undefined,
    };
    const host = {
      ...HEALTHY.host,
      disk: undefined,
      fileSystem: undefined,
      openFiles: undefined,
      load1: undefined,
    };
    assert.equal(diagnose({ ...nothing, host }).verdict, 'ok');
  });

  it('has a page that says what it means', async () => {
    const { readFileSync } = await import('node:fs');
    const page = readFileSync(new URL('../../docs/doctor.md', import.meta.url), 'utf8');
    const missing = [...new Set(ROWS.map(([id]) => id))].filter((id) => !page.includes(`\`${id}\``));
    assert.deepEqual(missing, []);
  });
});

describe('a report', () => {
  it('puts the gravest first, and counts', () => {
    const trouble = snapshot({
      config: { warnings: ['w'], failure: 'bad' },
      host: { load1: 99 },
    });
    const { findings, counts, verdict } = diagnose(trouble);
    assert.deepEqual(
      findings.slice(0, 3).map((f) => f.severity),
      ['problem', 'warn', 'info'],
    );
    assert.equal(verdict, 'problem');
    assert.equal(counts.problem, 1);
    assert.equal(counts.warn, 1);
  });

  it('tells rates over the time that a young server runs', () => {
    const young = snapshot({
      startMs: NOW - 10_000,
      receivers: [
        receiver({
          recent: {
            1: { accepted: 50, refused: 0, failed: 0, bytes: 0 },
            5: { accepted: 50, refused: 0, failed: 0, bytes: 0 },
            15: { accepted: 50, refused: 0, failed: 0, bytes: 0 },
          },
        }),
      ],
    });
    assert.deepEqual(diagnose(young).arrivals[0]!.per_second, { '1m': 5, '5m': 5, '15m': 5 });
  });
});
