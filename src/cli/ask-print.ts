/** Answers across signals in lines for people, or an item a line as JSON. */

import type { AcrossAnswer, Joined } from '../client/across.ts';
import type { FoundTrace, LabelSet, LogEntry, Point, Series } from '../client/answer.ts';
import { labelsText } from '../model/correlate/labels.ts';
import { serviceOf } from '../model/correlate/service.ts';
import { clean } from './doctor-print.ts';

/** What is in the answer, one each. */
export function itemsOf(answer: AcrossAnswer): readonly unknown[] {
  if (answer.signal === 'traces') return answer.traces;
  if (answer.signal === 'metrics') return answer.series;
  const { answer: logs } = answer;
  if (logs.kind === 'entries') return logs.entries;
  if (logs.kind === 'vector') return logs.samples;
  return logs.kind === 'matrix' ? logs.series : [logs];
}

export function jsonLine(item: unknown): string {
  return JSON.stringify(item, (_, value) => (typeof value === 'bigint' ? String(value) : value));
}

/** A line each. */
export function printItems(answer: AcrossAnswer): readonly string[] {
  if (answer.signal === 'traces') return answer.traces.map(traceLine);
  if (answer.signal === 'metrics') return answer.series.map(seriesLine);
  const { answer: logs } = answer;
  if (logs.kind === 'entries') return logs.entries.map(entryLine);
  if (logs.kind === 'vector') return logs.samples.map(({ labels, value }) => numberLine(labels, value));
  if (logs.kind === 'matrix') return logs.series.map(seriesLine);
  return [String(logs.value)];
}

/** What joined the signals, and what was cut, in a few words. */
export function printJoined(joined: Joined): string {
  const words: string[] = [];
  for (const [name, value] of Object.entries(joined)) {
    if (typeof value === 'number' && !['start', 'end', 'step'].includes(name))
      words.push(`${spaced(name)} ${value}`);
    if (name.endsWith('Truncated') && value === true)
      words.push(`more ${spaced(name).split(' ')[0]} than given`);
  }
  const selectors = (joined.selectors ?? []) as readonly { by: string; selector: string; series: number }[];
  const found = selectors.map(({ by, selector, series }) => `  ${by}: ${clean(selector)} (${series} series)`);
  return [words.join(', '), ...found].join('\n');
}

/** `idsWithoutTrace` in words. */
function spaced(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function entryLine({ timeNs, line, labels }: LogEntry): string {
  return `${time(timeNs)}  ${clean(serviceOf(labels) ?? labelsText(labels))}  ${clean(line)}`;
}

function traceLine(trace: FoundTrace): string {
  const { traceId, startNs, durationMs, rootServiceName, rootTraceName, services } = trace;
  const counts = Object.values(services);
  const spans = counts.reduce((n, one) => n + one.spans, 0);
  const errors = counts.reduce((n, one) => n + one.errors, 0);
  const failed = errors > 0 ? `, ${errors} failed` : '';
  const root = clean(`${rootServiceName} ${rootTraceName}`.trim());
  return `${time(startNs)}  ${traceId}  ${durationMs} ms  ${root}  (${spans} spans${failed})`;
}

function seriesLine({ labels, points, histograms }: Series): string {
  const last: Point | undefined = points.at(-1);
  if (last) return numberLine(labels, last.value);
  return `${clean(labelsText(labels))}  histogram of ${histograms.at(-1)?.count ?? 0}`;
}

function numberLine(labels: LabelSet, value: number): string {
  return `${clean(labelsText(labels))}  ${value}`;
}

function time(ns: bigint): string {
  return new Date(Number(ns / 1_000_000n)).toISOString();
}
