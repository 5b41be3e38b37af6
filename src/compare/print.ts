/** Differences as people read them: what is worse first, and what was compared. */

import type { Difference, Judgement } from './differences.ts';
import type { Profile } from './profile.ts';
import { numberText } from './words.ts';

const TITLES: Readonly<Record<Difference['kind'], string>> = {
  operation_new: 'new operations',
  operation_gone: 'operations that are gone',
  errors: 'failed spans',
  duration: 'durations',
  count: 'numbers of spans',
  call_new: 'new calls',
  call_gone: 'calls that are gone',
  call_count: 'calls below one span',
  pattern_new: 'new log lines',
  pattern_gone: 'log lines that are gone',
  metric_new: 'new metrics',
  metric_gone: 'metrics that are gone',
  metric_count: 'what counters counted',
};
const SIGNS: Readonly<Record<Judgement, string>> = { worse: '▲', better: '▼', changed: '·' };
const COLORS: Readonly<Record<Judgement, number>> = { worse: 31, better: 32, changed: 33 };
/** Of one kind; the rest is counted. */
const LINES_MAX = 20;
const SUBJECT_MAX_CHARS = 160;

export function printDifferences(
  found: readonly Difference[],
  before: Profile,
  after: Profile,
  color: boolean,
  linesMax = LINES_MAX,
): string {
  const paint = (code: number, text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const lines: string[] = [];
  for (const [kind, all] of Map.groupBy(found, (one) => one.kind)) {
    lines.push(paint(1, TITLES[kind]));
    for (const { judgement, subject, before: was, after: is } of all.slice(0, linesMax)) {
      const told = `${SIGNS[judgement]} ${cut(subject)}: ${was} → ${is}`;
      lines.push(`  ${paint(COLORS[judgement], told)}`);
    }
    if (all.length > linesMax) lines.push(`  … and ${numberText(all.length - linesMax)} more`);
    lines.push('');
  }
  const count = (judgement: Judgement) => found.filter((one) => one.judgement === judgement).length;
  const total =
    found.length === 0
      ? 'no differences'
      : `${numberText(found.length)} differences: ${count('worse')} worse, ${count('better')} better, ${count('changed')} changed`;
  return [...lines, `${total}`, `A: ${contents(before)}`, `B: ${contents(after)}`].join('\n');
}

function contents({ operations, traces, tracesCut, patterns, metrics }: Profile): string {
  const spans = operations.reduce((sum, { count }) => sum + count, 0);
  const lines = patterns.reduce((sum, { count }) => sum + count, 0);
  const taken = tracesCut ? `the newest ${traces} traces` : `${traces} traces`;
  return `${numberText(spans)} spans of ${operations.length} operations (calls from ${taken}), ${numberText(lines)} lines of ${patterns.length} templates, ${metrics.length} metrics`;
}

function cut(text: string): string {
  const plain = text.replaceAll(/\s+/g, ' ');
  return plain.length <= SUBJECT_MAX_CHARS ? plain : `${plain.slice(0, SUBJECT_MAX_CHARS)}…`;
}
