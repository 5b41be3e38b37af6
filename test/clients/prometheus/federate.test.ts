/** A real Prometheus federates from Trilite: it has the newest sample of every series, native histograms too. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compress } from 'snappyjs';
import { encode, WriteRequest } from '../../ingest/decode/remote-write-proto.ts';
import { postBody, promInstant, type VectorSample } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { skipUnless } from '../../support/program.ts';
import { REMOTE_WRITE_HEADERS } from '../../support/remote-write.ts';
import { temporaryServer } from '../../support/temporary-server.ts';
import { nativeHistogramsJob, PROMETHEUS, PROMETHEUS_MISSING, startPrometheus } from './run-prometheus.ts';

const labels = (record: Record<string, string>) =>
  Object.entries(record).map(([name, value]) => ({ name, value }));

const histogram = (timestamp: number) => ({
  countInt: 12,
  zeroCountInt: 2,
  sum: 18.5,
  schema: 3,
  zeroThreshold: 0.001,
  positiveSpans: [
    { offset: -2, length: 2 },
    { offset: 1, length: 1 },
  ],
  positiveDeltas: [1, 2, 1],
  negativeSpans: [{ offset: 0, length: 1 }],
  negativeDeltas: [2],
  timestamp,
});

/** Labels that tell apart what came by which way, and what has its own value in each. */
const rows = (vector: readonly VectorSample[]) =>
  vector
    .map(({ metric, value, histogram: h }) =>
      JSON.stringify([Object.entries(metric).sort(), value?.[1] ?? h?.[1]]),
    )
    .sort();

test('Prometheus by federation: every series is there as it is', {
  timeout: 60_000,
  skip: skipUnless(PROMETHEUS !== undefined, PROMETHEUS_MISSING),
}, async (t) => {
  const started: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    for (const stop of started.reverse()) await stop();
  });
  const own = await temporaryServer('global: { external_labels: { zone: z1 } }\nscrape_configs: []\n');
  started.push(() => own.dispose());
  const now = Date.now();
  const timeseries = [
    {
      labels: labels({ __name__: 'fed_plain', a: 'ü "q" \\ \n' }),
      samples: [{ timestamp: now, value: 1.5 }],
    },
    {
      labels: labels({ __name__: 'fed_plain', instance: 'i:1', job: 'j', zone: 'own' }),
      samples: [{ timestamp: now, value: 1e21 }],
    },
    { labels: labels({ __name__: 'fed_native', a: '1' }), histograms: [histogram(now)] },
    { labels: labels({ __name__: 'other' }), samples: [{ timestamp: now, value: 1 }] },
  ];
  const body = compress(encode(WriteRequest, { timeseries }));
  await postBody(`${own.server.base}/api/v1/write`, REMOTE_WRITE_HEADERS, body);
  const prometheus = await startPrometheus({
    dir: own.dir,
    targets: {},
    scrapeInterval: '1s',
    jobs: [
      {
        job_name: 'federate',
        metrics_path: '/federate',
        honor_labels: true,
        ...nativeHistogramsJob(),
        params: { 'match[]': ['{__name__=~"fed_.*"}', 'fed_plain'] },
        static_configs: [{ targets: [own.server.base.slice('http://'.length)] }],
      },
    ],
  });
  started.push(() => prometheus.program.stop('SIGKILL'));
  const want = (await promInstant(own.server.base, '{__name__=~"fed_.*"}')).map((s) => {
    // What a series lacks comes from `external_labels`, the job from the scraper; an instance from nobody.
    const metric = { job: 'federate', zone: 'z1', ...s.metric };
    return { ...s, metric };
  });
  assert.equal(want.length, 3);
  await eventually(async () => {
    const got = await promInstant(prometheus.base, '{__name__=~"fed_.*"}');
    assert.deepEqual(rows(got), rows(want));
  });
  const [{ value }] = (await promInstant(prometheus.base, 'timestamp(fed_plain{zone="own"})')) as [
    VectorSample,
  ];
  assert.equal(Number(value![1]), now / 1000, 'with the time of the sample');
});
