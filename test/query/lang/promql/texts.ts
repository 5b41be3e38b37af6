/** Arbitrary well-typed PromQL texts, for properties of parser and printers. */

import fc from 'fast-check';

const names = fc.constantFrom(
  'up',
  'a:b',
  'sum',
  'and',
  'offset',
  'start',
  'by',
  'smoothed',
  'fill',
  'step',
  'x_1',
);
const labels = fc.constantFrom('job', 'on', 'sum', '__name', '"a.b"', '"é"');
const strings = fc.constantFrom('"x"', "'y'", '`z\\`', '"\\n\\"é"', '""', '"\\u00e9"');
const matcher = fc.oneof(
  fc
    .tuple(
      labels,
      fc.constantFrom('=', '!=', '=~', '!~'),
      strings.filter((s) => s !== '`z\\`'),
    )
    .map((p) => p.join('')),
  fc.constant('job="api"'),
);
const selector = fc.oneof(
  names,
  fc.tuple(names, fc.array(matcher, { maxLength: 3 })).map(([n, ms]) => `${n}{${ms.join(', ')}}`),
  fc.array(matcher, { maxLength: 2 }).map((ms) => `{${[...ms, '"my.metric"'].join(',')},}`),
);
const numbers = fc.constantFrom(
  '1',
  '-2.5',
  '1e-9',
  '0x1f',
  'Inf',
  '+Inf',
  'NaN',
  '1h30m',
  '-5m',
  '017',
  '1_000',
);
const durations = fc
  .constantFrom('5m', '90s', '300', '0.5', '1h * 2', '(1m + 2m) ^ 2', 'step() + 1m', '-(-5m)')
  .chain((d) => fc.constantFrom(d, `max_of(${d}, range())`));
const offsets = fc.constantFrom('5m', '-1h', '60', '-(1h / 2)', 'step()', 'min_of(1m, 2m)', '-step()');
const suffix = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  offsets.map((o) => ` offset ${o}`),
  fc.constantFrom(' @ 1767270000', ' @ -1.5', ' @ start()', ' @ END()', ' @ 2m'),
  fc.tuple(offsets, fc.boolean()).map(([o, first]) => (first ? ` @ 5 offset ${o}` : ` offset ${o} @ 5`)),
);
const grouping = fc.array(labels, { maxLength: 3 }).map((ls) => `(${ls.join(', ')})`);
const matching = fc
  .tuple(
    fc.constantFrom('', ' on ', ' ignoring '),
    grouping,
    fc.constantFrom('', ' group_left()', ' group_right ()', ' group_left (other)'),
    fc.constantFrom('', ' fill(0)', ' fill_left(-1)', ' fill_right (1) fill_left(Inf)'),
  )
  .map(([word, list, group, fill]) => (word === '' ? fill : word + list + group + fill));

const { vector } = fc.letrec<{ vector: string; scalar: string; range: string }>((tie) => ({
  scalar: fc.oneof(
    { depthSize: 'small' },
    numbers,
    fc.constantFrom('time()', 'pi()', 'step()', 'end()'),
    tie('vector').map((v) => `scalar(${v})`),
    tie('scalar').map((s) => `(${s})`),
    tie('scalar').map((s) => `-${s}`),
    fc
      .tuple(
        tie('scalar'),
        fc.constantFrom('+', '-', '*', '/', '%', '^', 'atan2', '== bool', '< bool'),
        tie('scalar'),
      )
      .map((p) => `(${p.join(' ')})`),
  ),
  range: fc.oneof(
    { depthSize: 'small' },
    fc
      .tuple(selector, durations, fc.constantFrom('', ' anchored', ' smoothed'), suffix)
      .map(([s, d, e, x]) => `${s}[${d}]${e}${x}`),
    fc.tuple(tie('vector'), durations, durations, suffix).map(([v, d, s, x]) => `(${v})[${d}:${s}]${x}`),
    fc.tuple(selector, suffix).map(([s, x]) => `${s}[1h:]${x}`),
  ),
  vector: fc.oneof(
    { depthSize: 'small' },
    fc.tuple(selector, suffix).map((p) => p.join('')),
    tie('range').map((r) => `rate(${r})`),
    tie('scalar').map((s) => `vector(${s})`),
    tie('vector').map((v) => `(${v})`),
    tie('vector').map((v) => `-${v}`),
    tie('vector').map((v) => `label_replace(${v}, "a", "$1", 'b', ".*") # comment\n`),
    fc
      .tuple(
        fc.constantFrom('sum', 'MAX', 'count'),
        fc.constantFrom(' by ', ' without '),
        grouping,
        tie('vector'),
      )
      .map(([op, by, g, v]) => `${op}${by}${g} (${v})`),
    fc
      .tuple(fc.constantFrom('topk', 'quantile'), tie('scalar'), tie('vector'))
      .map(([op, s, v]) => `${op}(${s}, ${v})`),
    fc
      .tuple(
        tie('vector'),
        fc.constantFrom('+', '-', '*', '/', '%', '^', '==', '> bool', '</'),
        matching,
        tie('vector'),
      )
      .map(([a, op, m, b]) => `${a} ${op}${m} ${b}`),
    fc
      .tuple(
        tie('vector'),
        fc.constantFrom('and', 'or', 'UNLESS'),
        fc.constantFrom('', ' on (job)', ' ignoring ()'),
        tie('vector'),
      )
      .map(([a, op, m, b]) => `${a} ${op}${m} ${b}`),
    // In parentheses: next to a comparison, a scalar would change the types.
    fc
      .tuple(tie('vector'), fc.constantFrom('+', '*', '>', '^'), tie('scalar'))
      .map((p) => `(${p.join(' ')})`),
    fc
      .tuple(tie('scalar'), fc.constantFrom('-', '/', '<=', '^'), tie('vector'))
      .map((p) => `(${p.join(' ')})`),
  ),
}));

/** Any instant-vector expression. */
export const promqlTexts = vector;
