/** Whether an answer is the one that an `eval` of a script expects: its kind, elements, order, annotations. */

import { labelsText } from '../exec/labels-text.ts';
import type { PromqlResult } from '../result.ts';
import { almostEqual, elementMismatch } from './compare.ts';
import type { EvalCommand, Expectation } from './parse-script.ts';

export function matches({ text, regex }: Expectation, message: string): boolean {
  if (text !== undefined) return text === message;
  return regex === undefined || regex.test(message);
}

export function describe({ text, regex }: Expectation): string {
  return text ?? (regex === undefined ? '' : `like /${regex.pattern}/`);
}

/** Once a kind of annotation is expected, every one of that kind must be. */
export function annotationMismatch(
  expectations: readonly Expectation[],
  type: 'warn' | 'info',
  got: readonly string[],
): string | undefined {
  const wanted = expectations.filter((e) => e.type === type);
  if (expectations.some((e) => e.type === `no_${type}`) && got.length > 0)
    return `unexpected ${type}: ${got[0]}`;
  if (wanted.length === 0) return undefined;
  if (got.length === 0) return `expected ${type} ${describe(wanted[0]!)}, got none`;
  const missing = wanted.find((e) => !got.some((text) => matches(e, text)));
  if (missing !== undefined) return `expected ${type} ${describe(missing)}, got ${got.join(' | ')}`;
  const extra = got.find((text) => !wanted.some((e) => matches(e, text)));
  return extra === undefined ? undefined : `unexpected ${type}: ${extra}`;
}

export function instantMismatch(command: EvalCommand, { data }: PromqlResult): string | undefined {
  if (data.type === 'string') {
    const got = `got string ${JSON.stringify(data.value)}`;
    if (command.expectedString === undefined) return `expected ${wantedKind(command)}, ${got}`;
    if (data.value === command.expectedString) return undefined;
    return `expected string ${JSON.stringify(command.expectedString)}, ${got}`;
  }
  if (data.type === 'scalar') {
    const want = command.expectedScalar;
    if (want === undefined) return `expected ${wantedKind(command)}, got scalar ${data.value}`;
    return almostEqual(want, data.value) ? undefined : `expected ${want}, got ${data.value}`;
  }
  if (data.type === 'matrix') {
    const grid = command.rangeVector;
    if (grid === undefined) return 'got a range vector: say "expect range vector from A to B step S"';
    return seriesMismatch(command, data, grid);
  }
  if (command.expectedScalar !== undefined || command.expectedString !== undefined)
    return `expected ${wantedKind(command)}, got a vector of ${data.labels.length} elements`;
  const expected = new Map(command.expected.map((e, i) => [e.labels.key(), { ...e, position: i }]));
  for (const [i, labels] of data.labels.entries()) {
    const want = expected.get(labels.key());
    const name = labelsText(labels);
    if (want === undefined) return `unexpected element ${name} ${data.values[i]}`;
    if (command.ordered && want.position !== i)
      return `element ${name} at position ${i}, expected ${want.position}`;
    const mismatch = elementMismatch(want.values[0], data.histograms?.[i] ?? data.values[i]!);
    if (mismatch !== undefined) return `${name}: ${mismatch}`;
    expected.delete(labels.key());
  }
  for (const { labels, values } of expected.values()) {
    if (values[0] !== undefined) return `missing element ${labelsText(labels)}`;
  }
  return undefined;
}

export function rangeMismatch(command: EvalCommand, { data }: PromqlResult): string | undefined {
  if (data.type !== 'matrix') return `got a ${data.type}`;
  // A scalar over a range is written as a bare number or as a series without labels.
  return seriesMismatch(command, data, command);
}

function seriesMismatch(
  command: EvalCommand,
  data: PromqlResult['data'] & { type: 'matrix' },
  grid: { startMs: number; endMs: number; stepMs: number },
): string | undefined {
  const expected = new Map(command.expected.map((e) => [e.labels.key(), e]));
  for (const { labels, timestamps, values, histograms } of data.series) {
    const want = expected.get(labels.key());
    const name = labelsText(labels);
    if (want === undefined) return `unexpected series ${name} ${values.join(' ')}`;
    expected.delete(labels.key());
    let at = 0;
    for (let i = 0, t = grid.startMs; t <= grid.endMs || i < want.values.length; i++, t += grid.stepMs) {
      const here = timestamps[at] === t;
      const got = here ? (histograms?.[at] ?? values[at]!) : undefined;
      if (here) at++;
      const mismatch = elementMismatch(want.values[i], got);
      if (mismatch !== undefined) return `${name} at ${t / 1000}s: ${mismatch}; all: ${values.join(' ')}`;
    }
    if (at < timestamps.length) return `${name}: a sample at ${timestamps[at]! / 1000}s, off the grid`;
  }
  for (const { labels, values } of expected.values()) {
    if (values.some((v) => v !== undefined)) return `missing series ${labelsText(labels)}`;
  }
  return undefined;
}

/** What kind of answer the script is about. */
function wantedKind({ expectedString, expectedScalar, rangeVector, expected }: EvalCommand): string {
  if (expectedString !== undefined) return `string ${JSON.stringify(expectedString)}`;
  if (expectedScalar !== undefined) return `scalar ${expectedScalar}`;
  if (rangeVector !== undefined) return 'a range vector';
  return expected.length === 0 ? 'an empty vector' : `a vector of ${expected.length} elements`;
}
