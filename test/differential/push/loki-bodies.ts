/**
 * Random requests to Loki's push paths: mostly good ones with something odd in them. Each has a label that no other has,
 * by which it is read back.
 */

import { utf8Encode } from '../../../src/base/bytes.ts';
import { ProtoWriter } from '../../../src/base/protobuf-writer.ts';
import type { Random } from '../../../src/bench/random.ts';
import { LEVEL_KEYS, LEVELS, randomLine } from './random-lines.ts';

export const MARK = 'req';
const MINUTE_NS = 60_000_000_000n;

export interface Times {
  /** What the requests' times lie around. */
  readonly nowNs: bigint;
}

type Pair = readonly [name: string, value: string];

const LABEL_NAMES = [
  'app',
  'job',
  'service',
  'service_name',
  'container',
  'name',
  'component',
  'workload',
  'app_kubernetes_io_name',
  'k8s_job_name',
  'env',
  '_x',
  'A1',
  'detected_level',
  '__meta__',
  '__name__',
  '__tenant_id__',
] as const;
const ODD_LABEL_NAMES = ['', '1a', 'a-b', 'a.b', 'é', 'a b', 'a:b', '"q"', 'a"', '{'] as const;
const VALUES = [
  'x',
  'api',
  'é日本🙂',
  'a b',
  '"',
  '\\',
  '\n',
  "it's",
  '{}',
  '\u0001',
  '\ufffd',
  '\u007f',
  '0',
] as const;
const METADATA_NAMES = [
  'trace_id',
  'user.id',
  'a-b',
  'a--b',
  '1st',
  '__x__',
  '__a.b__',
  '_',
  'Ünï',
  'é',
  'a_',
  '_a',
  'k8s.pod',
  'x__y',
  '日本x',
  'severity_number',
  'detected_level',
  'detected-level',
  'app',
  '__x',
  'x__',
  'a b c',
  '0',
  'a_b',
  'a.b',
  '____a____',
] as const;
const HOPELESS_NAMES = ['', '_', '__', '___', '日本', '-', '--', '____', '.'] as const;
const SEVERITIES = [
  '0',
  '1',
  '4',
  '5',
  '9',
  '12',
  '13',
  '17',
  '21',
  '24',
  '25',
  '-1',
  'x',
  ' 9',
  '+9',
  '09',
  '9.0',
  '',
] as const;

/** A value, mostly plain. */
function value(random: Random): string {
  return random.chance(0.5) ? random.pick(VALUES.slice(0, 2)) : random.pick(VALUES);
}

function labelPairs(random: Random, mark: string): Pair[] {
  const pairs = new Map<string, string>([[MARK, mark]]);
  for (let i = random.int(4); i > 0; i--) {
    const name = random.pick(random.chance(0.15) ? LEVEL_KEYS.filter((k) => !k.includes('.')) : LABEL_NAMES);
    pairs.set(name, random.chance(0.15) ? random.pick(LEVELS) : value(random));
  }
  if (random.chance(0.04)) pairs.set(random.pick(ODD_LABEL_NAMES), 'v');
  if (random.chance(0.04)) for (let i = 10 + random.int(10); i > 0; i--) pairs.set(`l${i}`, 'v');
  if (random.chance(0.02)) pairs.set('n'.repeat(random.pick([1023, 1024, 1025])), 'v');
  if (random.chance(0.02)) pairs.set('long', 'v'.repeat(random.pick([2047, 2048, 2049])));
  if (random.chance(0.02)) pairs.set('long', 'é'.repeat(random.pick([1024, 1025])));
  if (random.chance(0.05)) pairs.set('empty', '');
  return [...pairs];
}

function metadataPairs(random: Random): Pair[] {
  if (random.chance(0.4)) return [];
  const pairs: Pair[] = [];
  for (let i = random.int(5); i > 0; i--) {
    if (random.chance(0.2)) pairs.push([random.pick(LEVEL_KEYS), random.pick(LEVELS)]);
    else if (random.chance(0.15)) pairs.push(['severity_number', random.pick(SEVERITIES)]);
    else pairs.push([random.pick(METADATA_NAMES), random.chance(0.3) ? random.pick(LEVELS) : value(random)]);
  }
  if (random.chance(0.01)) pairs.push([random.pick(HOPELESS_NAMES), 'v']);
  if (random.chance(0.01)) for (let i = random.pick([126, 128, 129]); i > 0; i--) pairs.push([`m${i}`, 'v']);
  if (random.chance(0.005)) pairs.push(['large', 'v'.repeat(random.pick([65_531, 65_532]))]);
  // What becomes of a name that is there twice is left open.
  const names = new Set<string>();
  return pairs.filter(([name]) => {
    const folded = name.replace(/[^a-zA-Z0-9]+/g, '_');
    return !names.has(folded) && names.add(folded);
  });
}

function line(random: Random): string {
  return random.chance(0.005) ? 'x'.repeat(262_144 + random.int(2)) : randomLine(random);
}

function timeNs(random: Random, { nowNs }: Times): bigint {
  if (random.chance(0.02)) return nowNs + 11n * MINUTE_NS + BigInt(random.int(1000));
  if (random.chance(0.02)) return BigInt(Date.UTC(2100, 0, 1 + random.int(2))) * 1_000_000n;
  // Few enough for equal ones.
  const second = nowNs - BigInt(random.int(20)) * 1_000_000_000n;
  return second + BigInt(random.pick([0, 0, 1, 999_999_999, 500_000, 123_456_789]));
}

// ------------------------------------------------------------------------------------------------ JSON

/** Text that stands where a value should. */
const STRANGE = [
  'null',
  '1',
  '-1.5e3',
  'true',
  '[]',
  '{}',
  '"x"',
  '{"a":{"b":1}}',
  '[1,"a"]',
  '""',
  'nul',
  '',
  '"',
] as const;

/** JSON with a member or an element replaced by something strange here and there. */
class OddJson {
  readonly #random: Random;
  /** Chance of oddness at each place. */
  readonly #odd: number;

  constructor(random: Random, odd: number) {
    this.#random = random;
    this.#odd = odd;
  }

  value(text: string): string {
    return this.#random.chance(this.#odd) ? this.#random.pick(STRANGE) : text;
  }

  string(text: string): string {
    // Escapes that need not be.
    const escaped = JSON.stringify(text);
    const one = this.#random.chance(0.1) ? escaped.replace('a', '\\u0061').replace('/', '\\/') : escaped;
    return this.value(one);
  }

  list(items: readonly string[]): string {
    const space = this.#random.chance(0.1) ? ' \n' : '';
    const extra = this.#random.chance(this.#odd) ? [...items, this.#random.pick(STRANGE)] : items;
    return this.value(`[${extra.join(`,${space}`)}${space}]`);
  }

  object(members: readonly (readonly [string, string])[]): string {
    const all = [...members];
    if (this.#random.chance(this.#odd)) all.push([`"other"`, this.#random.pick(STRANGE)]);
    if (this.#random.chance(this.#odd) && all.length > 1) all.reverse();
    if (this.#random.chance(this.#odd) && all.length > 0) all.push(this.#random.pick(all));
    if (this.#random.chance(this.#odd) && all.length > 0) all.pop();
    return this.value(`{${all.map(([k, v]) => `${k}:${v}`).join(',')}}`);
  }
}

const key = (name: string): string => JSON.stringify(name);

function jsonStream(random: Random, json: OddJson, mark: string, times: Times): string {
  const labels = labelPairs(random, mark).map(([k, v]) => [key(k), json.string(v)] as const);
  const values = Array.from({ length: random.int(5) }, () => {
    const items = [json.string(timeText(random, times)), json.string(line(random))];
    const metadata = metadataPairs(random);
    if (metadata.length > 0 || random.chance(0.1)) {
      items.push(json.object(metadata.map(([k, v]) => [key(k), json.string(v)] as const)));
    }
    return json.list(items);
  });
  return json.object([
    [key('stream'), json.object(labels)],
    [key('values'), json.list(values)],
  ]);
}

function timeText(random: Random, times: Times): string {
  const text = String(timeNs(random, times));
  return random.chance(0.01)
    ? random.pick(['', `+${text}`, ` ${text}`, `${text}0000`, '1.5', '0x10', '1_000'])
    : text;
}

export function jsonBody(random: Random, mark: string, times: Times): string {
  const json = new OddJson(random, random.chance(0.5) ? 0 : 0.03);
  const streams = Array.from({ length: random.int(4) }, () => jsonStream(random, json, mark, times));
  const body = json.object([[key('streams'), json.list(streams)]]);
  return random.chance(0.03) ? body + random.pick([' ', '{}', 'x', '}', ',']) : body;
}

// ---------------------------------------------------------------------------------------- label strings

const quoted = (text: string): string => JSON.stringify(text).replaceAll('\\u', '\\u');

/** `{a="b"}` in one of its many forms. */
export function labelText(random: Random, mark: string): string {
  const pairs = labelPairs(random, mark);
  const space = (): string => (random.chance(0.1) ? random.pick([' ', '\t', '\n']) : '');
  const parts = pairs.map(([name, v]) => {
    const q = random.chance(0.1) && !/[`\n\r]/.test(v) ? `\`${v}\`` : quoted(v);
    const single = random.chance(0.05) && !/['\\\n]/.test(v) && /^[ -~]*$/.test(v) ? `'${v}'` : q;
    const operator = random.chance(0.005) ? random.pick(['!=', '=~', '!~', ':', '']) : '=';
    return `${space()}${name}${space()}${operator}${space()}${single}${space()}`;
  });
  if (random.chance(0.02))
    parts.push(
      random.pick(['', `${MARK}="again"`, `app='`, 'x', '"a"="b"', `"${MARK}"="q"`, 'a=b', 'é="1"']),
    );
  if (random.chance(0.1)) parts.reverse();
  const text = `${space()}{${parts.join(',')}}${space()}`;
  if (random.chance(0.02))
    return random.pick([
      `metric${text}`,
      `${text}x`,
      text.slice(1),
      text.slice(0, -1),
      '',
      '{}',
      `a:b${text}`,
    ]);
  return text;
}

function rfc3339(ns: bigint): string {
  const seconds = new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19);
  const rest = String(ns % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return rest === '' ? `${seconds}Z` : `${seconds}.${rest}Z`;
}

export function legacyBody(random: Random, mark: string, times: Times): string {
  const json = new OddJson(random, random.chance(0.6) ? 0 : 0.02);
  const streams = Array.from({ length: random.int(3) }, () => {
    const entries = Array.from({ length: random.int(4) }, () =>
      json.object([
        // A time that is not there is one of the year 1 to the original, which it then cannot store.
        [key('ts'), JSON.stringify(random.chance(0.005) ? 'yesterday' : rfc3339(timeNs(random, times)))],
        [key('line'), json.string(line(random))],
      ]),
    );
    return json.object([
      [key('labels'), json.string(labelText(random, mark))],
      [key('entries'), json.list(entries)],
    ]);
  });
  return json.object([[key('streams'), json.list(streams)]]);
}

// ------------------------------------------------------------------------------------------- protobuf

function message(write: (out: ProtoWriter) => void): Uint8Array {
  const out = new ProtoWriter();
  write(out);
  return out.take();
}

const NS_PER_S = 1_000_000_000n;

export function protobufBody(random: Random, mark: string, times: Times): Uint8Array {
  const text = (out: ProtoWriter, field: number, of: string): void => out.bytesField(field, utf8Encode(of));
  const entry = (): Uint8Array =>
    message((e) => {
      const ns = timeNs(random, times);
      const time = message((t) => {
        t.uint32Field(1, Number(ns / NS_PER_S));
        const nanos = Number(ns % NS_PER_S);
        if (nanos > 0) t.uint32Field(2, random.chance(0.005) ? 1_000_000_000 : nanos);
      });
      e.bytesField(1, time);
      text(e, 2, line(random));
      for (const [name, v] of metadataPairs(random)) {
        const pair = message((p) => {
          text(p, 1, name);
          text(p, 2, v);
        });
        e.bytesField(3, pair);
      }
      if (random.chance(0.05))
        e.bytesField(
          4,
          message((p) => text(p, 1, 'parsed')),
        );
    });
  return message((out) => {
    for (let i = random.int(4); i > 0; i--) {
      const stream = message((s) => {
        const labels = labelText(random, mark);
        const last = random.chance(0.1);
        if (!last) text(s, 1, labels);
        for (let k = random.int(5); k > 0; k--) s.bytesField(2, entry());
        if (last) text(s, 1, labels);
        if (random.chance(0.1)) s.uint32Field(3, 1);
      });
      out.bytesField(1, stream);
    }
    if (random.chance(0.1)) text(out, 2, 'x');
  });
}
