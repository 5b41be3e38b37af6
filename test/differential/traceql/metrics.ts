/** Random metrics queries: every function, groupings, what may follow, arithmetic between queries. */

import type { Random } from '../../../src/bench/random.ts';
import { type Reference, reference } from './fields.ts';
import { filter, hint, pipeline, spansets } from './spansets.ts';

function measured(random: Random): string {
  const how = random.next();
  if (how < 0.45)
    return random.pick(['duration', 'span:duration', 'span.n', 'span.http.status_code', 'span.f', '.n']);
  for (;;) {
    const of = reference(random);
    if (of.numeric || how > 0.9) return of.text;
  }
}

const QUANTILES = ['0', '0.1', '0.5', '.5', '0.9', '0.99', '1', '1.0'];

function aggregate(random: Random): string {
  switch (random.int(9)) {
    case 0:
    case 1:
      return 'rate()';
    case 2:
      return 'count_over_time()';
    case 3:
      return `min_over_time(${measured(random)})`;
    case 4:
      return `max_over_time(${measured(random)})`;
    case 5:
      return `avg_over_time(${measured(random)})`;
    case 6:
      return `sum_over_time(${measured(random)})`;
    case 7: {
      const quantiles = Array.from({ length: 1 + random.int(3) }, () => random.pick(QUANTILES));
      if (random.chance(0.04)) quantiles.push(random.pick(['1.5', '-0.1', '"a"', '2']));
      return `quantile_over_time(${[measured(random), ...quantiles].join(', ')})`;
    }
    default:
      return `histogram_over_time(${measured(random)})`;
  }
}

function key(random: Random): string {
  let of: Reference;
  do of = reference(random);
  while (
    // Which of several values groups is left to chance there.
    /tags|odd|^event|^link/.test(of.text) &&
    random.chance(0.9)
  );
  return of.text;
}

function by(random: Random): string {
  const how = random.next();
  if (how < 0.45) return '';
  const count = how < 0.75 ? 1 : how < 0.9 ? 2 : how < 0.97 ? 3 : 6;
  return ` by(${Array.from({ length: count }, () => key(random)).join(', ')})`;
}

const COMPARE = ['=', '!=', '<', '<=', '>', '>='];

function threshold(random: Random): string {
  return random.pick(['0', '1', '2', '0.5', '0.05', '100', '10ms', '1s', '-1', '0.0333']);
}

function after(random: Random): string {
  const how = random.next();
  if (how < 0.7) return '';
  const rank = ` | ${random.pick(['topk', 'bottomk'])}(${random.pick(['1', '2', '3', '5', '100', '0', '-1'])})`;
  const value = ` ${random.pick(COMPARE)} ${threshold(random)}`;
  if (how < 0.8) return rank;
  if (how < 0.92) return value;
  return random.chance(0.5) ? rank + value : value + rank;
}

function selected(random: Random): string {
  const how = random.next();
  if (how < 0.35) return '{ }';
  if (how < 0.75) return filter(random, 1);
  return how < 0.88 ? spansets(random, 1) : pipeline(random);
}

function compare(random: Random): string {
  // Which of equally frequent values are shown is left to chance, so that mostly all are.
  // Which of equally frequent values are shown is left to chance, so that mostly all are.
  const bounds = ', 1000, 1767269000000000000, 1767270000000000000';
  const more = random.pick([', 1000', ', 1000', ', 999', bounds, ', 0', ', -1']);
  return `${selected(random)} | compare(${filter(random, 1)}${more})`;
}

function plain(random: Random): string {
  return `${selected(random)} | ${aggregate(random)}${by(random)}${after(random)}`;
}

/** Both sides are likely to have series in common. */
function operands(random: Random): [string, string] {
  const grouping = by(random);
  const side = () =>
    `${selected(random)} | ${aggregate(random)}${random.chance(0.8) ? grouping : by(random)}`;
  const number = () => random.pick(['2', '0.5', '0', '-1', '1 / 2', '3 * 2', '(2 + 1)']);
  const how = random.int(10);
  if (how === 0) return [number(), `(${side()})`];
  if (how < 3) return [`(${side()})`, number()];
  return [`(${side()})`, `(${side()})`];
}

function math(random: Random, depth: number): string {
  const [left, right] = operands(random);
  const text = `${left} ${random.pick(['+', '-', '*', '/'])} ${right}`;
  if (depth > 0 && random.chance(0.25))
    return `(${text}) ${random.pick(['+', '-', '*', '/'])} ${operands(random)[0]}`;
  return random.chance(0.15) ? `${text}${after(random)}` : text;
}

export function metric(random: Random): string {
  const how = random.next();
  let text = how < 0.08 ? compare(random) : how < 0.25 ? math(random, 1) : plain(random);
  if (how > 0.985)
    text = random.pick([`${selected(random)} | rate() | rate()`, 'rate()', '1 + 1', `${text} == 3`]);
  if (random.chance(0.06)) text += ` with (${hint(random)})`;
  return text;
}
