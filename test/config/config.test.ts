/** Flags, environment and file become one configuration, in that order of precedence; errors say where. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parseConfigFile } from '../../src/config/file.ts';
import { parseCommandLine } from '../../src/config/flags.ts';
import { jaegerPorts } from '../../src/config/jaeger-ports.ts';
import { scrapeConfigYaml } from '../../src/config/scrape-config-yaml.ts';
import { DEFAULT_CONFIG } from '../../src/config/settings.ts';
import { loadConfig } from '../../src/config.ts';
import { DEFAULT_LOG_LIMITS, NO_LOG_RATE_LIMITS } from '../../src/model/limits.ts';

const folder = mkdtempSync(join(tmpdir(), 'trilite-config-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(folder, 'config.yml');
  writeFileSync(path, text);
  return path;
}

const parse = (text: string, environment: Record<string, string> = {}) =>
  parseConfigFile('c.yml', text, environment);

describe('precedence', () => {
  it('tells tenants apart by flag, variable or file', async () => {
    const of = async (flags: readonly string[], environment = {}) =>
      (await loadConfig(parseCommandLine(flags), environment)).multiTenancy;
    assert.equal(await of([]), false);
    assert.equal(await of(['--multi-tenancy']), true);
    assert.equal(await of([], { TRILITE_MULTI_TENANCY: 'true' }), true);
    const path = file('trilite: {multi_tenancy: true}\n');
    assert.equal(await of([], { TRILITE_CONFIG: path }), true);
    assert.equal(await of([], { TRILITE_CONFIG: path, TRILITE_MULTI_TENANCY: 'false' }), false);
  });

  it('switches what requests may do on by flag, variable or file', async () => {
    const both = (config: { enableAdminApi: boolean; enableLifecycle: boolean }) => [
      config.enableAdminApi,
      config.enableLifecycle,
    ];
    assert.deepEqual(both(await loadConfig(parseCommandLine([]), {})), [false, false]);
    const flags = ['--web.enable-admin-api', '--web.enable-lifecycle'];
    assert.deepEqual(both(await loadConfig(parseCommandLine(flags), {})), [true, true]);
    const path = file('trilite: {web: {enable_admin_api: true, enable_lifecycle: true}}\n');
    const environment = { TRILITE_CONFIG: path, TRILITE_WEB_ENABLE_ADMIN_API: 'false' };
    assert.deepEqual(both(await loadConfig(parseCommandLine([]), environment)), [false, true]);
    const line = parseCommandLine(['--web.enable-admin-api']);
    assert.deepEqual(both(await loadConfig(line, environment)), [true, true]);
    await assert.rejects(
      loadConfig(parseCommandLine([]), { TRILITE_WEB_ENABLE_LIFECYCLE: 'maybe' }),
      /^ConfigError: TRILITE_WEB_ENABLE_LIFECYCLE: expected true or false, got "maybe"$/,
    );
    assert.throws(() => parseCommandLine(['--web.enable-lifecycle=1']), /--web.enable-lifecycle/);
  });

  it('lists the origins that may bring data by flag, variable or file', async () => {
    const of = async (flags: readonly string[], environment = {}) =>
      (await loadConfig(parseCommandLine(flags), environment)).cors;
    assert.deepEqual(await of([]), { allowedOrigins: [], allowedHeaders: [], maxAgeSeconds: 0 });
    const text = '{allowed_origins: ["https://*.example"], allowed_headers: [X-A], max_age: 2h}';
    const environment = { TRILITE_CONFIG: file(`trilite: {cors: ${text}}\n`) };
    const inFile = { allowedOrigins: ['https://*.example'], allowedHeaders: ['X-A'], maxAgeSeconds: 7200 };
    assert.deepEqual(await of([], environment), inFile);
    const flags = ['--cors-origin', 'http://a:1', '--cors-origin', '*'];
    assert.deepEqual(await of(flags, environment), { ...inFile, allowedOrigins: ['http://a:1', '*'] });
    const variable = { TRILITE_CORS_ORIGIN: 'http://a.test, null' };
    assert.deepEqual((await of([], variable)).allowedOrigins, ['http://a.test', 'null']);
    for (const wrong of ['shop.example', 'https://shop.example/', 'https://*.*', '', 'https://']) {
      assert.throws(
        () => parseCommandLine(['--cors-origin', wrong]),
        /--cors-origin: expected an origin/,
        wrong,
      );
    }
    await assert.rejects(
      of([], { TRILITE_CONFIG: file('trilite: {cors: {allowed_headers: ["a b"]}}\n') }),
      /expected the name of a header, got "a b"/,
    );
  });

  it("has ports for Zipkin's clients by flag, variable or file", async () => {
    const of = async (flags: readonly string[], environment = {}) =>
      (await loadConfig(parseCommandLine(flags), environment)).zipkin;
    assert.deepEqual(await of([]), []);
    const environment = { TRILITE_CONFIG: file('trilite: {zipkin: 127.0.0.1:9411}\n') };
    assert.deepEqual(await of([], environment), [{ host: '127.0.0.1', port: 9411 }]);
    assert.deepEqual(await of(['--zipkin', 'off'], environment), []);
    assert.deepEqual(await of([], { TRILITE_ZIPKIN: ':1,[::1]:2' }), [
      { host: '0.0.0.0', port: 1 },
      { host: '::1', port: 2 },
    ]);
  });

  it('has the defaults of the contract', async () => {
    const config = await loadConfig(parseCommandLine([]), {});
    assert.equal(config.dataDir, './data');
    assert.deepEqual(
      config.http.map((a) => `${a.host}:${a.port}`),
      ['127.0.0.1:9090', '127.0.0.1:3100', '127.0.0.1:3200', '127.0.0.1:4318'],
    );
    assert.deepEqual(config.otlpGrpc, { host: '127.0.0.1', port: 4317 });
    assert.equal(config.jaegerHttp, undefined);
    assert.equal(config.selfScrape, true);
    assert.deepEqual(config.retentionMs, {
      metrics: 15 * 86_400_000,
      logs: 7 * 86_400_000,
      traces: 2 * 86_400_000,
    });
  });

  it('lets flags win over the environment, the environment over the file', async () => {
    const path = file('trilite: {data: /from-file, log_level: debug, retention: 1d}\n');
    const environment = { TRILITE_CONFIG: path, TRILITE_DATA: '/from-env', TRILITE_RETENTION_LOGS: '3h' };
    const byEnvironment = await loadConfig(parseCommandLine([]), environment);
    assert.equal(byEnvironment.dataDir, '/from-env');
    assert.equal(byEnvironment.logLevel, 'debug');
    assert.deepEqual(byEnvironment.retentionMs, {
      metrics: 86_400_000,
      logs: 3 * 3_600_000,
      traces: 86_400_000,
    });
    const byFlag = await loadConfig(
      parseCommandLine(['--data', '/from-flag', '--retention', '0']),
      environment,
    );
    assert.equal(byFlag.dataDir, '/from-flag');
    assert.deepEqual(byFlag.retentionMs, { metrics: 0, logs: 0, traces: 0 });
  });

  it('follows its files unless some layer says no', async () => {
    const off = file('trilite: {config_auto_reload: false}\n');
    const followed = async (...args: readonly string[]) =>
      (await loadConfig(parseCommandLine(args), { TRILITE_CONFIG: off })).autoReload;
    assert.equal((await loadConfig(parseCommandLine([]), {})).autoReload, true);
    assert.equal(await followed(), false);
    assert.equal(await followed('--config.auto-reload', 'true'), true);
    const variable = { TRILITE_CONFIG_AUTO_RELOAD: 'false' };
    assert.equal((await loadConfig(parseCommandLine([]), variable)).autoReload, false);
  });

  it('replaces the listeners by those given', async () => {
    const line = parseCommandLine(['--http', '127.0.0.1:0', '--http=[::1]:9', '--otlp-grpc', 'off']);
    const config = await loadConfig(line, { TRILITE_HTTP: '1.2.3.4:5' });
    assert.deepEqual(config.http, [
      { host: '127.0.0.1', port: 0 },
      { host: '::1', port: 9 },
    ]);
    assert.equal(config.otlpGrpc, undefined);
    const environment = await loadConfig(parseCommandLine([]), { TRILITE_HTTP: '1.2.3.4:5,6.7.8.9:10' });
    assert.equal(environment.http.length, 2);
  });

  it('is frozen through and through', async () => {
    const config = await loadConfig(parseCommandLine([]), {});
    assert.ok(
      Object.isFrozen(config) && Object.isFrozen(config.limits.maxAgeMs) && Object.isFrozen(config.http[0]),
    );
  });

  it('names unknown variables, but not those that an orchestrator sets', async () => {
    const config = await loadConfig(parseCommandLine([]), {
      TRILITE_DATTA: 'x',
      TRILITE_SERVICE_PORT: '1',
      TRILITE_TEST_REQUIRE: '1',
    });
    assert.equal(config.warnings.length, 1);
    assert.match(config.warnings[0]!, /TRILITE_DATTA/);
  });
});

describe('the command line', () => {
  it('knows the commands', () => {
    assert.equal(parseCommandLine([]).command, 'serve');
    assert.equal(parseCommandLine(['serve', '--data', 'x']).command, 'serve');
    assert.equal(parseCommandLine(['--version']).command, 'version');
    assert.equal(parseCommandLine(['help']).command, 'help');
    assert.deepEqual(parseCommandLine(['test', 'promql', '--x', 'a']).rest, ['promql', '--x', 'a']);
  });

  const refused: readonly (readonly [string[], RegExp])[] = [
    [['--nope'], /'--nope'/],
    [['frobnicate'], /unknown command "frobnicate"/],
    [['serve', 'a.db', 'again'], /unexpected argument "again"/],
    [['--http', 'nowhere'], /^--http: expected HOST:PORT, got "nowhere"/],
    [['--http', 'a:99999'], /expected HOST:PORT/],
    [['--retention', 'soon'], /^--retention: expected a duration/],
    [['--log-level', 'loud'], /^--log-level: expected one of/],
    [['--data'], /--data/],
  ];
  for (const [argv, message] of refused) {
    it(`refuses ${argv.join(' ')}`, () => {
      assert.throws(() => parseCommandLine(argv), { name: 'ConfigError', message });
    });
  }
});

describe('a prometheus.yml', () => {
  it('is read with all its defaults', async () => {
    const config = await parse(
      `
global:
  scrape_interval: 5s
  external_labels: {cluster: $CLUSTER, price: "$$5", gone: "\${GONE}"}
rule_files: ['rules/*.yml']
scrape_configs:
  - job_name: node
    static_configs: [{targets: ['localhost:9100'], labels: {zone: a}}]
    relabel_configs:
      - {source_labels: [__address__], regex: '(.*):.*', target_label: host, action: Replace}
  - job_name: slow
    scrape_interval: 2m
    scrape_timeout: 1m
    honor_labels: true
    basic_auth: {username: u, password_file: /p}
    params: {module: [a, b]}
    file_sd_configs: [{files: [t/*.json]}]
storage: {exemplars: {max_exemplars: 5}}
otlp: {promote_resource_attributes: [service.version], translation_strategy: NoTranslation}
`,
      { CLUSTER: 'eu' },
    );
    assert.equal(config.selfScrape, false);
    assert.deepEqual(config.externalLabels, { cluster: 'eu', price: '$5', gone: '' });
    assert.deepEqual(
      config.ruleSources.map(({ language, files }) => [language, files.map((f) => f.pattern)]),
      [['promql', ['rules/*.yml']]],
    );
    assert.equal(config.otlp.strategy, 'NoTranslation');
    const [node, slow] = config.scrapeConfigs;
    assert.equal(node!.scrapeIntervalMs, 5000);
    assert.equal(node!.scrapeTimeoutMs, 5000, 'the default timeout is cut to the interval');
    assert.equal(node!.metricsPath, '/metrics');
    assert.equal(node!.relabelConfigs[0]!.action, 'replace');
    assert.equal(node!.relabelConfigs[0]!.separator, ';');
    assert.deepEqual(node!.staticConfigs, [{ targets: ['localhost:9100'], labels: { zone: 'a' } }]);
    assert.equal(slow!.scrapeTimeoutMs, 60_000);
    assert.equal(slow!.honorLabels, true);
    assert.deepEqual(slow!.client.basicAuth, { username: { value: 'u' }, password: { file: '/p' } });
    assert.deepEqual(slow!.params, { module: ['a', 'b'] });
    assert.equal(slow!.fileDiscovery[0]!.refreshIntervalMs, 300_000);
    assert.equal(config.warnings.length, 2, config.warnings.join('\n'));
  });

  it('names in a warning what is not heeded', async () => {
    const { warnings } = await parse(`
tracing: {endpoint: e}
scrape_configs:
  - job_name: k
    consul_sd_configs: [{server: c}]
`);
    assert.deepEqual(warnings.map((w) => w.replace(/^c\.yml:\d+:\d+: /, '').split(' ')[0]).sort(), [
      'scrape_configs[0].consul_sd_configs',
      'tracing',
    ]);
  });

  it('asks for protobuf first where native histograms or start timestamps are wanted', async () => {
    const text = (await parse('scrape_configs: [{job_name: a}]\n')).scrapeConfigs[0]!.scrapeProtocols;
    assert.ok(!text.includes('PrometheusProto'));
    const jobs = `
scrape_configs:
  - {job_name: on, scrape_native_histograms: true, native_histogram_bucket_limit: 160}
  - {job_name: off, scrape_native_histograms: false, native_histogram_min_bucket_factor: 1.1}
  - {job_name: told, scrape_protocols: [PrometheusText0.0.4, PrometheusProto]}
  - {job_name: silent}
`;
    const protocols = async (head: string) => {
      const { scrapeConfigs, warnings } = await parse(head + jobs);
      assert.deepEqual(warnings, []);
      assert.equal(scrapeConfigs[0]!.nativeHistogramBucketLimit, 160);
      assert.equal(scrapeConfigs[1]!.nativeHistogramMinBucketFactor, 1.1);
      return scrapeConfigs.map((c) => c.scrapeProtocols);
    };
    const first = ['PrometheusProto', ...text];
    const told = ['PrometheusText0.0.4', 'PrometheusProto'];
    assert.deepEqual(await protocols(''), [first, text, told, text]);
    assert.deepEqual(await protocols('global: {scrape_native_histograms: true}\n'), [
      first,
      text,
      told,
      first,
    ]);
    const own = 'trilite: {scrape: {start_timestamps: true}}\n';
    assert.deepEqual(await protocols(own), [first, first, told, first]);
    // What `global` says holds for all that say nothing.
    const global = 'global: {scrape_protocols: [PrometheusText1.0.0]}\n';
    const only = ['PrometheusText1.0.0'];
    assert.deepEqual(await protocols(own + global), [only, only, told, only]);
  });

  it('derives how names are to be escaped from what names are taken', async () => {
    const escapings = async (text: string) => (await parse(text)).scrapeConfigs.map((c) => c.nameEscaping);
    const jobs = `
scrape_configs:
  - {job_name: a}
  - {job_name: b, metric_name_validation_scheme: legacy}
  - {job_name: c, metric_name_escaping_scheme: dots}
`;
    assert.deepEqual(await escapings(jobs), ['allow-utf-8', 'underscores', 'dots']);
    const legacy = 'global: {metric_name_validation_scheme: legacy}\n';
    assert.deepEqual(await escapings(legacy + jobs), ['underscores', 'underscores', 'dots']);
    const values = 'global: {metric_name_escaping_scheme: values}\n';
    assert.deepEqual(await escapings(values + jobs), ['values', 'underscores', 'dots']);
    await assert.rejects(
      parse(`${legacy}scrape_configs: [{job_name: a, metric_name_escaping_scheme: allow-utf-8}]\n`),
      /allow-utf-8 needs the validation scheme utf8/,
    );
  });

  it('takes an empty file and one with an empty global section', async () => {
    assert.deepEqual((await parse('')).scrapeConfigs, []);
    assert.deepEqual((await parse('# defaults\nglobal: {}\n')).otlp, DEFAULT_CONFIG.otlp);
    assert.deepEqual((await parse('scrape_configs: []\n')).scrapeConfigs, []);
  });

  it('resolves anchors and merge keys', async () => {
    const config = await parse(`
scrape_configs:
  - &base {job_name: a, scrape_interval: 7s}
  - {<<: *base, job_name: b}
`);
    assert.equal(config.scrapeConfigs[1]!.scrapeIntervalMs, 7000);
    assert.equal(config.scrapeConfigs[1]!.jobName, 'b');
  });
});

describe('own settings', () => {
  it("say where Jaeger's protocols are listened for", async () => {
    const at = (port: number, host = '127.0.0.1') => ({ host, port });
    const ports = async (text: string, argv: string[] = [], environment = {}) => {
      const line = parseCommandLine(['--config', file(text), ...argv]);
      const config = await loadConfig(line, environment);
      return jaegerPorts(config.jaeger, config.jaegerHttp);
    };
    const none = { thrift: [], udp: [], grpc: [], query: undefined };
    const all = {
      thrift: [at(14268), at(5778)],
      udp: [at(6831), at(6832)],
      grpc: [at(14250)],
      query: at(16686),
    };
    assert.deepEqual(await ports(''), none);
    assert.deepEqual(await ports('trilite: {jaeger: true}'), all);
    assert.deepEqual(await ports('', ['--jaeger']), all);
    assert.deepEqual(await ports('', [], { TRILITE_JAEGER: 'true' }), all);
    assert.deepEqual(await ports('trilite: {jaeger: true}', [], { TRILITE_JAEGER: '0' }), none);
    const off = ['--jaeger', '--jaeger-http', 'off', '--jaeger-udp', 'off', '--jaeger-grpc', ':1'];
    assert.deepEqual(await ports('', off), { ...all, query: undefined, udp: [], grpc: [at(1, '0.0.0.0')] });
    const own = `trilite:
  jaeger_thrift: 127.0.0.1:1
  jaeger_udp: ["127.0.0.1:2", "127.0.0.1:3"]
  jaeger_http: off
`;
    assert.deepEqual(await ports(own), { ...none, thrift: [at(1)], udp: [at(2), at(3)] });
    const some = { ...all, thrift: [at(1)], udp: [at(4)], query: undefined };
    assert.deepEqual(await ports(own, ['--jaeger', '--jaeger-udp', '127.0.0.1:4']), some);
    const variables = { TRILITE_JAEGER_UDP: '127.0.0.1:5,127.0.0.1:6' };
    assert.deepEqual((await ports(own, [], variables)).udp, [at(5), at(6)]);
    await assert.rejects(ports('trilite: {jaeger_udp: [x]}'), /expected HOST:PORT/);
    assert.throws(
      () => parseCommandLine(['--jaeger-thrift', '14268']),
      /--jaeger-thrift: expected HOST:PORT/,
    );
  });

  it('are read', async () => {
    const config = await parse(`
trilite:
  data: /d
  http: 0.0.0.0:80
  otlp_grpc: off
  jaeger_http: "[::1]:16686"
  retention: {metrics: 30d, traces: 0}
  storage: {durability: disk}
  limits: {memory: 64MiB, max_age: 1h, query_timeout: 30s}
  delete: {cancel_period: 90m}
  self_scrape: yes
`);
    assert.equal(config.deleteCancelPeriodMs, 5_400_000);
    assert.equal((await parse('trilite: {delete: {}}')).deleteCancelPeriodMs, 86_400_000);
    await assert.rejects(parse('trilite: {delete: {cancel_period: soon}}'), /cancel_period/);
    assert.equal(config.dataDir, '/d');
    assert.deepEqual(config.http, [{ host: '0.0.0.0', port: 80 }]);
    assert.equal(config.otlpGrpc, undefined);
    assert.deepEqual(config.jaegerHttp, { host: '::1', port: 16686 });
    assert.deepEqual(config.retentionMs, { metrics: 30 * 86_400_000, logs: 7 * 86_400_000, traces: 0 });
    assert.equal(config.durability, 'disk');
    assert.equal(config.limits.memoryBytes, 64 * 1024 ** 2);
    assert.deepEqual(config.limits.maxAgeMs, { metrics: 3_600_000, logs: 3_600_000, traces: 3_600_000 });
    assert.equal(config.selfScrape, true);
  });
});

describe('queries', () => {
  it('are set in the file, in variables and by flags', async () => {
    const text = `
global: {evaluation_interval: 20s, query_log_file: global.log}
trilite:
  limits: {query_timeout: 30s}
  query: {lookback_delta: 1m, max_samples: 7, use_start_timestamps: true, slow_threshold: 0}
`;
    const config = await parse(text);
    assert.deepEqual(config.query, {
      lookbackMs: 60_000,
      subqueryStepMs: 20_000,
      delayNameRemoval: false,
      useStartTimestamps: true,
      samplesMax: 7,
      bytesMax: 512 * 1024 ** 2,
    });
    assert.deepEqual(config.queryLog, { file: 'global.log', slowMs: 0 });
    assert.deepEqual(config.warnings, []);
    const flags = ['--config', file(text), '--query.max-samples', '8', '--query.timeout', '1s'];
    const over = await loadConfig(parseCommandLine(flags), {
      TRILITE_QUERY_MAX_SAMPLES: '9',
      TRILITE_QUERY_LOOKBACK_DELTA: '2m',
      TRILITE_QUERY_DELAYED_NAME_REMOVAL: 'true',
      TRILITE_QUERY_LOG: 'own.log',
    });
    assert.deepEqual(
      [
        over.query.samplesMax,
        over.query.lookbackMs,
        over.query.delayNameRemoval,
        over.query.useStartTimestamps,
      ],
      [8, 120_000, true, true],
    );
    assert.deepEqual([over.limits.queryTimeoutMs, over.limits.queryConcurrency], [1000, 20]);
    assert.deepEqual(over.queryLog, { file: 'own.log', slowMs: 0 });
  });

  it('must be possible', async () => {
    await assert.rejects(parse('trilite: {query: {lookback_delta: 0}}'), /expected a duration above 0/);
    await assert.rejects(parse('trilite: {query: {max_samples: -1}}'), /expected a whole number/);
    await assert.rejects(parse('trilite: {query: {nothing: 1}}'), /nothing/);
    assert.throws(() => parseCommandLine(['--query.delayed-name-removal', 'maybe']), /true or false/);
  });
});

describe('retention', () => {
  it('is read by signal, size, tenant and selector', async () => {
    const config = await parse(`
trilite:
  retention:
    metrics: 30d
    size: {logs: 10GB}
    budget: 50GB
    tenants: {team.a: {logs: 1d, metrics: 0}, fake: {logs: 2d}}
    rules:
      - {signal: logs, selector: '{namespace="dev", pod=~"a.*"}', keep: 24h, priority: 2}
      - {signal: metrics, selector: 'up{job!="x"}', keep: 0}
`);
    assert.equal(config.retentionMs.metrics, 30 * 86_400_000);
    assert.deepEqual(config.retention, {
      sizeBytes: { logs: 10 * 1024 ** 3 },
      budgetBytes: 50 * 1024 ** 3,
      rules: [
        {
          signal: 'logs',
          matchers: [
            { type: '=', name: 'namespace', value: 'dev' },
            { type: '=~', name: 'pod', value: 'a.*' },
          ],
          keepMs: 86_400_000,
          priority: 2,
        },
        {
          signal: 'metrics',
          matchers: [
            { type: '=', name: '__name__', value: 'up' },
            { type: '!=', name: 'job', value: 'x' },
          ],
          keepMs: 0,
          priority: 0,
        },
        tenantRule('metrics', 'team.a', 0),
        tenantRule('logs', 'team.a', 86_400_000),
        tenantRule('logs', '', 2 * 86_400_000),
      ],
    });
  });

  const tenantRule = (signal: string, value: string, keepMs: number) => ({
    signal,
    matchers: [{ type: '=', name: '__tenant_id__', value }],
    keepMs,
    priority: -1,
  });

  it('by size is a flag, a variable and a key, and what Prometheus has', async () => {
    const path = file('trilite: {retention: {budget: 1GB, size: {logs: 1MB, traces: 2MB}}}\n');
    const environment = { TRILITE_CONFIG: path, TRILITE_RETENTION_SIZE_LOGS: '3MB' };
    const config = await loadConfig(parseCommandLine(['--retention.budget', '2GB']), environment);
    assert.equal(config.retention.budgetBytes, 2 * 1024 ** 3);
    assert.deepEqual(config.retention.sizeBytes, { logs: 3 * 1024 ** 2, traces: 2 * 1024 ** 2 });
    const { retention } = await parse('storage: {tsdb: {retention: {size: 7GB}}}\n');
    assert.deepEqual(retention.sizeBytes, { metrics: 7 * 1024 ** 3 });
  });

  it('says what becomes of deltas', async () => {
    assert.equal((await parse('otlp: {}\n')).otlp.delta, 'refuse');
    const { otlp } = await parse(
      'trilite: {otlp: {delta: cumulative}}\notlp: {translation_strategy: NoTranslation}\n',
    );
    assert.deepEqual([otlp.delta, otlp.strategy], ['cumulative', 'NoTranslation']);
    await assert.rejects(parse('trilite: {otlp: {delta: always}}\n'), /otlp\.delta/);
  });

  it('a window for samples out of order is heeded where it is there', async () => {
    assert.equal((await parse('storage: {tsdb: {}}\n')).outOfOrderWindowMs, undefined);
    const config = await parse('storage: {tsdb: {out_of_order_time_window: 30m}}\n');
    assert.deepEqual([config.outOfOrderWindowMs, config.warnings], [1_800_000, []]);
    assert.equal((await parse('storage: {tsdb: {out_of_order_time_window: 0s}}\n')).outOfOrderWindowMs, 0);
    await assert.rejects(
      parse('storage: {tsdb: {out_of_order_time_window: soon}}\n'),
      /out_of_order_time_window/,
    );
  });

  const rule = (selector: string) =>
    `trilite: {retention: {rules: [{signal: logs, keep: 1d, selector: ${JSON.stringify(selector)}}]}}\n`;
  for (const [selector, message] of [
    ['{a="b"', /expected "," or "}" at character 7 of/],
    ['{a=b}', /expected a matcher such as namespace="dev" at character 2/],
    ['{a="b"} x', /expected the end at character 8/],
    ['{}', /selects everything; set the retention of the signal instead/],
    ['{a=~".*"}', /selects everything/],
    ['{a=~"("}', /retention\.rules\[0\]\.selector: /],
  ] as const) {
    it(`refuses the selector ${selector}`, async () => {
      await assert.rejects(parse(rule(selector)), { message });
    });
  }

  it('of tenants is by their ids, not of traces', async () => {
    const tenants = (text: string) => parse(`trilite: {retention: {tenants: ${text}}}\n`);
    await assert.rejects(tenants('{a/b: {logs: 1d}}'), /tenant ID 'a\/b' contains unsupported character/);
    await assert.rejects(tenants('{"a|b": {logs: 1d}}'), /multiple org IDs present/);
    await assert.rejects(tenants('{"a:b": {logs: 1d}}'), /expected the id of a tenant, got "a:b"/);
    await assert.rejects(tenants('{a: {traces: 1d}}'), /traces/);
  });
});

describe('limits of logs', () => {
  it("are Loki's by default, those on rates and order off", async () => {
    const { logs } = (await parse('trilite: {limits: {max_age: {logs: 7d}}}\n')).limits;
    assert.deepEqual(logs.entries, { ...DEFAULT_LOG_LIMITS, maxAgeMs: 7 * 86_400_000 });
    assert.deepEqual(logs.rates, NO_LOG_RATE_LIMITS);
  });

  it("have Loki's names", async () => {
    const { logs } = (
      await parse(`
trilite:
  limits:
    logs:
      max_label_names_per_series: 1
      max_label_name_length: 2
      max_label_value_length: 3
      max_line_size: 4KB
      max_line_size_truncate: true
      max_structured_metadata_size: 5KB
      max_structured_metadata_entries_count: 6
      creation_grace_period: 7m
      out_of_order_window: 1h
      ingestion_rate: 4MB
      per_stream_rate_limit: 3MB
      per_stream_rate_limit_burst: 16MB
      max_streams: 5000
`)
    ).limits;
    assert.deepEqual(logs.entries, {
      ...DEFAULT_LOG_LIMITS,
      labelNamesMax: 1,
      labelNameMaxBytes: 2,
      labelValueMaxBytes: 3,
      lineMaxBytes: 4096,
      lineTruncate: true,
      metadataMaxBytes: 5120,
      metadataPairsMax: 6,
      futureMs: 7 * 60_000,
    });
    assert.deepEqual(logs.rates, {
      outOfOrderMs: 3_600_000,
      ingestionRate: 4 * 1024 ** 2,
      ingestionBurst: 6 * 1024 ** 2,
      streamRate: 3 * 1024 ** 2,
      streamBurst: 16 * 1024 ** 2,
      streamsMax: 5000,
    });
    await assert.rejects(parse('trilite: {limits: {logs: {max_line: 1}}}\n'), /max_line/);
  });
});

describe('an error', () => {
  const cases: readonly (readonly [name: string, text: string, message: RegExp])[] = [
    [
      'unknown top key',
      'scrape_config: []\n',
      /^c\.yml:1:1: unknown key "scrape_config"; did you mean "scrape_configs"\?/,
    ],
    [
      'unknown nested key',
      'global:\n  scrape_intervall: 1s\n',
      /^c\.yml:2:3: unknown key "scrape_intervall" in global; did you mean/,
    ],
    [
      'unknown own key',
      'trilite:\n  dat: x\n',
      /^c\.yml:2:3: unknown key "dat" in trilite; did you mean "data"\?/,
    ],
    ['an own key elsewhere', 'retention: 1d\n', /^c\.yml:1:1: unknown key "retention"; expected one of/],
    ['wrong type', 'scrape_configs: 5\n', /^c\.yml:1:17: scrape_configs: expected a list, got "5"/],
    [
      'bad duration',
      'global:\n  scrape_interval: often\n',
      /^c\.yml:2:20: global\.scrape_interval: expected a duration such as/,
    ],
    [
      'bad boolean',
      'scrape_configs:\n- job_name: a\n  honor_labels: perhaps\n',
      /c\.yml:3:17: .*expected true or false/,
    ],
    ['no job name', 'scrape_configs:\n- {}\n', /c\.yml:2:3: scrape_configs\[0\]: "job_name" is missing/],
    [
      'the same job twice',
      'scrape_configs:\n- job_name: a\n- job_name: a\n',
      /c\.yml:3:13: .*found multiple scrape configs with job name "a"/,
    ],
    [
      'timeout above interval',
      'global:\n  scrape_interval: 5s\n  scrape_timeout: 6s\n',
      /c\.yml:3:19: .*timeout is greater/,
    ],
    ['bad relabel', 'scrape_configs:\n- job_name: a\n  relabel_configs:\n  - regex: "("\n', /c\.yml:4:5: /],
    [
      'bad action',
      'scrape_configs:\n- job_name: a\n  relabel_configs:\n  - action: frob\n',
      /expected one of replace, keep/,
    ],
    ['no YAML', 'a: [1\n', /^c\.yml:\d+:\d+: /],
    ['a key twice', 'global: {}\nglobal: {}\n', /^c\.yml:2:1: .*unique/],
    [
      'two credentials',
      'scrape_configs:\n- job_name: a\n  basic_auth: {password: a, password_file: b}\n',
      /c\.yml:3:44: .*at most one of basic_auth password, password_file & password_ref must be configured/,
    ],
    [
      'bad durability',
      'trilite:\n  storage: {durability: maybe}\n',
      /expected one of process, disk, got "maybe"/,
    ],
    [
      'otlp lists that exclude each other',
      'otlp: {promote_all_resource_attributes: true, promote_resource_attributes: [a]}\n',
      /exclude each other/,
    ],
    ['a bad listener', 'trilite: {http: [9090]}\n', /trilite\.http\[0\]: expected HOST:PORT, got "9090"/],
  ];
  for (const [name, text, message] of cases) {
    it(`says where: ${name}`, async () => {
      await assert.rejects(parse(text), { name: 'ConfigError', message });
    });
  }

  it('of a missing file names it', async () => {
    await assert.rejects(loadConfig(parseCommandLine(['--config', '/no/such/file.yml']), {}), {
      name: 'ConfigError',
      message: 'cannot read /no/such/file.yml: there is no such file',
    });
  });
});

describe('a job as YAML', () => {
  it('has its defaults, no secrets, and reads back as the same job', async () => {
    const text = `
scrape_configs:
  - job_name: a
    params: {module: [x]}
    scrape_interval: 30s
    basic_auth: {username: u, password: hidden}
    sample_limit: 5
    body_size_limit: 10MB
    tls_config: {insecure_skip_verify: true, min_version: TLS12}
    static_configs: [{targets: ["h:1"], labels: {l: "a: b"}}]
    file_sd_configs: [{files: [t.json], refresh_interval: 1m}]
    relabel_configs:
      - {source_labels: [job], regex: 'a(.*)', target_label: x, replacement: '\${1}'}
      - {action: labeldrop, regex: 'y.*'}
`;
    const [job] = (await parse(text)).scrapeConfigs;
    const yaml = await scrapeConfigYaml(job!);
    assert.match(yaml, /^job_name: a\nhonor_timestamps: true\n/);
    assert.match(yaml, /password: <secret>/);
    assert.ok(!yaml.includes('hidden'));
    const again = await parse(
      `scrape_configs:\n${yaml.replace(/^/gm, '    ').replace('    job', '  - job')}`,
    );
    const basicAuth = { ...job!.client.basicAuth!, password: { value: '<secret>' } };
    assert.deepEqual(again.scrapeConfigs[0], { ...job!, client: { ...job!.client, basicAuth } });
  });
});
