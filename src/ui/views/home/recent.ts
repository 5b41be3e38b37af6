/** The newest lines and traces of what Loki and Tempo found. */

import type { Labels } from '../../../model/correlate/labels.ts';

export interface LogsAnswer {
  readonly data: {
    readonly result: readonly {
      readonly stream: Labels;
      readonly values: readonly (readonly [ns: string, line: string])[];
    }[];
  };
}

export interface RecentLine {
  readonly atMs: number;
  readonly line: string;
  readonly labels: Labels;
}

/** Longer lines are cut: here they are glanced at. */
const LINE_MAX_CHARS = 400;

export function recentLines({ data }: LogsAnswer, max: number): readonly RecentLine[] {
  return data.result
    .flatMap(({ stream, values }) =>
      values.map(([ns, line]) => ({
        atMs: Number(ns.slice(0, -6)),
        line: line.length > LINE_MAX_CHARS ? `${line.slice(0, LINE_MAX_CHARS)}…` : line,
        labels: stream,
      })),
    )
    .sort((a, b) => b.atMs - a.atMs)
    .slice(0, max);
}

export interface SearchAnswer {
  readonly traces?: readonly {
    readonly traceID: string;
    readonly rootServiceName?: string;
    readonly rootTraceName?: string;
    readonly startTimeUnixNano?: string;
    readonly durationMs?: number;
  }[];
}

export interface RecentTrace {
  readonly id: string;
  readonly service: string;
  readonly name: string;
  readonly atMs: number;
  readonly durationMs: number;
}

export function recentTraces({ traces = [] }: SearchAnswer, max: number): readonly RecentTrace[] {
  return traces
    .map((trace) => ({
      id: trace.traceID,
      service: trace.rootServiceName ?? '',
      name: trace.rootTraceName ?? '',
      atMs: Number((trace.startTimeUnixNano ?? '0').slice(0, -6)),
      durationMs: trace.durationMs ?? 0,
    }))
    .sort((a, b) => b.atMs - a.atMs)
    .slice(0, max);
}
