/** Answers as a line an item: JSON for programs, or what of an item is its content. */

import type { HistogramPoint, LabelSet, LogEntry } from '../../client/answer.ts';
import type { Answer } from '../query-ask.ts';
import type { TailedLine } from '../tail-connection.ts';
import { printTimeMs, printTimeNs } from './times.ts';
import { printHistogram, printLabels, printValue } from './values.ts';

/** As `trilite tail` has it. */
export function asTailed({ timeNs, line, labels, structuredMetadata, parsed }: LogEntry): TailedLine {
  return { ns: String(timeNs), line, stream: labels, structuredMetadata, parsed };
}

/** Log lines, values, names, ids. */
export function rawLines(answer: Answer): readonly string[] {
  switch (answer.kind) {
    case 'vector':
      return answer.samples.map(({ value, histogram }) =>
        histogram ? printHistogram(histogram) : printValue(value),
      );
    case 'matrix':
      return answer.series.flatMap(({ points, histograms }) => [
        ...points.map(({ value }) => printValue(value)),
        ...histograms.map(printHistogram),
      ]);
    case 'scalar':
      return [printValue(answer.value)];
    case 'string':
      return [answer.text];
    case 'entries':
      return answer.entries.map(({ line }) => line);
    case 'traces':
      return answer.traces.map(({ traceId }) => traceId);
    case 'trace':
      return answer.trace.spans.map(({ name }) => name);
    case 'names':
      return answer.names;
    case 'labelSets':
      return answer.sets.map(printLabels);
  }
}

/** A JSON object a line; numbers that JSON does not have are texts. */
export function jsonLines(answer: Answer): readonly string[] {
  return objectsOf(answer).map((object) => JSON.stringify(object, jsonValue));
}

function jsonValue(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'number' && !Number.isFinite(value) ? printValue(value) : value;
}

function objectsOf(answer: Answer): readonly object[] {
  switch (answer.kind) {
    case 'vector':
      return answer.samples.map(({ labels, timeMs, value, histogram }) =>
        histogram ? histogramObject(labels, histogram) : { time: printTimeMs(timeMs), labels, value },
      );
    case 'matrix':
      return answer.series.flatMap(({ labels, points, histograms }) => [
        ...points.map(({ timeMs, value }) => ({ time: printTimeMs(timeMs), labels, value })),
        ...histograms.map((histogram) => histogramObject(labels, histogram)),
      ]);
    case 'scalar':
      return [{ time: printTimeMs(answer.timeMs), value: answer.value }];
    case 'string':
      return [{ time: printTimeMs(answer.timeMs), value: answer.text }];
    case 'entries':
      return answer.entries.map(({ timeNs, line, labels, structuredMetadata, parsed }) => ({
        time: printTimeNs(timeNs),
        line,
        stream: labels,
        structuredMetadata,
        parsed,
      }));
    case 'traces':
      return answer.traces.map(({ startNs, ...trace }) => ({ start: printTimeNs(startNs), ...trace }));
    case 'trace':
      return answer.trace.spans;
    case 'names':
      return answer.names.map((name) => ({ [answer.what]: name }));
    case 'labelSets':
      return answer.sets;
  }
}

function histogramObject(labels: LabelSet, { timeMs, ...histogram }: HistogramPoint): object {
  return { time: printTimeMs(timeMs), labels, histogram };
}
