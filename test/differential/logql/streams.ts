/** Random streams: each of one format mostly, with structured metadata, equal times, and times a nanosecond beside round ones. */

import { Random, seedOf } from '../../../src/bench/random.ts';
import { type Format, makeLine } from './lines.ts';
import * as values from './values.ts';

export interface Entry {
  readonly ns: bigint;
  readonly line: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface LogStream {
  readonly labels: Readonly<Record<string, string>>;
  readonly entries: readonly Entry[];
}

/** When the data begins, a round hour; it goes on for `DATA_SECONDS`. */
export const DATA_START_S = 1_772_323_200;
export const DATA_SECONDS = 1800;
const ENTRIES_PER_STREAM = 36;

interface Shape {
  readonly labels: Readonly<Record<string, string>>;
  readonly format: Format;
}

/** `app` is the format's name, so that a query can tell what it will find. */
const SHAPES: readonly Shape[] = [
  { labels: { app: 'json', env: 'prod', job: 'a' }, format: 'json' },
  { labels: { app: 'json', env: 'dev', level: 'info' }, format: 'json' },
  { labels: { app: 'json', env: 'test', status: '200', container: 'c1' }, format: 'json' },
  { labels: { app: 'logfmt', env: 'prod', job: 'a' }, format: 'logfmt' },
  { labels: { app: 'logfmt', env: 'dev', method: 'GET' }, format: 'logfmt' },
  { labels: { app: 'logfmt', env: 'prod', job: 'b', pod: 'p-0' }, format: 'logfmt' },
  { labels: { app: 'access', env: 'prod', job: 'b' }, format: 'access' },
  { labels: { app: 'access', env: 'dev', size: '10' }, format: 'access' },
  { labels: { app: 'packed', env: 'prod' }, format: 'packed' },
  { labels: { app: 'plain', env: 'prod', job: 'a b"c\\d' }, format: 'plain' },
  { labels: { app: 'plain', env: 'dev', service_name: 'named' }, format: 'plain' },
  { labels: { app: 'odd', env: 'dev', job: 'été' }, format: 'odd' },
];

const NS_PER_S = 1_000_000_000n;

/** Mostly on a multiple of 15 seconds, where windows begin and end, or right beside one. */
function time(random: Random): bigint {
  const second = random.int(DATA_SECONDS / 15) * 15;
  const base = BigInt(DATA_START_S + second) * NS_PER_S;
  const how = random.next();
  if (how < 0.4) return base;
  if (how < 0.5) return base + 1n;
  if (how < 0.6) return base - 1n;
  if (how < 0.7) return base + 1_000_000n * BigInt(random.int(1000));
  return base + BigInt(random.int(15)) * NS_PER_S + BigInt(random.int(1_000_000_000));
}

const METADATA_NAMES = ['trace_id', 'level', 'user', 'pod', 'app', 'n', 'detected_level', 'odd.name', 'took'];

function metadata(random: Random): Record<string, string> {
  const out: Record<string, string> = {};
  if (random.chance(0.6)) return out;
  for (let i = 1 + random.int(2); i > 0; i--) {
    const name = random.pick(METADATA_NAMES);
    out[name] = (values.FIELDS[name] ?? values.word)(random);
  }
  return out;
}

function makeStream(seed: number, shape: Shape): LogStream {
  const random = new Random(seed);
  const entries = Array.from({ length: ENTRIES_PER_STREAM }, (): Entry => {
    const format = random.chance(0.06) ? 'odd' : shape.format;
    return { ns: time(random), line: makeLine(random, format), metadata: metadata(random) };
  });
  return { labels: shape.labels, entries: entries.sort((a, b) => (a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : 0)) };
}

export function makeStreams(seed: number): LogStream[] {
  return SHAPES.map((shape, i) => makeStream(seedOf(seed, i), shape));
}
