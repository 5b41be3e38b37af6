/** Random selectors over the data's series, with what may stand behind them: ranges, offsets, `@`, extended edges. */

import type { Random } from '../../src/bench/random.ts';
import type { Features } from './features.ts';
import { DATA_MINUTES, DATA_START_MS } from './times.ts';

export const COUNTERS = ['requests_total', 'errors_total', 'busy_seconds', 'latency_seconds_count'];
const GAUGES = ['temperature', 'level', 'limit', 'special', 'flapping'];
const INFOS = ['target_info', 'build_info'];
export const NATIVE = ['native_seconds', 'native_float', 'native_gauge', 'custom_seconds', 'mixed'];
export const CLASSIC = 'latency_seconds_bucket';

export const LABELS = ['job', 'instance', 'code', 'mode', 'zone', 'version', 'le'];

const MATCHERS = [
  'job="api"',
  'job!="api"',
  'job=~"a.*"',
  'job!~"a.*|x"',
  'instance="a:1"',
  'instance=~"[ab]:1"',
  'instance!="c:1"',
  'instance=~".+"',
  'code=~"4..|5.."',
  'code=""',
  'code!=""',
  'mode=~"(?i)IDLE|user"',
  'zone=""',
  'zone!~""',
  'none=""',
  'none!=""',
  '__name__!="limit"',
  "job='db'",
  'job=`db`,',
];

const RANGES = ['15s', '30s', '1m', '1m30s', '2m', '5m', '5m', '7m', '10m', '20m', '1h'];
const ODD_RANGES = ['1', '90', '0.5', '1ms', '14s999ms', '300.25', '0x3C'];
const RANGE_EXPRESSIONS = [
  '1m * 2',
  '(1m + 30s)',
  'step() + 1m',
  'max_of(step(), 2m)',
  'min_of(step() * 4, 10m)',
  'range() / 2 + 1m',
  '-(-5m)',
  '2 ^ 7',
  '10m % 7m',
  '5m - 1m',
];
const STEPS = ['15s', '30s', '1m', '1m30s', '', '', '5m'];
const OFFSETS = ['1m', '30s', '5m', '15s', '-1m', '-5m', '0s', '1h'];
const OFFSET_EXPRESSIONS = [
  '(1m + 1m)',
  'step()',
  '-step()',
  '(2 * step())',
  'min_of(step(), 1m)',
  '-(30s)',
  '90',
  '1ms',
];

export class SelectorGenerator {
  readonly #random: Random;
  readonly #features: Features;

  constructor(random: Random, features: Features) {
    this.#random = random;
    this.#features = features;
  }

  /** `name{…}` without anything behind. */
  plain(names: readonly string[] = this.#names()): string {
    const random = this.#random;
    if (random.chance(0.03)) return 'missing_metric';
    if (this.#features.utf8Names && random.chance(0.02)) return '{"http.server/größe"}';
    if (this.#features.utf8Names && random.chance(0.01)) return '{"http.server/größe", "host.näme"!="x"}';
    const name = random.pick(names);
    const matchers: string[] = [];
    while (random.chance(0.3)) matchers.push(random.pick(MATCHERS));
    const list = matchers.map((m, i) => (i < matchers.length - 1 ? m.replace(/,$/, '') : m)).join(', ');
    if (random.chance(0.04)) return `{__name__="${name}"${list === '' ? '' : `, ${list}`}}`;
    if (random.chance(0.04))
      return `{__name__=~"${name}|${random.pick(names)}"${list === '' ? '' : `, ${list}`}}`;
    return list === '' ? name : `${name}{${list}}`;
  }

  #names(): readonly string[] {
    const random = this.#random;
    if (this.#features.histograms && random.chance(0.12)) return NATIVE;
    return random.pick([COUNTERS, COUNTERS, GAUGES, GAUGES, GAUGES, INFOS, [CLASSIC]]);
  }

  /** An instant selector. */
  instant(names?: readonly string[]): string {
    const smoothed = this.#features.current && this.#random.chance(0.02) ? ' smoothed' : '';
    return this.plain(names) + smoothed + this.modifiers();
  }

  /** A range selector; the extended edges only where the function around takes them. */
  range(names?: readonly string[], edges: readonly string[] = []): string {
    const random = this.#random;
    const extended =
      edges.length > 0 && this.#features.current && random.chance(0.2) ? ` ${random.pick(edges)}` : '';
    return `${this.plain(names)}[${this.duration()}]${extended}${this.modifiers()}`;
  }

  duration(): string {
    const random = this.#random;
    if (this.#features.current && random.chance(0.08)) return random.pick(RANGE_EXPRESSIONS);
    if (this.#features.current && random.chance(0.05)) return random.pick(ODD_RANGES);
    return random.pick(RANGES);
  }

  /** Brackets of a subquery; short enough that nested ones stay cheap. */
  subquery(): string {
    const random = this.#random;
    const range = random.pick(['1m', '2m', '5m', '10m', '4m30s']);
    return `[${range}:${random.pick(STEPS)}]${this.modifiers()}`;
  }

  modifiers(): string {
    const random = this.#random;
    const out: string[] = [];
    if (random.chance(0.1)) {
      const expression = this.#features.current && random.chance(0.25);
      out.push(` offset ${random.pick(expression ? OFFSET_EXPRESSIONS : OFFSETS)}`);
    }
    if (random.chance(0.07)) out.push(` @ ${this.#time()}`);
    if (random.chance(0.5)) out.reverse();
    return out.join('');
  }

  #time(): string {
    const random = this.#random;
    if (random.chance(0.5)) return random.pick(['start()', 'end()']);
    return String(DATA_START_MS / 1000 + random.int(DATA_MINUTES * 60));
  }
}
