/** Random searches: filters, spansets related to each other, pipelines, hints. */

import type { Random } from '../../../src/bench/random.ts';
import { condition, numeric, reference } from './fields.ts';
import { duration, literal } from './values.ts';

export function filter(random: Random, depth = 2): string {
  return random.chance(0.06) ? '{ }' : `{ ${condition(random, random.int(depth + 1))} }`;
}

const RELATIONS = ['>', '>>', '<', '<<', '~'];

function operator(random: Random): string {
  const how = random.next();
  if (how < 0.2) return '&&';
  if (how < 0.35) return '||';
  const relation = random.pick(RELATIONS);
  return how < 0.7 ? relation : how < 0.85 ? `!${relation}` : `&${relation}`;
}

export function spansets(random: Random, depth: number): string {
  if (depth <= 0 || random.chance(0.45)) return filter(random);
  const text = `${spansets(random, depth - 1)} ${operator(random)} ${spansets(random, depth - 1)}`;
  return random.chance(0.25) ? `(${text})` : text;
}

const COMPARE = ['=', '!=', '<', '<=', '>', '>='];

function scalarFilter(random: Random): string {
  const op = random.pick(COMPARE);
  if (random.chance(0.4)) return `count() ${op} ${random.int(8)}`;
  const of = random.chance(0.75) ? reference(random) : undefined;
  const aggregate = random.pick(['sum', 'avg', 'min', 'max']);
  if (of === undefined)
    return `${aggregate}(${numeric(random, 1)}) ${op} ${random.pick(['1', '10ms', '0.5'])}`;
  const value = of.numeric ? of.literal(random) : random.pick(['1', '2.5', '10ms']);
  return `${aggregate}(${of.text}) ${op} ${value}`;
}

function groupBy(random: Random): string {
  return `by(${random.chance(0.8) ? reference(random).text : random.chance(0.5) ? numeric(random, 1) : condition(random, 0)})`;
}

function select(random: Random): string {
  return `select(${Array.from({ length: 1 + random.int(3) }, () => reference(random).text).join(', ')})`;
}

function stage(random: Random): string {
  const how = random.next();
  if (how < 0.3) return scalarFilter(random);
  if (how < 0.55) return groupBy(random);
  if (how < 0.7) return select(random);
  if (how < 0.75) return 'coalesce()';
  return random.chance(0.8) ? filter(random) : spansets(random, 1);
}

export function pipeline(random: Random): string {
  const first = random.chance(0.93) ? spansets(random, random.pick([0, 0, 0, 1, 1, 2])) : stage(random);
  const stages = Array.from({ length: random.pick([0, 0, 0, 1, 1, 2, 3]) }, () => stage(random));
  return [first, ...stages].join(' | ');
}

export function search(random: Random): string {
  const how = random.next();
  let text = pipeline(random);
  if (how < 0.05) text = `(${text}) ${operator(random)} (${pipeline(random)})`;
  else if (how < 0.07) text = `{ } | ${random.pick(['count()', 'avg(duration)', 'max(span.n)'])}`;
  else if (how < 0.08) text = `{ } | avg(duration) > ${random.pick(['max(duration)', '2 * 5ms', 'count()'])}`;
  if (random.chance(0.06)) text += ` with (${hint(random)})`;
  return text;
}

export function hint(random: Random): string {
  return random.pick([
    'most_recent=true',
    'most_recent=false',
    'nope="x"',
    'debug=true',
    'exemplars=false',
    'exemplars=2',
    'most_recent=1',
    `a=${literal(random, 'int')}, b=${duration(random)}`,
    'sample=false',
    'a=.x',
    'a',
  ]);
}
