/** A Promtail configuration is read as it is; what is wrong is told with its place. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parseConfigFile } from '../../src/config/file.ts';
import { parseCommandLine } from '../../src/config/flags.ts';
import { expandEnvironment, readPromtailFile } from '../../src/config/tail-section.ts';
import { loadConfig } from '../../src/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'trilite-tail-config-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(text: string, name = 'promtail.yml'): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const PROMTAIL = `
server: {http_listen_port: 9080, grpc_listen_port: 0}
positions: {filename: /tmp/positions.yaml, sync_period: 1m30s}
clients:
  - url: http://user:pass@loki:3100/loki/api/v1/push
    tenant_id: t
    batchwait: 1.5s
    batchsize: 102400
    external_labels: {cluster: c}
    headers: {X-A: b}
    backoff_config: {min_period: 100ms, max_period: 1s, max_retries: 3}
scrape_configs:
  - job_name: system
    pipeline_stages:
      - regex: {expression: '^(?P<level>\\w+) '}
      - labels: {level: }
    static_configs:
      - targets: [localhost]
        labels: {job: varlogs, __path__: /var/log/**/*.log, __path_exclude__: /var/log/x}
limits_config: {readline_rate_enabled: true, readline_rate: 5, readline_burst: 7, max_line_size: 64KB}
target_config: {sync_period: 5s}
global: {file_watch_config: {min_poll_frequency: 100ms, max_poll_frequency: 2s}}
`;

describe('a Promtail configuration', () => {
  it('is read as it is', async () => {
    const { tail, warnings } = await readPromtailFile(file(PROMTAIL), false, { HOSTNAME: 'h' });
    assert.deepEqual(warnings, [`${folder}/promtail.yml:2:9: server has no meaning here and is ignored`]);
    const { clients, positions, jobs, limits, ...rest } = tail;
    assert.deepEqual(rest, { syncPeriodMs: 5000, pollMinMs: 100, pollMaxMs: 2000, hostname: 'h' });
    assert.equal(positions.file, '/tmp/positions.yaml');
    assert.equal(positions.syncPeriodMs, 90_000);
    const [client] = clients;
    assert.equal(client!.name, 'http://loki:3100/loki/api/v1/push');
    assert.equal(client!.url, 'http://user:pass@loki:3100/loki/api/v1/push');
    assert.deepEqual(
      [client!.batchWaitMs, client!.batchBytes, client!.retriesMax, client!.timeoutMs],
      [1500, 102_400, 3, 10_000],
    );
    assert.deepEqual(client!.http.httpHeaders, { 'X-A': ['b'] });
    assert.deepEqual(limits, {
      lineRate: 5,
      lineBurst: 7,
      dropsAboveRate: true,
      lineMaxBytes: 65_536,
      truncatesLines: false,
    });
    assert.equal(jobs[0]!.name, 'system');
    assert.equal(jobs[0]!.staticTargets[0]!.labels.__path__, '/var/log/**/*.log');
    assert.equal(jobs[0]!.pipelineStages.length, 2);
  });

  it('has Promtail defaults, and takes over its positions', async () => {
    const { tail } = await readPromtailFile(file('scrape_configs: []'), false, {});
    assert.deepEqual(tail.clients, []);
    assert.equal(tail.positions.file, undefined);
    assert.equal(tail.positions.inherited, '/var/log/positions.yaml');
    assert.deepEqual([tail.syncPeriodMs, tail.pollMinMs, tail.pollMaxMs], [10_000, 250, 250]);
  });

  const wrong: readonly (readonly [text: string, message: RegExp])[] = [
    ['scrape_config: []', /^promtail.yml:1:1: unknown key "scrape_config"; did you mean "scrape_configs"\?/],
    ['clients: [{}]', /"url" is missing/],
    ['clients: [{url: loki}]', /url: is not a URL/],
    ['clients: [{url: "http://x", batchwait: soon}]', /batchwait: expected a duration/],
    ['scrape_configs: [{job_name: a, syslog: {}}]', /:1:40: scrape_configs\[0\].syslog: is not supported/],
    ['scrape_configs: [{job_name: a, loki_push_api: {}}]', /this server takes pushes itself/],
    ['scrape_configs: [{job_name: a}, {job_name: a}]', /another job of the name "a"/],
    ['scrape_configs: [{job_name: a, encoding: klingon}]', /the encoding "klingon" is not known/],
    [
      'scrape_configs: [{job_name: a, decompression: {enabled: true, format: bz2}}]',
      /bz2 cannot be read here/,
    ],
    [
      'scrape_configs: [{job_name: a, static_configs: [{labels: {__path__: "/a/[b"}}]}]',
      /"\[" is not closed/,
    ],
    ['scrape_configs: [{job_name: a, docker_sd_configs: [{host: docker}]}]', /expected unix:/],
    ['scrape_configs: [{job_name: a, kubernetes_sd_configs: [{role: node}]}]', /expected pod/],
    [
      'scrape_configs: [{job_name: a, kubernetes_sd_configs: [{role: pod}]}]',
      /api_server or kubeconfig_file is needed/,
    ],
    ['scrape_configs: [{job_name: a, relabel_configs: [{action: hashmod}]}]', /hashmod requires/],
    ['scrape_configs: [{job_name: a, pipeline_stages: [{json: {}, regex: {}}]}]', /pipeline_stages\[0\]/],
    ['limits_config: {readline_rat: 1}', /did you mean "readline_rate"/],
    ['', /the file is empty/],
  ];
  for (const [text, message] of wrong) {
    it(`refuses ${text === '' ? 'nothing' : text}`, async () => {
      await assert.rejects(readPromtailFile(file(text), false, {}), (error: Error) => {
        assert.equal(error.name, 'ConfigError');
        assert.match(error.message.replace(`${folder}/`, ''), message);
        assert.ok(!error.message.includes('\n'));
        return true;
      });
    });
  }

  it('asks the API of the cluster that it runs in', async () => {
    const text = 'scrape_configs: [{job_name: a, kubernetes_sd_configs: [{role: pod}]}]';
    const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };
    const { tail } = await readPromtailFile(file(text), false, environment);
    const [config] = tail.jobs[0]!.kubernetesDiscovery;
    const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
    assert.deepEqual(config!.access, { way: 'in-cluster', host: 'fd00::1', port: '6443', folder });
  });

  it('has its variables expanded where that is asked for', async () => {
    const environment = { HOST: 'loki', EMPTY: '' };
    const text = '@{HOST} @{NONE} @{NONE:-d:e} @{EMPTY:-f} @{EMPTY} @HOST @{1} \\\\d'.replaceAll('@', '$');
    const expected = 'loki  d:e f  @HOST @{1} \\d'.replaceAll('@', '$');
    assert.equal(expandEnvironment(text, environment), expected);
    const path = file('clients: [{url: "http://@{HOST}:3100/push"}]'.replace('@', '$'));
    const load = (...argv: string[]) => loadConfig(parseCommandLine(argv), environment);
    const config = await load('--promtail-config', path, '--promtail-config.expand-env');
    assert.equal(config.tail!.clients[0]!.url, 'http://loki:3100/push');
    const plain = await load('--promtail-config', path);
    assert.notEqual(plain.tail!.clients[0]!.url, 'http://loki:3100/push');
  });
});

describe('trilite: tail:', () => {
  it('says the same', async () => {
    const text = `trilite:\n  tail:\n    scrape_configs: [{job_name: a, static_configs: [{labels: {__path__: /x}}]}]\n`;
    const config = await parseConfigFile('c.yml', text, {});
    assert.equal(config.tail!.jobs[0]!.name, 'a');
    assert.equal(config.tail!.positions.inherited, undefined);
    const path = file(text, 'trilite.yml');
    const line = parseCommandLine(['--config', path, '--promtail-config', file(PROMTAIL)]);
    await assert.rejects(loadConfig(line, {}), /cannot both say what is followed/);
  });
});

describe('the program', () => {
  const run = (...args: string[]) =>
    spawnSync(
      join(import.meta.dirname, '../../bin/trilite'),
      ['serve', '--data', join(folder, 'data'), ...args],
      {
        encoding: 'utf8',
        timeout: 20_000,
      },
    );
  it('ends with one line where the configuration cannot be (2), or the positions (1)', () => {
    const unknown = run('--promtail-config', file('scrape_configs: 1'));
    assert.equal(unknown.status, 2);
    assert.match(
      unknown.stderr,
      /^trilite: .*promtail.yml:1:17: scrape_configs: expected a list, got "1"\n$/,
    );
    const positions = file('positions: [1]', 'bad.yaml');
    const bad = run(
      '--http',
      '127.0.0.1:0',
      '--otlp-grpc',
      'off',
      '--promtail-config',
      file(`positions: {filename: ${positions}}`),
    );
    assert.equal(bad.status, 1);
    assert.match(bad.stderr, /bad.yaml is no positions file/);
    assert.equal(bad.stderr.trim().split('\n').length, 1);
  });
});
