/**
 * Random PromQL expressions, made from the grammar outwards in: what is asked for is a type (vector, range, scalar),
 * what comes is text of that type, nested up to a depth. Arguments are chosen so that most expressions answer
 * something: histogram functions get histograms, grouped joins a side with more labels.
 */

import { HistogramExpressions } from './histogram-expressions.ts';
import { COUNTERS, LABELS } from './selectors.ts';

const MATH =
  'abs ceil floor exp sqrt ln log2 log10 sgn deg rad sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh'.split(
    ' ',
  );
const DATES = 'day_of_month day_of_week day_of_year days_in_month hour minute month year'.split(' ');
const COUNTER_FUNCTIONS = ['rate', 'increase', 'irate', 'resets', 'rate', 'increase'];
const RANGE_FUNCTIONS =
  'delta idelta deriv changes avg_over_time min_over_time max_over_time sum_over_time count_over_time stddev_over_time stdvar_over_time last_over_time present_over_time absent_over_time'.split(
    ' ',
  );
const NEW_RANGE_FUNCTIONS =
  'first_over_time mad_over_time ts_of_min_over_time ts_of_max_over_time ts_of_last_over_time ts_of_first_over_time'.split(
    ' ',
  );
const OLD_AGGREGATIONS = 'sum avg min max count group'.split(' ');
/** What a deviation of NaN is was not always the same. */
const AGGREGATIONS = [...OLD_AGGREGATIONS, 'stddev', 'stdvar'];
const ARITHMETIC = ['+', '-', '*', '/', '%', '^', 'atan2'];
/** Those that always treated metric names as they do now. */
const PLAIN_ARITHMETIC = ['+', '-', '*', '/'];
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];
const NUMBERS = '0 1 2 3 0.5 -1 10 100 1e3 .25 1e-3 Inf -Inf NaN 017 0x1F 1_000 1e17'.split(' ');
const PATTERNS = [
  '(.*)',
  '(.).*',
  '([a-z]+):(\\\\d)',
  '(?i)API',
  '(?P<x>.+)',
  '.*',
  'x|y|db',
  '',
  '(\\\\w+)(\\\\W?)(.*)',
];
// biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to a group of the pattern
const REPLACEMENTS = ['$1', '${1}x', '$1x', '$x', '', 'fix', '$$', '$2-$1', '$0'];
/** Of the side with more labels and the side with fewer, joined on what follows. */
const JOINS: readonly (readonly [many: readonly string[], one: readonly string[], on: string])[] = [
  [
    ['requests_total', 'busy_seconds', 'temperature', 'special', 'flapping'],
    ['level', 'latency_seconds_count'],
    'job, instance',
  ],
  [['requests_total', 'level', 'latency_seconds_count', 'errors_total'], ['limit'], 'job'],
  [['requests_total', 'flapping', 'level'], ['build_info', 'target_info'], 'job, instance'],
];

export class ExpressionGenerator extends HistogramExpressions {
  vector(depth: number): string {
    if (depth <= 0) return this.selectors.instant();
    const { current, histograms } = this.features;
    return this.one([
      [3, () => this.selectors.instant()],
      [4, () => this.#rangeCall(depth - 1)],
      [3, () => this.#mathCall(depth - 1)],
      [5, () => this.#aggregation(depth - 1)],
      [5, () => this.#vectorBinary(depth - 1)],
      [3, () => this.#scalarBinary(depth - 1)],
      [2, () => this.#setBinary(depth - 1)],
      [1.5, () => this.#labelCall(depth - 1)],
      [1, () => this.#otherCall(depth - 1)],
      [0.5, () => `${this.random.pick(['-', '+'])}${this.vector(depth - 1)}`],
      [0.7, () => `(${this.vector(depth - 1)})`],
      [2, () => this.classicHistogram(depth - 1)],
      [histograms ? 4 : 0, () => this.nativeHistogram(depth - 1)],
      [current ? 0.7 : 0, () => this.#info(depth - 1)],
    ]);
  }

  scalar(depth: number): string {
    const { current } = this.features;
    if (depth <= 0 || this.random.chance(0.4)) return this.random.pick(NUMBERS);
    return this.one([
      [1, () => 'time()'],
      [0.3, () => 'pi()'],
      [2, () => `scalar(${this.vector(depth - 1)})`],
      [1, () => `(${this.scalar(depth - 1)} ${this.random.pick(ARITHMETIC)} ${this.scalar(depth - 1)})`],
      [
        1,
        () => `(${this.scalar(depth - 1)} ${this.random.pick(COMPARISONS)} bool ${this.scalar(depth - 1)})`,
      ],
      [0.3, () => `-${this.scalar(depth - 1)}`],
      [current ? 0.5 : 0, () => this.random.pick(['start()', 'end()', 'step()', 'range()', '1m30s'])],
      [
        current ? 0.5 : 0,
        () =>
          `${this.random.pick(['max_of', 'min_of'])}(${this.scalar(depth - 1)}, ${this.scalar(depth - 1)})`,
      ],
    ]);
  }

  #rangeCall(depth: number): string {
    const random = this.random;
    const { current } = this.features;
    return this.one([
      [
        4,
        () => {
          const name = random.pick(COUNTER_FUNCTIONS);
          const edges = name === 'resets' ? ['anchored'] : name === 'irate' ? [] : ['anchored', 'smoothed'];
          return `${name}(${this.range(depth, !current || random.chance(0.8) ? COUNTERS : undefined, edges)})`;
        },
      ],
      [
        5,
        () => {
          const name = random.pick(RANGE_FUNCTIONS);
          const edges = name === 'delta' ? ['anchored', 'smoothed'] : name === 'changes' ? ['anchored'] : [];
          return `${name}(${this.range(depth, undefined, edges)})`;
        },
      ],
      [current ? 2 : 0, () => `${random.pick(NEW_RANGE_FUNCTIONS)}(${this.range(depth)})`],
      [1, () => `quantile_over_time(${this.quantile(depth)}, ${this.range(depth)})`],
      [current ? 1 : 0, () => `predict_linear(${this.range(depth)}, ${this.scalar(depth)})`],
      [
        current ? 1 : 0,
        () => {
          const factor = () => random.pick(['0.5', '0.1', '0.9', '0.3', '0', '1', 'NaN']);
          return `double_exponential_smoothing(${this.range(depth)}, ${factor()}, ${factor()})`;
        },
      ],
    ]);
  }

  #mathCall(depth: number): string {
    const random = this.random;
    const v = () => this.vector(depth);
    return this.one([
      [6, () => `${random.pick(MATH)}(${v()})`],
      [1, () => `clamp(${v()}, ${this.scalar(depth)}, ${this.scalar(depth)})`],
      [1, () => `${random.pick(['clamp_min', 'clamp_max'])}(${v()}, ${this.scalar(depth)})`],
      [0.7, () => `round(${v()})`],
      [0.7, () => `round(${v()}, ${this.scalar(depth)})`],
      [1, () => `${random.pick(DATES)}(${random.chance(0.2) ? '' : v()})`],
      [1, () => `timestamp(${random.chance(0.5) ? this.selectors.instant() : v()})`],
    ]);
  }

  #aggregation(depth: number): string {
    const random = this.random;
    const modifier = random.chance(0.3) ? '' : `${random.pick(['by', 'without', 'by'])} ${this.labels()}`;
    const write = (op: string, args: string) =>
      random.chance(0.3) ? `${op}(${args}) ${modifier}` : `${op} ${modifier}(${args})`;
    const v = () => this.vector(depth);
    const k = () =>
      random.chance(0.9) ? random.pick(['1', '2', '3', '5', '0', '-1', '2.9', '100']) : this.scalar(depth);
    const { current } = this.features;
    return this.one([
      [6, () => write(random.pick(current ? AGGREGATIONS : OLD_AGGREGATIONS), v())],
      [2, () => write(random.pick(['topk', 'bottomk']), `${k()}, ${v()}`)],
      [1, () => write('quantile', `${this.quantile(depth)}, ${v()}`)],
      [
        current ? 1 : 0,
        () => {
          // The value becomes a label, in which a last digit would show.
          const of = random.chance(0.5) ? this.selectors.instant() : `round(${v()}, 0.125)`;
          return write('count_values', `"${random.pick(['value', 'job', 'code', 'le'])}", ${of}`);
        },
      ],
      [
        current ? 0.7 : 0,
        () => write('limitk', `${k()}, ${random.chance(0.7) ? this.selectors.instant() : v()}`),
      ],
      [
        current ? 0.7 : 0,
        () =>
          write(
            'limit_ratio',
            `${random.pick(['0.5', '-0.5', '0.1', '1', '-1', '0', '1.5', '-2', 'NaN'])}, ${v()}`,
          ),
      ],
    ]);
  }

  #fill(): string {
    const random = this.random;
    if (!this.features.current || random.chance(0.85)) return '';
    const value = () => random.pick(['0', '1', '-2.5', 'NaN', 'Inf']);
    return random.pick([
      ` fill(${value()})`,
      ` fill_left(${value()})`,
      ` fill_right(${value()})`,
      ` fill_left(${value()}) fill_right(${value()})`,
    ]);
  }

  #operator(): string {
    const random = this.random;
    if (random.chance(0.6)) return random.pick(this.features.current ? ARITHMETIC : PLAIN_ARITHMETIC);
    return random.pick(COMPARISONS) + (random.chance(0.4) ? ' bool' : '');
  }

  #vectorBinary(depth: number): string {
    const random = this.random;
    return this.one([
      // Both sides alike in labels.
      [
        3,
        () => {
          const name = [random.pick(['requests_total', 'level', 'special', 'temperature', 'busy_seconds'])];
          const side = () => this.#wrap(this.selectors.instant(name), depth);
          return `${side()} ${this.#operator()}${this.#fill()} ${side()}`;
        },
      ],
      [
        2,
        () => {
          const by = ` by ${this.labels()}`;
          const side = () => `${random.pick(OLD_AGGREGATIONS)}${by} (${this.vector(depth - 1)})`;
          return `${side()} ${this.#operator()}${this.matching()}${this.#fill()} ${side()}`;
        },
      ],
      [
        3,
        () => {
          const [many, one, on] = random.pick(JOINS);
          const include = random.chance(0.5)
            ? ''
            : `(${random.pick(['version', 'code', 'zone', 'revision, version'])})`;
          const more = this.#wrap(this.selectors.instant(many), depth);
          const fewer = this.#wrap(this.selectors.instant(one), depth);
          const left = random.chance(0.6);
          const tail = `on (${on}) ${left ? 'group_left' : 'group_right'}${include}${this.#fill()}`;
          return left
            ? `${more} ${this.#operator()} ${tail} ${fewer}`
            : `${fewer} ${this.#operator()} ${tail} ${more}`;
        },
      ],
      [
        2,
        () => {
          const group = random.chance(0.2)
            ? ` ${random.pick(['group_left', 'group_right'])}${random.chance(0.5) ? '' : '(code)'}`
            : '';
          const matching = this.matching();
          const tail = matching === '' ? '' : matching + group;
          return `${this.vector(depth)} ${this.#operator()}${tail}${this.#fill()} ${this.vector(depth)}`;
        },
      ],
    ]);
  }

  /** Sometimes a function around that keeps most labels. */
  #wrap(selector: string, depth: number): string {
    if (depth <= 0 || this.random.chance(0.6)) return selector;
    return this.random.pick([
      `abs(${selector})`,
      `-${selector}`,
      `(${selector} > 0)`,
      `${selector} * 2`,
      `(${selector})`,
    ]);
  }

  #scalarBinary(depth: number): string {
    const [v, s] = [this.vector(depth), this.scalar(depth)];
    const op = this.#operator();
    return this.random.chance(0.7) ? `${v} ${op} ${s}` : `${s} ${op} ${v}`;
  }

  #setBinary(depth: number): string {
    const op = this.random.pick(['and', 'or', 'unless']);
    return `${this.vector(depth)} ${op}${this.matching()} ${this.vector(depth)}`;
  }

  #labelCall(depth: number): string {
    const random = this.random;
    const target = random.pick(['job', 'code', 'new', 'instance', 'le', '__name__', 'job']);
    const source = random.pick([...LABELS, '__name__', 'none']);
    if (random.chance(0.65)) {
      const rest = `"${random.pick(REPLACEMENTS)}", "${source}", "${random.pick(PATTERNS)}"`;
      return `label_replace(${this.vector(depth)}, "${target}", ${rest})`;
    }
    const sources = LABELS.filter(() => random.chance(0.3)).map((label) => `, "${label}"`);
    return `label_join(${this.vector(depth)}, "${target}", "${random.pick(['-', '', ',', '$'])}"${sources.join('')})`;
  }

  #otherCall(depth: number): string {
    const random = this.random;
    const { current } = this.features;
    const sortLabels = () =>
      LABELS.filter(() => random.chance(0.3))
        .map((label) => `, "${label}"`)
        .join('');
    return this.one([
      [2, () => `absent(${random.chance(0.6) ? this.selectors.instant() : this.vector(depth)})`],
      [1.5, () => `vector(${this.scalar(depth)})`],
      [1.5, () => `${random.pick(['sort', 'sort_desc'])}(${this.vector(depth)})`],
      [
        current ? 1 : 0,
        () => `${random.pick(['sort_by_label', 'sort_by_label_desc'])}(${this.vector(depth)}${sortLabels()})`,
      ],
    ]);
  }

  #info(depth: number): string {
    const random = this.random;
    const matchers = random.pick([
      '',
      ', {version=~".+"}',
      ', {version="v1"}',
      ', {__name__="build_info"}',
      ', {__name__=~".+_info"}',
      ', {__name__=~"build.*", version!="v1"}',
      ', {__name__!="target_info"}',
      ', {none=~".+"}',
      ', {version=~"v.*", code=~"c.*"}',
    ]);
    const of = random.pick([
      () => this.selectors.instant(),
      () => this.selectors.instant(['level', 'temperature']),
      () => this.vector(depth),
    ]);
    return `info(${of()}${matchers})`;
  }
}
