/** Everything that a server has of some series, bit by bit and with stale markers: by remote read, as samples. */

import protobuf from 'protobufjs';
import { compress, uncompress } from 'snappyjs';

const { root } = protobuf.parse(`
syntax = "proto3";
message Label { string name = 1; string value = 2; }
message Sample { fixed64 value = 1; int64 timestamp = 2; }
message BucketSpan { sint32 offset = 1; uint32 length = 2; }
message Histogram {
  oneof count { uint64 count_int = 1; double count_float = 2; }
  fixed64 sum = 3;
  sint32 schema = 4;
  double zero_threshold = 5;
  oneof zero_count { uint64 zero_count_int = 6; double zero_count_float = 7; }
  repeated BucketSpan negative_spans = 8;
  repeated sint64 negative_deltas = 9;
  repeated double negative_counts = 10;
  repeated BucketSpan positive_spans = 11;
  repeated sint64 positive_deltas = 12;
  repeated double positive_counts = 13;
  int64 timestamp = 15;
  repeated double custom_values = 16;
}
message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; repeated Histogram histograms = 4; }
message LabelMatcher { uint32 type = 1; string name = 2; string value = 3; }
message Query { int64 start_timestamp_ms = 1; int64 end_timestamp_ms = 2; repeated LabelMatcher matchers = 3; }
message ReadRequest { repeated Query queries = 1; }
message QueryResult { repeated TimeSeries timeseries = 1; }
message ReadResponse { repeated QueryResult results = 1; }
`);
const ReadRequest = root.lookupType('ReadRequest');
const ReadResponse = root.lookupType('ReadResponse');

const REGEX = 2;
const STALE_BITS = '7ff0000000000002';

export interface ReadSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** Time to what is there: a number as text, `stale`, or a histogram as JSON. Ascending. */
  readonly samples: ReadonlyMap<number, string>;
}

type Fields = Record<string, never>;

/** Every series with a metric name, from `startMs` on. */
export async function readSamples(base: string, startMs: number): Promise<ReadSeries[]> {
  const matchers = [{ type: REGEX, name: '__name__', value: '.+' }];
  const query = { startTimestampMs: startMs, endTimestampMs: Date.now() + 3_600_000, matchers };
  const request = ReadRequest.encode(ReadRequest.fromObject({ queries: [query] })).finish();
  const answer = await fetch(`${base}/api/v1/read`, {
    method: 'POST',
    headers: { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' },
    body: compress(request),
  });
  const body = Buffer.from(await answer.arrayBuffer());
  if (!answer.ok) throw new Error(`${base}/api/v1/read answered ${answer.status}: ${body}`);
  const message = ReadResponse.decode(new Uint8Array(uncompress(body)));
  const { results } = ReadResponse.toObject(message, { longs: String, defaults: false }) as {
    results?: { timeseries?: Fields[] }[];
  };
  return (results?.[0]?.timeseries ?? []).map(readSeries);
}

function readSeries(series: Fields): ReadSeries {
  const {
    labels = [],
    samples = [],
    histograms = [],
  } = series as {
    labels?: { name: string; value: string }[];
    samples?: { value?: string; timestamp?: string }[];
    histograms?: Record<string, unknown>[];
  };
  const found: [number, string][] = [];
  for (const { value = '0', timestamp = '0' } of samples) found.push([Number(timestamp), floatText(value)]);
  for (const { timestamp = '0', sum = '0', ...rest } of histograms) {
    const sumText = floatText(sum as string);
    found.push([
      Number(timestamp as string),
      sumText === 'stale' ? 'stale' : JSON.stringify({ sum: sumText, ...canonical(rest) }),
    ]);
  }
  found.sort(([a], [b]) => a - b);
  return { labels: Object.fromEntries(labels.map((l) => [l.name, l.value])), samples: new Map(found) };
}

/** A float of these 64 bits, as text that tells stale markers. Remote read itself loses the sign of zero. */
function floatText(bits: string): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(bits));
  if (bytes.toString('hex') === STALE_BITS) return 'stale';
  return String(bytes.readDoubleBE());
}

/** Counts by bucket, whatever the spans are: empty buckets and empty spans say nothing. */
function canonical(h: Record<string, unknown>): Record<string, unknown> {
  const side = (name: string) => {
    const spans = (h[`${name}Spans`] ?? []) as { offset?: number; length?: number }[];
    const deltas = ((h[`${name}Deltas`] ?? []) as string[]).map(Number);
    let sum = 0;
    const counts =
      deltas.length > 0 ? deltas.map((d) => (sum += d)) : ((h[`${name}Counts`] ?? []) as number[]);
    const buckets: Record<number, number> = {};
    let at = 0;
    let next = 0;
    for (const { offset = 0, length = 0 } of spans) {
      at += offset;
      for (let i = 0; i < length; i++, at++) if (counts[next++] !== 0) buckets[at] = counts[next - 1]!;
    }
    return buckets;
  };
  return {
    count: Number(h.countInt ?? h.countFloat ?? 0),
    zeroCount: Number(h.zeroCountInt ?? h.zeroCountFloat ?? 0),
    schema: h.schema ?? 0,
    zeroThreshold: h.zeroThreshold ?? 0,
    positive: side('positive'),
    negative: side('negative'),
    custom: h.customValues ?? [],
  };
}
