/** What two systems have of the same rules: what they wrote, moment by moment, and what they show of themselves. */

import { apiUrl, getJson, type LabelSet } from '../../support/http-api.ts';
import { type Answer, compareAnswers, pointsOf, type Series } from '../compare.ts';

const WRITTEN = '{__name__=~"rec.*|ALERTS.*"}';

interface RuleJson {
  readonly name: string;
  readonly lastError?: string;
  readonly alerts?: readonly AlertJson[];
  readonly [key: string]: unknown;
}

interface AlertJson {
  readonly labels: LabelSet;
  readonly activeAt: string;
  readonly keepFiringSince?: string;
}

interface GroupJson {
  readonly name: string;
  readonly rules: readonly RuleJson[];
  readonly [key: string]: unknown;
}

async function asked(base: string, path: string, parameters: Readonly<Record<string, string | number>>) {
  const response = await fetch(apiUrl(base, path, parameters));
  return { httpStatus: response.status, ...((await response.json()) as object) } as Answer;
}

/** Numbers of the groups that left a moment out so far, which makes what they write incomparable. */
export async function missedBy(base: string): Promise<Map<number, number>> {
  const text = await (await fetch(`${base}/metrics`)).text();
  const pattern = /^prometheus_rule_group_iterations_missed_total\{rule_group="[^"]*;group (\d+)"\} (\d+)$/gm;
  return new Map([...text.matchAll(pattern)].map(([, group, count]) => [Number(group), Number(count)]));
}

function groupOf(series: Series): number {
  const { __name__: name = '', alertname = '' } = series.metric;
  return Number(/^(?:rec|A)(\d+)/.exec(name.startsWith('rec') ? name : alertname)![1]);
}

/**
 * Without what groups that are left out wrote. An alert that was active before there was data is so since its server began to
 * look, which is left out too.
 */
function comparable(answer: Answer, { startMs, leftOut }: Window): Answer {
  const all = answer.data!.result as readonly Series[];
  const result = all
    .filter((series) => !leftOut.has(groupOf(series)))
    .map((series): Series => {
      if (series.metric.__name__ !== 'ALERTS_FOR_STATE' || !series.values) return series;
      const values = series.values.map(([t, v]) => [t, Number(v) * 1000 < startMs ? '0' : v] as const);
      return { ...series, values } as Series;
    });
  return { ...answer, data: { ...answer.data!, result } } as Answer;
}

export interface Window {
  /** There was data from then on. */
  readonly startMs: number;
  /** What is compared. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Numbers of groups that are not. */
  readonly leftOut: ReadonlySet<number>;
}

/**
 * Samples as they stand, and what a query sees second by second, which tells stale markers too. `startMs` is when there is data
 * from on.
 */
export async function compareWritten(reference: string, own: string, window: Window): Promise<string[]> {
  const { fromMs, toMs } = window;
  const seconds = Math.floor((toMs - fromMs) / 1000);
  const raw = { query: `${WRITTEN}[${seconds}s]`, time: toMs / 1000 };
  const stepped = { query: WRITTEN, start: fromMs / 1000, end: toMs / 1000, step: 1 };
  const out: string[] = [];
  for (const [path, parameters] of [
    ['/api/v1/query', raw],
    ['/api/v1/query_range', stepped],
  ] as const) {
    const [want, got] = await Promise.all([asked(reference, path, parameters), asked(own, path, parameters)]);
    out.push(...compareAnswers(parameters.query, comparable(want, window), comparable(got, window)));
  }
  return out;
}

/** How many samples rules wrote, so that two that wrote nothing are not taken for equal. */
export async function countWritten(base: string, fromMs: number, toMs: number): Promise<number> {
  const range = `${Math.floor((toMs - fromMs) / 1000)}s`;
  const { data } = await asked(base, '/api/v1/query', { query: `${WRITTEN}[${range}]`, time: toMs / 1000 });
  return (data!.result as Series[]).reduce((sum, series) => sum + pointsOf(series).size, 0);
}

/** What errors name by chance, or as their version has it, is left out. */
function plainError(error: string): string {
  return error
    .replace(/(duplicate sample for timestamp).*/s, '$1')
    .replace(/(found duplicate series for the match group).*/s, '$1');
}

/** Milliseconds; fractions of them are not kept here. */
function timeOf(text: string): number {
  return Math.floor(Date.parse(text));
}

export interface ViewOptions {
  /** There was data from then on. */
  readonly startMs: number;
  /** By so much the beginnings of alerts may differ. */
  readonly toleranceMs: number;
  /** Errors and what templates say of theirs are not compared. */
  readonly valuesOnly: boolean;
}

/** `/api/v1/rules` of both, but for when and how long. */
export async function compareViews(reference: string, own: string, options: ViewOptions): Promise<string[]> {
  const groupsOf = async (base: string) =>
    (await getJson<{ data: { groups: GroupJson[] } }>(base, '/api/v1/rules')).data.groups;
  const [want, got] = await Promise.all([groupsOf(reference), groupsOf(own)]);
  const out: string[] = [];
  if (want.length !== got.length) return [`want ${want.length} groups, got ${got.length}`];
  want.forEach((group, g) => {
    const other = got[g]!;
    const { rules, evaluationTime, lastEvaluation, ...shown } = group;
    const { rules: otherRules, evaluationTime: _, lastEvaluation: __, ...otherShown } = other;
    different(`group ${group.name}`, shown, otherShown, out);
    for (const [i, rule] of rules.entries())
      compareRule(`${group.name}/${i} ${rule.name}`, rule, otherRules[i], options, out);
  });
  return out;
}

function compareRule(
  where: string,
  want: RuleJson,
  got: RuleJson | undefined,
  { startMs, toleranceMs, valuesOnly }: ViewOptions,
  out: string[],
): void {
  if (!got) {
    out.push(`${where} is missing`);
    return;
  }
  const shown = ({
    alerts,
    evaluationTime,
    lastEvaluation,
    lastError = '',
    keepFiringFor,
    ...rest
  }: RuleJson) => ({
    labels: {},
    ...rest,
    ...(valuesOnly ? {} : { lastError: plainError(lastError), keepFiringFor }),
  });
  different(where, shown(want), shown(got), out);
  // One that fails has the alerts of the last moment at which it did not, which is another in each.
  if (valuesOnly && want.health === 'err') return;
  const [a, b] = [want, got].map(({ alerts = [] }) => new Map(alerts.map((alert) => [keyOf(alert), alert])));
  for (const key of new Set([...a!.keys(), ...b!.keys()])) {
    const [left, right] = [a!.get(key), b!.get(key)];
    if (!left || !right) {
      out.push(`${where}: ${key} is ${left ? 'missing' : 'too much'}`);
      continue;
    }
    const plain = ({ activeAt, keepFiringSince, ...rest }: AlertJson) => ({
      ...(JSON.parse(JSON.stringify(rest).replace(LONG_NUMBER, shorter)) as object),
      keepsFiring: keepFiringSince !== undefined,
    });
    different(`${where} ${key}`, plain(left), plain(right), out);
    const [since, otherSince] = [timeOf(left.activeAt), timeOf(right.activeAt)];
    if (since < startMs && otherSince < startMs) continue;
    if (Math.abs(since - otherSince) > toleranceMs)
      out.push(`${where} ${key}: active since ${left.activeAt}, got ${right.activeAt}`);
  }
}

/** Sums that are added up in another order differ in their last digits. */
const LONG_NUMBER = /\d+\.\d{8,}/g;
const shorter = (text: string) => Number(text).toPrecision(10);

function keyOf({ labels }: AlertJson): string {
  return JSON.stringify(Object.entries(labels).sort());
}

function different(where: string, want: object, got: object, out: string[]): void {
  const [a, b] = [want, got].map((value) => JSON.stringify(value, ordered));
  if (a !== b) out.push(`${where}: want ${a}, got ${b}`);
}

/** Members in the order of their names. */
function ordered(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
