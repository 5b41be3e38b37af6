/**
 * A target that serves protobuf where it is asked for it, with native histograms, exemplars and start timestamps,
 * scraped by Trilite as its configuration file says; asked about while it runs, after a flush, and after a restart.
 */

import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { expose, PROTOBUF_CONTENT_TYPE } from '../../ingest/decode/exposition-proto.ts';
import { getJson, type LabelSet, postBody, promInstant, promValuesBy } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
/** The application began, and its exemplar was seen, this long before the first scrape. */
const BEGAN_SECONDS = Math.floor(Date.now() / 1000) - 60;

const began = { createdTimestamp: { seconds: BEGAN_SECONDS } };
const exemplar = {
  label: [{ name: 'trace_id', value: TRACE_ID }],
  value: 1.9,
  timestamp: { seconds: BEGAN_SECONDS, nanos: 250e6 },
};

/** Eight observations in (1, 2], two in (2, 4], and so in the classic buckets; `scale` counts scrapes. */
function exposition(scale: number): Uint8Array {
  const latency = {
    sampleCount: 10 * scale,
    sampleSum: 20 * scale,
    bucket: [
      { upperBound: 2, cumulativeCount: 8 * scale, exemplar },
      { upperBound: 4, cumulativeCount: 10 * scale },
    ],
    schema: 0,
    zeroThreshold: 0.001,
    positiveSpan: [{ offset: 1, length: 2 }],
    positiveDelta: [8 * scale, -6 * scale],
    exemplars: [exemplar],
    ...began,
  };
  const float = {
    sampleCountFloat: 2.5,
    sampleSum: 5,
    schema: 0,
    zeroThreshold: 0.001,
    negativeSpan: [{ offset: 1, length: 1 }],
    negativeCount: [1.5],
    positiveSpan: [{ offset: 1, length: 1 }],
    positiveCount: [1],
  };
  const label = [{ name: 'http.route', value: '/' }];
  return expose([
    {
      name: 'latency_seconds',
      help: 'Latency.',
      unit: 'seconds',
      type: 4,
      metric: [{ label, histogram: latency }],
    },
    { name: 'balance', type: 5, metric: [{ histogram: float }] },
    { name: 'requests_total', metric: [{ counter: { value: 10 * scale, exemplar, ...began } }] },
  ]);
}

describe('a target that speaks protobuf', { timeout: 110_000 }, () => {
  let scrapes = 0;
  const asked: string[] = [];
  const target = http.createServer((request, response) => {
    asked.push(String(request.headers.accept));
    if (/application\/vnd\.google\.protobuf/.test(String(request.headers.accept))) {
      response.setHeader('content-type', PROTOBUF_CONTENT_TYPE);
      response.end(exposition(++scrapes));
    } else {
      response.setHeader('content-type', 'text/plain');
      response.end('requests_total 10\n');
    }
  });
  let own: TemporaryServer;
  let restarted: TestServer | undefined;
  /** A moment between scrapes, at which every series has a sample. */
  let timeMs = 0;

  before(async () => {
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(target.address() as AddressInfo).port}`;
    const jobs = [
      'job_name: native, scrape_native_histograms: true',
      'job_name: both, scrape_native_histograms: true, always_scrape_classic_histograms: true',
      'job_name: classic, scrape_protocols: [PrometheusProto]',
      'job_name: custom, scrape_protocols: [PrometheusProto], convert_classic_histograms_to_nhcb: true',
      'job_name: text',
    ];
    const list = jobs.map((j) => `  - {${j}, static_configs: [{targets: ['${address}']}]}\n`).join('');
    own = await temporaryServer(
      `global: { scrape_interval: 1s, scrape_timeout: 900ms }\nscrape_configs:\n${list}`,
    );
    await eventually(async () => {
      const up = await promValuesBy(own.server.base, 'job', 'sum by (job) (count_over_time(up[1m]))');
      assert.equal(Object.keys(up).length, jobs.length);
      assert.ok(Object.values(up).every((n) => Number(n) >= 2));
    });
    timeMs = Date.now();
  });
  after(async () => {
    await restarted?.stop('SIGKILL');
    await own?.dispose();
    target.closeAllConnections();
    target.close();
  });

  async function check(base: string): Promise<void> {
    const quantile = (job: string, name: string) =>
      promInstant(base, `histogram_quantile(0.4, ${name}{job="${job}"})`, timeMs);
    // Half of the eight in (1, 2]: halfway on a logarithmic scale, or on a linear one where buckets are classic.
    for (const job of ['native', 'both']) {
      const [found] = await quantile(job, 'latency_seconds');
      assert.equal(found?.metric['http.route'], '/');
      assert.ok(Math.abs(Number(found.value![1]) - Math.SQRT2) < 1e-9, found.value![1]);
    }
    const classic = (await quantile('classic', 'latency_seconds_bucket'))[0]!.value![1];
    assert.equal(classic, '1');
    const custom = (await quantile('custom', 'latency_seconds'))[0]!.value![1];
    assert.equal(custom, classic);
    assert.deepEqual(await promValuesBy(base, 'job', 'count by (job) (latency_seconds_bucket)'), {
      both: '3',
      classic: '3',
    });
    const [balance] = await promInstant(base, 'balance{job="native"}', timeMs);
    assert.deepEqual(balance!.histogram![1], {
      count: '2.5',
      sum: '5',
      buckets: [
        [1, '-2', '-1', '1.5'],
        [0, '1', '2', '1'],
      ],
    });
    const counts = await promValuesBy(base, 'job', 'requests_total');
    assert.equal(counts.text, '10');

    interface Exemplars {
      readonly data: readonly {
        readonly seriesLabels: LabelSet;
        readonly exemplars: readonly { labels: LabelSet; value: string; timestamp: number }[];
      }[];
    }
    const { data } = await getJson<Exemplars>(base, '/api/v1/query_exemplars', {
      query: '{__name__=~"latency_seconds|requests_total", job="native"}',
      start: BEGAN_SECONDS - 10,
      end: BEGAN_SECONDS + 600,
    });
    assert.deepEqual(data.map((s) => s.seriesLabels.__name__).sort(), ['latency_seconds', 'requests_total']);
    for (const { exemplars } of data) {
      assert.deepEqual(exemplars, [
        { labels: { trace_id: TRACE_ID }, value: '1.9', timestamp: BEGAN_SECONDS + 0.25 },
      ]);
    }
  }

  test('is asked for it where native histograms are wanted', () => {
    const accepts = [...new Set(asked)];
    assert.equal(accepts.length, 3);
    assert.ok(
      accepts.some((a) => a.startsWith('application/vnd.google.protobuf') && a.includes('text/plain')),
    );
    assert.ok(accepts.some((a) => !a.includes('protobuf')));
  });

  test('quantiles and exemplars are right', () => check(own.server.base));

  test('metadata are known', async () => {
    const { data } = await getJson<{ data: Record<string, unknown[]> }>(own.server.base, '/api/v1/metadata');
    assert.deepEqual(data.latency_seconds, [{ type: 'histogram', unit: 'seconds', help: 'Latency.' }]);
    assert.deepEqual(data.balance, [{ type: 'gaugehistogram', unit: '', help: '' }]);
  });

  test('also after a flush and a compaction', async () => {
    await postBody(`${own.server.base}/-/flush?compact=true`, {}, '');
    await check(own.server.base);
  });

  test('also after a restart', async () => {
    await own.server.stop('SIGKILL');
    restarted = await startServer({
      dataDir: path.join(own.dir, 'data'),
      args: ['--config', path.join(own.dir, 'config.yml')],
    });
    await check(restarted.base);
  });
});
