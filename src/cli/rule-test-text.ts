/** What a unit test of rules finds wrong, in promtool's words. */

import { formatDuration } from '../model/duration.ts';
import { formatFloat, formatScientific } from '../model/float-format.ts';
import type { Labels } from '../model/labels.ts';
import { labelsText } from '../query/exec/labels-text.ts';
import { histogramExpression } from '../query/script/histogram-text.ts';
import type { MemorySeries } from '../query/script/memory-metrics.ts';
import type { FiringAlert, TestFailure, TestSample } from '../rules/unit-test/test-failure.ts';
import { colouredDiff } from './coloured-diff.ts';

const INDENT = ' '.repeat(12);

/** `isDiff`: alerts are told as what is different between those expected and those there. */
export function failureText(failure: TestFailure, isDiff: boolean): string {
  switch (failure.kind) {
    case 'test':
      return failure.message;
    case 'rule': {
      const { rule, timeMs, message } = failure;
      return `    rule: ${rule}, time: ${goDuration(timeMs)}, err: ${message}`;
    }
    case 'query': {
      const { expr, evalTimeMs, message } = failure;
      return `    expr: ${JSON.stringify(expr)}, time: ${formatDuration(evalTimeMs)}, err: ${message}`;
    }
    case 'samples': {
      const { expr, evalTimeMs, expected, got } = failure;
      const head = `    expr: ${JSON.stringify(expr)}, time: ${formatDuration(evalTimeMs)},`;
      return `${head}\n        exp: ${samplesText(expected)}\n        got: ${samplesText(got)}`;
    }
    case 'alerts':
      return alertsFailure(failure, isDiff);
  }
}

function alertsFailure(failure: TestFailure & { kind: 'alerts' }, isDiff: boolean): string {
  const { test, alertname, evalTimeMs, expected, got } = failure;
  const name = test === '' ? '' : `    name: ${test},\n`;
  const head = `${name}    alertname: ${alertname}, time: ${formatDuration(evalTimeMs)}, `;
  if (isDiff) {
    const diff = colouredDiff(alertLines(expected), alertLines(got)).join('\n');
    return `${head}\n        diff: ${indented(diff)}`;
  }
  return `${head}\n        exp:${indented(alertsText(expected))}, \n        got:${indented(alertsText(got))}`;
}

function indented(text: string): string {
  return text.replaceAll('\n', `\n${INDENT}`);
}

function alertsText(alerts: readonly FiringAlert[]): string {
  return alerts.length === 0 ? '[]' : alertLines(alerts).join('\n');
}

function alertLines(alerts: readonly FiringAlert[]): string[] {
  const bodies = alerts.flatMap(({ labels, annotations }, i) => [
    `${i}:`,
    `  Labels:${labelsText(labels)}`,
    `  Annotations:${labelsText(annotations)}${i === alerts.length - 1 ? '' : ','}`,
  ]);
  return ['[', ...bodies, ']'];
}

function samplesText(samples: readonly TestSample[]): string {
  const one = ({ labels, value, histogram }: TestSample) =>
    `${labelsText(labels)} ${histogram || formatScientific(value)}`;
  return samples.length === 0 ? 'nil' : samples.map(one).join(', ');
}

/** Go's form, from hours down. */
export function goDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1000) return `${ms}ms`;
  const [h, m, s] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms % 60_000) / 1000];
  return `${h > 0 ? `${h}h` : ''}${h > 0 || m > 0 ? `${m}m` : ''}${s}s`;
}

/** Everything that was there when a test had ended, series by series. */
export function dumpLines(all: readonly MemorySeries[]): string[] {
  return all.flatMap(
    ({ labels, samples }: { readonly labels: Labels; readonly samples: MemorySeries['samples'] }) => [
      `${labelsText(labels)} =>`,
      ...samples
        .filter(({ value }) => value !== 'stale')
        .map(({ value, timestampMs }) => {
          const text = typeof value === 'object' ? histogramExpression(value) : formatFloat(Number(value));
          return `${text} @[${timestampMs}]`;
        }),
    ],
  );
}
