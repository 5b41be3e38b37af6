/** Services of all signals as one list: names from wherever they are known, numbers from metrics made of their spans. */

import { serviceOf } from '../../../model/correlate/service.ts';
import { type InstantAnswer, vectorRows } from '../../api/vector.ts';

export interface ServiceNumbers {
  /** A second. */
  readonly calls: number;
  /** The part of them that failed, 0 to 1. */
  readonly errors: number;
  /** 95 of 100 calls take no longer, in seconds. */
  readonly p95: number | undefined;
  /** Of which spans. */
  readonly kind: string;
}

export interface ServiceRow {
  readonly name: string;
  /** Undefined where no metrics are made of its spans. */
  readonly numbers: ServiceNumbers | undefined;
}

/** What a service answers says more of it than what it asks of others. */
const KINDS: readonly string[] = [
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CONSUMER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_INTERNAL',
];

/** Calls, failed calls and the durations, over a window such as `3600s`. */
export function numberQueries(window: string): readonly [calls: string, failed: string, p95: string] {
  const calls = (matchers: string) =>
    `sum by (service, span_kind) (rate(traces_spanmetrics_calls_total${matchers}[${window}]))`;
  return [
    calls(''),
    calls('{status_code="STATUS_CODE_ERROR"}'),
    `histogram_quantile(0.95, sum by (service, span_kind, le) (rate(traces_spanmetrics_latency_bucket[${window}])))`,
  ];
}

/** By service; of the kinds of span that it has calls of the first. */
export function serviceNumbers(
  calls: InstantAnswer,
  failed: InstantAnswer,
  p95: InstantAnswer,
): ReadonlyMap<string, ServiceNumbers> {
  const [all, bad, slow] = [byKind(calls), byKind(failed), byKind(p95)];
  const out = new Map<string, ServiceNumbers>();
  for (const [service, kinds] of all) {
    const kind = KINDS.find((one) => (kinds.get(one) ?? 0) > 0);
    if (kind === undefined) continue;
    const rate = kinds.get(kind)!;
    const duration = slow.get(service)?.get(kind);
    out.set(service, {
      calls: rate,
      errors: (bad.get(service)?.get(kind) ?? 0) / rate,
      p95: Number.isFinite(duration) ? duration : undefined,
      kind,
    });
  }
  return out;
}

function byKind(answer: InstantAnswer): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const out = new Map<string, Map<string, number>>();
  for (const { labels, value } of vectorRows(answer)) {
    const { service = '', span_kind: kind = '' } = labels;
    const kinds = out.get(service) ?? new Map<string, number>();
    out.set(service, kinds.set(kind, value));
  }
  return out;
}

/** Those with numbers first, the busiest before others; then the rest by name. */
export function serviceRows(
  numbers: ReadonlyMap<string, ServiceNumbers>,
  names: readonly string[],
): readonly ServiceRow[] {
  const all = new Set([...numbers.keys(), ...names].filter((name) => name !== ''));
  return [...all]
    .map((name) => ({ name, numbers: numbers.get(name) }))
    .sort((a, b) => (b.numbers?.calls ?? -1) - (a.numbers?.calls ?? -1) || (a.name < b.name ? -1 : 1));
}

/** What jobs are called in the other signals. */
export function servicesOfJobs(jobs: readonly string[]): readonly string[] {
  return jobs.map((job) => serviceOf({ job }) ?? job);
}
