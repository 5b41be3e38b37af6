/** What is read of the machine, the growth of blocks, and the tables that name causes. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileSystemOf, hostState, stealShare, throttledShare } from '../../src/doctor/host-state.ts';
import { scrapeCause } from '../../src/doctor/scrape-errors.ts';
import { bytesText, percentText, spanText } from '../../src/doctor/words.ts';
import { meantBy } from '../../src/doctor/wrong-paths.ts';
import { bytesPerDay } from '../../src/local-doctor.ts';

const MOUNTS = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:25 / /tmp rw - tmpfs tmpfs rw
31 22 0:26 / /mnt/my\\040data rw - nfs4 server:/x rw
32 22 0:27 / /var/lib rw - xfs /dev/sdb rw
33 32 0:28 / /var/lib/trilite rw - overlay overlay rw
34 32 0:29 / /var/lib/trilite rw - btrfs /dev/sdc rw
`;

describe('the machine', () => {
  it('has the file system of the mount that leads to the folder', () => {
    assert.equal(fileSystemOf('/home/x', MOUNTS), 'ext4');
    assert.equal(fileSystemOf('/tmp', MOUNTS), 'tmpfs');
    assert.equal(fileSystemOf('/tmpfoo', MOUNTS), 'ext4');
    assert.equal(fileSystemOf('/mnt/my data/db', MOUNTS), 'nfs4');
    assert.equal(fileSystemOf('/var/lib/other', MOUNTS), 'xfs');
    assert.equal(fileSystemOf('/var/lib/trilite/db', MOUNTS), 'btrfs');
    assert.equal(fileSystemOf('/x', ''), undefined);
  });

  it('tells what others took of its processors', () => {
    assert.equal(stealShare('cpu  10 0 10 60 0 0 0 20 5 0\ncpu0 1 1\n'), 0.2);
    assert.equal(stealShare('cpu  10 0 10 60\n'), undefined);
    assert.equal(stealShare(''), undefined);
    assert.equal(throttledShare('usage_usec 1\nnr_periods 200\nnr_throttled 50\n'), 0.25);
    assert.equal(throttledShare('nr_periods 0\nnr_throttled 0\n'), undefined);
    assert.equal(throttledShare(''), undefined);
  });

  it('is read here, whatever it has', async () => {
    const state = await hostState(import.meta.dirname, 1000);
    assert.ok(state.cores >= 1);
    assert.ok(state.residentBytes > 1_000_000);
    assert.ok(state.disk!.totalBytes > state.disk!.freeBytes);
    assert.equal((await hostState('/nowhere/at/all', 1)).disk, undefined);
  });
});

describe('bytes a day', () => {
  const DAY = 86_400_000;
  const now = 100 * DAY;
  const block = (fromDay: number, toDay: number, bytes: number) => ({
    id: 1,
    level: 0,
    minMs: fromDay * DAY,
    maxMs: toDay * DAY,
    items: 1,
    bytes,
  });

  it('are those of the newest day of data, blocks cut at its start', () => {
    assert.equal(bytesPerDay([block(97, 98, 1e9), block(98.5, 99.5, 200), block(99.5, 100, 50)], now), 150);
  });

  it('are of a shorter time, made a day', () => {
    assert.equal(bytesPerDay([block(99.75, 100, 50)], now), 200);
  });

  it('are not told of less than an hour, or of nothing', () => {
    assert.equal(bytesPerDay([block(99.99, 100, 50)], now), undefined);
    assert.equal(bytesPerDay([], now), undefined);
  });

  it('are not led astray by times in the future', () => {
    const rate = bytesPerDay([block(99, 100, 100), block(100, 400, 30_000)], now)!;
    assert.ok(rate < 250, String(rate));
  });
});

describe('a path that is wrong', () => {
  const ROWS: readonly (readonly [path: string, meant: RegExp])[] = [
    ['/', /without the path of a signal/],
    ['/v1/traces/v1/traces', /twice/],
    ['/v1/metrics/metrics', /twice/],
    ['/v1/traces/', /^OTLP$/],
    ['/v1/trace', /^OTLP$/],
    ['/otlp/v1/traces', /^OTLP$/],
    ['/api/v1/otlp/v1/traces', /^OTLP$/],
    ['/otlp', /^OTLP$/],
    ['/opentelemetry.proto.collector.trace.v1.TraceService/Export', /gRPC/],
    ['/api/v1/push', /remote-write/],
    ['/mimir/api/v1/push', /remote-write/],
    ['/prometheus/api/v1/write', /remote-write/],
    ['/api/v1/receive', /remote-write/],
    ['/loki/push', /Loki push/],
    ['/loki/api/v1/push/', /Loki push/],
    ['/push', /Loki push/],
    ['/metrics/job/x', /Pushgateway/],
    ['/zipkin/api/v2/spans', /Zipkin/],
    ['/api/v1/spans', /version 1/],
    ['/jaeger/api/traces', /Jaeger/],
    ['/_bulk', /Elasticsearch/],
    ['/logs-2026/_bulk', /Elasticsearch/],
    ['/services/collector/event', /Splunk/],
    ['/api/v2/write', /InfluxDB/],
    ['/api/v2/series', /Datadog/],
    ['/v0.4/traces', /Datadog/],
    ['/api/v1/import/prometheus', /VictoriaMetrics/],
    ['/v1development/profiles', /profiles/],
  ];
  for (const [path, meant] of ROWS) {
    it(`${path} is told as ${meant.source}`, () => assert.match(meantBy(path)?.meant ?? 'nothing', meant));
  }

  it('that says nothing is told as nothing', () => {
    for (const path of ['/wp-login.php', '/api/v1/query', '/a/b/c'])
      assert.equal(meantBy(path), undefined, path);
  });
});

describe('a scrape that fails', () => {
  const ROWS = [
    ['Get "http://a/metrics": dial tcp 127.0.0.1:1: connect: connection refused', 'refused'],
    ['Get "http://a/metrics": context deadline exceeded', 'timeout'],
    [
      'Get "https://a/metrics": tls: failed to verify certificate: x509: certificate signed by unknown authority',
      'tls',
    ],
    ['Get "http://a/metrics": dial tcp: lookup a: no such host', 'dns'],
    ['server returned HTTP status 400 Bad Request', 'plain_to_tls'],
    ['server returned HTTP status 403 Forbidden', 'unauthorized'],
    ['server returned HTTP status 404 Not Found', 'not_found'],
    ['server returned HTTP status 503 Service Unavailable', 'status'],
    [
      'received unsupported Content-Type "text/html" and no fallback_scrape_protocol specified for target',
      'html',
    ],
    ['body size limit exceeded', 'body_size'],
    ['sample limit exceeded', 'sample_limit'],
    ['expected a valid start token, got "<" ("INVALID") while parsing: "<"', 'parse'],
    ['who knows', 'other'],
  ] as const;
  for (const [error, cause] of ROWS) {
    it(`by ${cause}`, () => assert.equal(scrapeCause(error).cause, cause));
  }
});

it('says numbers in few words', () => {
  assert.equal(bytesText(0), '0 B');
  assert.equal(bytesText(1536), '1.5 KiB');
  assert.equal(bytesText(20 * 1024 ** 3), '20 GiB');
  assert.equal(spanText(0), '0s');
  assert.equal(spanText(-90_061_000), '1d1h');
  assert.equal(spanText(3_723_000), '1h2m');
  assert.equal(spanText(61_400), '1m1s');
  assert.equal(percentText(0.001), '<1%');
  assert.equal(percentText(0.5), '50%');
});
