/**
 * A scrape target that exposes one native histogram, which only Prometheus' protobuf exposition format can carry:
 * length-delimited `MetricFamily` messages.
 */

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import protobuf from 'protobufjs';
import type { SmallTarget } from './small-target.ts';

const CONTENT_TYPE =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

const { root } = protobuf.parse(`
  syntax = "proto2";
  package io.prometheus.client;
  enum MetricType { COUNTER = 0; GAUGE = 1; SUMMARY = 2; UNTYPED = 3; HISTOGRAM = 4; }
  message LabelPair { optional string name = 1; optional string value = 2; }
  message BucketSpan { optional sint32 offset = 1; optional uint32 length = 2; }
  message Histogram {
    optional uint64 sample_count = 1;
    optional double sample_sum = 2;
    optional sint32 schema = 5;
    optional double zero_threshold = 6;
    optional uint64 zero_count = 7;
    repeated BucketSpan negative_span = 9;
    repeated sint64 negative_delta = 10;
    repeated BucketSpan positive_span = 12;
    repeated sint64 positive_delta = 13;
  }
  message Metric { repeated LabelPair label = 1; optional Histogram histogram = 7; }
  message MetricFamily {
    optional string name = 1;
    optional string help = 2;
    optional MetricType type = 3;
    repeated Metric metric = 4;
  }
`);
const MetricFamily = root.lookupType('io.prometheus.client.MetricFamily');

/** Differences of neighbours, as the format has bucket counts. */
const deltas = (counts: readonly number[]) => counts.map((count, i) => count - (counts[i - 1] ?? 0));

/** Scrape `n`: every bucket grows; now and then one more appears, which changes the layout of chunks. */
function family(n: number): Uint8Array {
  const base = 100_000;
  const positive = [0, 1, 2, 3].map((i) => base + n * (i + 1));
  const spans = [
    { offset: -3, length: 2 },
    { offset: 4, length: 2 },
  ];
  if (n >= 6) {
    spans.push({ offset: 1, length: 1 });
    positive.push(n);
  }
  const negative = [base + 2 * n];
  const zeroCount = n;
  const sum = [...positive, ...negative, zeroCount].reduce((a, b) => a + b, 0);
  const metric = (path: string, factor: number) => ({
    label: [{ name: 'path', value: path }],
    histogram: {
      sampleCount: sum * factor,
      sampleSum: 12.5 * n * factor,
      schema: 3,
      zeroThreshold: 2 ** -20,
      zeroCount: zeroCount * factor,
      positiveSpan: spans,
      positiveDelta: deltas(positive.map((count) => count * factor)),
      negativeSpan: [{ offset: 2, length: 1 }],
      negativeDelta: deltas(negative.map((count) => count * factor)),
    },
  });
  const message = {
    name: 'small_native_seconds',
    help: 'A native histogram.',
    type: 'HISTOGRAM',
    metric: [metric('/a', 1), metric('/b', 3)],
  };
  return MetricFamily.encodeDelimited(MetricFamily.fromObject(message)).finish();
}

export async function startNativeTarget(): Promise<SmallTarget> {
  let scrapes = 0;
  const server = http.createServer((_, response) => {
    response.writeHead(200, { 'content-type': CONTENT_TYPE });
    response.end(family(scrapes++));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, scrapes: () => scrapes, stop };
}
