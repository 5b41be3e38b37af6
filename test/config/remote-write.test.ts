/** `remote_write:`: defaults, all of its keys, and the original's words for what is wrong. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfigFile } from '../../src/config/file.ts';
import type { RemoteWriteConfig } from '../../src/remote/write/remote-write-config.ts';

const read = async (yaml: string) => {
  const config = await parseConfigFile('prometheus.yml', yaml, {});
  return { remotes: config.remoteWrites, warnings: config.warnings, bytes: config.remoteQueueBytes };
};

async function one(yaml: string): Promise<RemoteWriteConfig> {
  const { remotes } = await read(`remote_write:\n  - ${yaml.trim().split('\n').join('\n    ')}\n`);
  assert.equal(remotes.length, 1);
  return remotes[0]!;
}

test('a URL is enough: the original’s defaults', async () => {
  assert.deepEqual(await one('url: http://there:9090/api/v1/write'), {
    url: 'http://there:9090/api/v1/write',
    name: '',
    protobufMessage: 'prometheus.WriteRequest',
    remoteTimeoutMs: 30_000,
    headers: {},
    writeRelabelConfigs: [],
    sendExemplars: false,
    sendNativeHistograms: false,
    roundRobinDns: false,
    client: { followRedirects: true, httpHeaders: {} },
    queue: {
      capacity: 10_000,
      maxShards: 50,
      minShards: 1,
      maxSamplesPerSend: 2000,
      batchSendDeadlineMs: 5000,
      minBackoffMs: 30,
      maxBackoffMs: 5000,
      retryOnHttp429: false,
      sampleAgeLimitMs: 0,
    },
    metadata: { send: true, sendIntervalMs: 60_000, maxSamplesPerSend: 2000 },
  });
});

test('everything that can be said', async () => {
  const config = await one(`
url: https://there/write
name: central
remote_timeout: 10s
headers: { X-Scope-OrgID: edge }
write_relabel_configs:
  - { source_labels: [__name__], regex: 'go_.*', action: drop }
send_exemplars: true
send_native_histograms: true
round_robin_dns: true
protobuf_message: io.prometheus.write.v2.Request
basic_auth: { username: me, password_file: secret }
tls_config: { insecure_skip_verify: true }
follow_redirects: false
queue_config:
  capacity: 500
  max_shards: 8
  min_shards: 2
  max_samples_per_send: 100
  batch_send_deadline: 1s
  min_backoff: 50ms
  max_backoff: 1m
  retry_on_http_429: true
  sample_age_limit: 2h
metadata_config: { send: false, send_interval: 5m, max_samples_per_send: 10 }`);
  assert.equal(config.name, 'central');
  assert.equal(config.protobufMessage, 'io.prometheus.write.v2.Request');
  assert.equal(config.remoteTimeoutMs, 10_000);
  assert.deepEqual(config.headers, { 'X-Scope-OrgID': 'edge' });
  assert.equal(config.writeRelabelConfigs[0]!.action, 'drop');
  assert.ok(config.sendExemplars && config.sendNativeHistograms && config.roundRobinDns);
  assert.deepEqual(config.client.basicAuth, { username: { value: 'me' }, password: { file: 'secret' } });
  assert.equal(config.client.followRedirects, false);
  assert.deepEqual(config.queue, {
    capacity: 500,
    maxShards: 8,
    minShards: 2,
    maxSamplesPerSend: 100,
    batchSendDeadlineMs: 1000,
    minBackoffMs: 50,
    maxBackoffMs: 60_000,
    retryOnHttp429: true,
    sampleAgeLimitMs: 7_200_000,
  });
  assert.deepEqual(config.metadata, { send: false, sendIntervalMs: 300_000, maxSamplesPerSend: 10 });
});

const REFUSED: readonly (readonly [yaml: string, message: RegExp])[] = [
  ['name: a', /url for remote_write is empty/],
  ['url: ""', /url for remote_write is empty/],
  ['url: there:9090', /no URL of HTTP or HTTPS/],
  ['url: http://a\nprotobuf_message: v3', /invalid protobuf_message value: .*v3/],
  ['url: http://a\nheaders: { Authorization: x }', /authorization header must be changed via the basic_auth/],
  ['url: http://a\nheaders: { user-agent: x }', /user-agent is a reserved header\. It must not be changed/],
  ['url: http://a\nqueue_config: { max_shards: 0 }', /remote write queue max_shards must be positive/],
  ['url: http://a\nqueue_config: { min_shards: -1 }', /remote write queue min_shards must be positive/],
  ['url: http://a\nqueue_config: { capacity: 0 }', /remote write queue capacity must be positive/],
  ['url: http://a\nqueue_config: { max_samples_per_send: 0 }', /queue max_samples_per_send must be positive/],
  ['url: http://a\nqueue_config: { min_shards: 60 }', /min_shards must not be greater than max_shards/],
  ['url: http://a\nqueue_config: { min_backoff: 10s }', /max_backoff must not be less than min_backoff/],
  ['url: http://a\nwrite_relabel_configs: [{ action: hashmod, target_label: a }]', /non-zero modulus/],
  ['url: http://a\nsigv4: { region: a }', /sigv4 is not supported/],
  ['url: http://a\nazuread: { cloud: a }', /azuread is not supported/],
  ['url: http://a\ngoogle_iam: { credentials_file: a }', /google_iam is not supported/],
  ['url: http://a\nqueue: {}', /unknown key "queue"/],
];

test('what is wrong is refused, with where it stands', async () => {
  for (const [yaml, message] of REFUSED) {
    await assert.rejects(one(yaml), (error: Error) => {
      assert.match(error.message, message, yaml);
      assert.match(error.message, /^prometheus\.yml:\d+:\d+: /, yaml);
      return true;
    });
  }
});

test('two of one name, or two that are the same, are refused', async () => {
  const two = (a: string, b: string) => read(`remote_write:\n  - ${a}\n  - ${b}\n`);
  await assert.rejects(
    two('{ url: http://a, name: x }', '{ url: http://b, name: x }'),
    /found multiple remote write configs with job name "x"/,
  );
  await assert.rejects(
    two('{ url: http://a }', '{ url: http://a }'),
    /duplicate remote write configs are not allowed, found duplicate for URL: http:\/\/a/,
  );
  assert.equal((await two('{ url: http://a }', '{ url: http://a, send_exemplars: true }')).remotes.length, 2);
});

test('how much may wait on disk', async () => {
  assert.equal((await read('trilite: { remote_write: { queue_size: 10MB } }')).bytes, 10 * 1024 * 1024);
  assert.equal((await read('scrape_configs: []')).bytes, 1024 ** 3);
});
