/** Lines out of streams: in the order of their times, each once. */

import type { Labels } from '../../../model/correlate/labels.ts';
import { serviceOf } from '../../../model/correlate/service.ts';

export interface StreamJson {
  readonly stream: Labels;
  readonly values: readonly (readonly [ns: string, line: string])[];
}

export interface LogLine {
  readonly atNs: bigint;
  readonly line: string;
  readonly service: string;
  readonly level: string;
  /** Of the span in which it was written; empty where it does not say. */
  readonly spanId: string;
}

const SPAN_ID = /^span[_.-]?id$/i;

export function logLines(streams: readonly StreamJson[]): readonly LogLine[] {
  const seen = new Set<string>();
  const lines: LogLine[] = [];
  for (const { stream, values } of streams) {
    const service = serviceOf(stream) ?? '';
    const spanId = Object.entries(stream).find(([name]) => SPAN_ID.test(name))?.[1] ?? '';
    const level = stream.detected_level ?? stream.level ?? '';
    for (const [ns, line] of values) {
      const key = `${ns}\0${service}\0${line}`;
      if (seen.has(key)) continue;
      seen.add(key);
      lines.push({ atNs: BigInt(ns), line, service, level, spanId: spanId.toLowerCase() });
    }
  }
  return lines.sort((a, b) => (a.atNs < b.atNs ? -1 : a.atNs > b.atNs ? 1 : 0));
}
