/** Random label filters, nested with `and`, `or` and commas, and matchers. */

import type { Random } from '../../../src/bench/random.ts';
import * as values from './values.ts';

const LABELS = [
  ...values.FIELD_NAMES,
  'level_extracted',
  'app_extracted',
  'detected_level',
  'missing',
  'req_n',
  'nested_level',
  'k_e_y',
  'status',
  'job',
  'pod',
  'service_name',
];
const COMPARE = ['=', '==', '!=', '>', '>=', '<', '<='];
const REGEXES = [
  '.*',
  '.+',
  '',
  'in.*',
  '.*fo',
  'info|warn',
  'in|info',
  'err.*|x',
  '(?i)INFO',
  '[a-z]+',
  '^info$',
  '.',
  'GET|POST',
  '5..',
  '\\d+',
  'a.b',
  'e(rr|x)or',
  '(GET)',
  'warn(ing)?',
  '4[0-9]{2}',
  'user.*',
  '.*o.*',
  'info|.*',
  '(?:get|done).*',
  '.+o',
];
export const BAD_REGEXES = [
  '(',
  '[',
  'a**',
  '*',
  '(?<n>x)',
  '(?P<n',
  '\\',
  'x{2000}',
  '(?!a)',
  '\\8',
  '[[:foo:]]',
  '(?i',
];
export const IP_PATTERNS = [
  '10.0.0.0/8',
  '10.0.0.5',
  '192.168.4.0-192.168.4.100',
  '2001:db8::/32',
  '::1',
  'fe80::/10',
  '10.0.0.1-10.1.0.0',
  '0.0.0.0/0',
  '::/0',
];
const BAD_IP_PATTERNS = [
  '10.0.0',
  '10.0.0.0/33',
  'x',
  '',
  '10.0.0.5-1.0.0.0',
  '10.0.0.1-::1',
  '1.2.3.4/',
  '300.1.1.1',
];
const DURATIONS = ['10ms', '1s', '1.5s', '1m', '-5s', '1h', '2m3s', '100ms500us', '1d', '1w2d', '0s', '1µs'];
const SIZES = ['10B', '1kB', '1KB', '1KiB', '2MB', '1.5kB', '512B', '0B', '5KiB'];

export function quoted(random: Random, text: string): string {
  return random.chance(0.15) && !text.includes('`') ? `\`${text}\`` : JSON.stringify(text);
}

export class FilterGenerator {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  label(): string {
    return this.#random.pick(LABELS);
  }

  regex(): string {
    return this.#random.pick(this.#random.chance(0.985) ? REGEXES : BAD_REGEXES);
  }

  ipPattern(): string {
    return this.#random.pick(this.#random.chance(0.97) ? IP_PATTERNS : BAD_IP_PATTERNS);
  }

  matcher(name = this.label()): string {
    const random = this.#random;
    const value = (values.FIELDS[name] ?? values.word)(random);
    const op = random.pick(['=', '!=', '=~', '!~']);
    if (op.endsWith('~')) return `${name}${op}${quoted(random, this.regex())}`;
    return `${name}${op}${quoted(random, random.chance(0.15) ? '' : value)}`;
  }

  unit(): string {
    const random = this.#random;
    const kind = random.int(10);
    const space = random.chance(0.2) ? ' ' : '';
    const compare = `${space}${random.pick(COMPARE)}${space}`;
    if (kind < 4) return this.matcher();
    if (kind < 6) {
      const bound = `${random.chance(0.15) ? random.pick(['-', '+']) : ''}${values.plainNumber(random).replace(/^-/, '')}`;
      return `${random.pick(['n', 'v', 'status', 'req_n', this.label()])}${compare}${bound}`;
    }
    if (kind === 6)
      return `${random.pick(['took', 'took', 'n', this.label()])}${compare}${random.pick(DURATIONS)}`;
    if (kind === 7)
      return `${random.pick(['size', 'size', 'n', this.label()])}${compare}${random.pick(SIZES)}`;
    if (kind === 8) {
      return `${random.pick(['ip', 'ip', this.label()])}${random.pick(['=', '!='])}ip(${quoted(random, this.ipPattern())})`;
    }
    return random.pick([
      '__error__=""',
      '__error__!=""',
      '__error__="JSONParserErr"',
      '__error__=~".+"',
      '__error_details__=""',
      '__error__!="LabelFilterErr"',
    ]);
  }

  filter(depth: number): string {
    const random = this.#random;
    if (depth === 0 || random.chance(0.55)) return this.unit();
    const glue = random.pick([' and ', ' or ', ', ', ' , ', ' ']);
    const inner = `${this.filter(depth - 1)}${glue}${this.filter(depth - 1)}`;
    return random.chance(0.35) ? `(${inner})` : inner;
  }
}
