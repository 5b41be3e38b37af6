/** Words, numbers, durations, sizes and addresses as log lines write them, well and badly formed. */

import type { Random } from '../../../src/bench/random.ts';

export type Pick = (random: Random) => string;

const WORDS = ['get', 'error', 'user login', 'timeout', 'Été', 'ok', 'cache miss', 'x', 'GET', 'done 100%'];
const NUMBERS = [
  '0',
  '1',
  '-1',
  '2',
  '3',
  '10',
  '42',
  '500',
  '1.5',
  '0.1',
  '0.25',
  '-2.75',
  '1e3',
  '1E+2',
  '.5',
  '5.',
];
const ODD_NUMBERS = [
  '+3',
  '007',
  '0x1F',
  '1_000',
  'NaN',
  'Inf',
  '-inf',
  '1e400',
  '9223372036854775808',
  '0x1p-2',
  '1e',
  '--1',
];
const DURATIONS = ['10ms', '1.5s', '2m3s', '1h', '-5s', '250ms', '1us', '5µs', '30ns', '0', '1h0m0.5s'];
const ODD_DURATIONS = ['1d', '100', '1h1', '.5s', '1.s', 's', '+2s', '1 s', '9223372036.9s', '300000000s'];
const SIZES = ['10B', '1.5kB', '2KiB', '3MB', '512', '1MiB', '10kb', '7GB', '1499B'];
const ODD_SIZES = ['2 KiB', '1,000', '5K', '1.5.2', '-1B', '3 mib', '1.2Ti', 'kB', '12XB', '4e3', '1_0MB'];
const ADDRESSES = [
  '10.0.0.1',
  '10.0.0.5',
  '10.1.2.3',
  '192.168.4.5',
  '192.168.4.200',
  '127.0.0.1',
  '::1',
  '2001:db8::8',
  'fe80::1ff:fe23:4567:890a',
];
const ODD_ADDRESSES = [
  '1.2.3.4.5',
  '10.0.0.256',
  '::ffff:10.0.0.5',
  '10.0.0.01',
  '10.0.0',
  '2001:db8::zz',
  'fe80::1%eth0',
  '10.0.0.5:8080',
  '[::1]:80',
  '2001:db8:0:0:0:0:0:8',
];
const LEVELS = ['info', 'warn', 'error', 'debug', 'INFO', 'WARNING', 'Error', 'fatal', 'trace', 'nonsense'];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];
const STATUSES = ['200', '201', '301', '404', '500', '503'];
const PATHS = ['/', '/api/v1/push', '/login', '/a b', '/x?q=1&r=%20', '/api/v1/query'];
/** With quotes, escapes and what is not ASCII. */
const TEXTS = [
  '',
  ' ',
  'a=b',
  'say "hi"',
  "it's",
  'back\\slash',
  'tab\there',
  'two\nlines',
  '日本',
  '😀 smile',
  '{"a":1}',
  '<b>&amp;',
  'a,b;c',
  '[1,2]',
  '\u001b[31mred\u001b[0m',
];

function mostly(random: Random, plain: readonly string[], odd: readonly string[]): string {
  return random.pick(random.chance(0.8) ? plain : odd);
}

export const number: Pick = (random) => mostly(random, NUMBERS, ODD_NUMBERS);
export const plainNumber: Pick = (random) => random.pick(NUMBERS);
export const duration: Pick = (random) => mostly(random, DURATIONS, ODD_DURATIONS);
export const size: Pick = (random) => mostly(random, SIZES, ODD_SIZES);
export const address: Pick = (random) => mostly(random, ADDRESSES, ODD_ADDRESSES);
export const level: Pick = (random) => random.pick(LEVELS);
export const word: Pick = (random) => random.pick(WORDS);
export const text: Pick = (random) => random.pick(random.chance(0.5) ? WORDS : TEXTS);
export const method: Pick = (random) => random.pick(METHODS);
export const status: Pick = (random) => random.pick(STATUSES);
export const path: Pick = (random) => random.pick(PATHS);

/** Fields of lines, each with the kind of its values. */
export const FIELDS: Readonly<Record<string, Pick>> = {
  level,
  msg: text,
  method,
  status,
  path,
  took: duration,
  size,
  ip: address,
  user: word,
  n: number,
  v: number,
  app: word,
  env: word,
  trace_id: (random) => random.hex(16),
  note: text,
};
export const FIELD_NAMES: readonly string[] = Object.keys(FIELDS);

/** Keys that label names are made of with some care. */
export const ODD_KEYS = [
  'k-e y',
  '0digit',
  'é',
  ' pad ',
  '',
  'a.b',
  '__error__',
  'a_b',
  'level_extracted',
  '🙂x',
  'm$',
  '_',
];
