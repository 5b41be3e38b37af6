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

/**
 * Samples as they stand, and what a query sees second by second, which tells stale markers too. Of `metric` where only that
 * is of interest.
 */
export async function compareWritten(
  reference: string,
  own: string,
  fromMs: number,
  toMs: number,
  valuesOnly: boolean,
): Promise<string[]> {
  const seconds = Math.floor((toMs - fromMs) / 1000);
  const raw = { query: `${WRITTEN}[${seconds}s]`, time: toMs / 1000 };
  const stepped = { query: WRITTEN, start: fromMs / 1000, end: toMs / 1000, step: 1 };
  const out: string[] = [];
  for (const [path, parameters] of [
    ['/api/v1/query', raw],
    ['/api/v1/query_range', stepped],
  ] as const) {
    const [want, got] = await Promise.all([asked(reference, path, parameters), asked(own, path, parameters)]);
    out.push(...compareAnswers(String(parameters.query), want, got, valuesOnly));
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

interface ViewOptions {
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
  { toleranceMs, valuesOnly }: ViewOptions,
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
    ...rest,
    ...(valuesOnly ? {} : { lastError: plainError(lastError), keepFiringFor }),
  });
  different(where, shown(want), shown(got), out);
  const [a, b] = [want, got].map(({ alerts = [] }) => new Map(alerts.map((alert) => [keyOf(alert), alert])));
  for (const key of new Set([...a!.keys(), ...b!.keys()])) {
    const [left, right] = [a!.get(key), b!.get(key)];
    if (!left || !right) {
      out.push(`${where}: ${key} is ${left ? 'missing' : 'too much'}`);
      continue;
    }
    const plain = ({ activeAt, keepFiringSince, ...rest }: AlertJson) => ({
      ...rest,
      keepsFiring: keepFiringSince !== undefined,
    });
    different(`${where} ${key}`, plain(left), plain(right), out);
    const apart = Math.abs(timeOf(left.activeAt) - timeOf(right.activeAt));
    if (apart > toleranceMs)
      out.push(`${where} ${key}: active since ${left.activeAt}, got ${right.activeAt}`);
  }
}

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
