/**
 * The part of the report on queries: a row for each with its percentiles and the size of its answer, how systems
 * compare, the geometric mean over the set, and which answers differ in size: two systems that do not find the same
 * have not done the same work.
 */

import { geometricMeanMs, type SystemReport } from './report.ts';
import type { ReportTable } from './workload.ts';

const UNKNOWN = '–';

/** `systems` have loads; undefined where none of them was asked queries. Ratios are medians against the baseline's. */
export function queryTable(systems: readonly SystemReport[], baseline: string): ReportTable | undefined {
  const labels = new Set(systems.flatMap((system) => Object.keys(system.load!.latencyByLabel)));
  if (labels.size === 0) return undefined;
  const base = systems.find((system) => system.name === baseline);
  const others = systems.filter((system) => system !== base);
  const ratio = (a: number | undefined, b: number | undefined) =>
    a === undefined || !b ? UNKNOWN : `${(a / b).toFixed(2)}×`;
  const rows = [...labels].map((label) => [
    label,
    ...systems.flatMap((system) => {
      const own = system.load!.latencyByLabel[label];
      if (!own) return [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN];
      const times = [own.p50Ms, own.p90Ms, own.p99Ms].map((ms) => ms.toFixed(2));
      return [...times, own.answerSize?.toLocaleString('en') ?? UNKNOWN];
    }),
    ...others.map((system) =>
      ratio(system.load?.latencyByLabel[label]?.p50Ms, base?.load?.latencyByLabel[label]?.p50Ms),
    ),
  ]);
  const mean = [
    'geometric mean',
    ...systems.flatMap((system) => [
      geometricMeanMs([system, ...systems])?.toFixed(2) ?? UNKNOWN,
      '',
      '',
      '',
    ]),
    ...others.map((system) =>
      base ? ratio(geometricMeanMs([system, base]), geometricMeanMs([base, system])) : UNKNOWN,
    ),
  ];
  return {
    title: '',
    columns: [
      'query',
      ...systems.flatMap((system) => [`${system.name} p50 ms`, 'p90', 'p99', 'answer']),
      ...others.map((system) => `${system.name}/${baseline}`),
    ],
    rows: [...rows, mean],
  };
}

/** A sentence per query whose answers differ in size, or which a system did not answer. */
export function queryDifferences(systems: readonly SystemReport[]): string[] {
  const out: string[] = [];
  const labels = new Set(systems.flatMap((system) => Object.keys(system.load?.latencyByLabel ?? {})));
  for (const label of labels) {
    const sizes = systems.map(({ name, load }) => {
      const own = load?.latencyByLabel[label];
      return { name, size: own ? own.answerSize : undefined };
    });
    if (new Set(sizes.map(({ size }) => size)).size < 2) continue;
    const each = sizes.map(({ name, size }) => `${name} ${size === undefined ? 'no answer' : size}`);
    out.push(`answers differ in size, ${label}: ${each.join(', ')}`);
  }
  return out;
}
