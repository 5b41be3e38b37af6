/**
 * A set of queries as a workload: the data of an ingest workload is put in place, then every query of the set is asked
 * once a round. A round goes to one system after the other, so that what disturbs the machine disturbs all alike.
 */

import type { TargetUrlKind } from './target.ts';
import type { BenchAnswer, BenchRequest, LoadOptions, PushWorkload } from './workload.ts';

export interface BenchQuery {
  /** As the report names it. */
  readonly label: string;
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What the data of a run covers. */
export interface DataRange {
  readonly fromMs: number;
  readonly toMs: number;
  /** `bench_run="…"` */
  readonly run: string;
}

export interface QuerySet {
  readonly name: string;
  readonly language: string;
  readonly kind: TargetUrlKind;
  /** Puts the data in place. */
  readonly data: PushWorkload;
  /** Of that data. */
  readonly defaults: { readonly series: number; readonly items: number };
  queries(range: DataRange, options: LoadOptions): readonly BenchQuery[];
  /** How many series, lines, traces … are in an answer. */
  size(json: unknown): number;
}

const DEFAULT_REPEAT = 10;
const NO_BODY = new Uint8Array(0);

/** A run by duration has no number of items: its data is the default's. */
function dataOptions(set: QuerySet, options: LoadOptions): LoadOptions {
  const items = Number.isFinite(options.items) ? options.items : set.defaults.items;
  const batch = set.data.defaults.batch;
  return { ...options, items, batch: options.batch > 1 ? options.batch : batch };
}

function rangeOf(set: QuerySet, options: LoadOptions): DataRange {
  const { items, series, intervalMs, startMs, run } = dataOptions(set, options);
  return { fromMs: startMs, toMs: startMs + Math.ceil(items / series) * intervalMs, run };
}

function* requests(set: QuerySet, options: LoadOptions): Generator<BenchRequest, undefined> {
  const range = rangeOf(set, options);
  const round = set.queries(range, options).map(
    ({ label, path, parameters }): BenchRequest => ({
      method: 'GET',
      path: `${path}?${new URLSearchParams(parameters)}`,
      headers: {},
      body: NO_BODY,
      items: 1,
      newestMs: range.toMs,
      kind: set.kind,
      transport: 'http',
      label,
    }),
  );
  // By duration: until the time is up.
  const repeat =
    options.repeat ?? (options.durationMs === undefined ? DEFAULT_REPEAT : Number.POSITIVE_INFINITY);
  for (let r = 0; r < repeat; r++) yield* round;
  return undefined;
}

/** The set as a workload. `--items`, `--series` and the like speak of the data; `--repeat` says how often each query is asked. */
export function queryWorkload(set: QuerySet): PushWorkload {
  return {
    drive: 'push',
    name: set.name,
    summary: `a set of ${set.language} queries over what ${set.data.name} sends`,
    unit: 'queries',
    needs: [...new Set([set.kind, ...set.data.needs])],
    defaults: { ...set.data.defaults, ...set.defaults, concurrency: 1 },
    describe: (options) => {
      const data = dataOptions(set, options);
      return `${set.queries(rangeOf(set, options), options).length} ${set.language} queries over ${data.items} ${set.data.unit}: ${set.data.describe(data)}`;
    },
    prepare: (options) => set.data.requests(dataOptions(set, options)),
    requests: (options) => requests(set, options),
    roundItems: (options) => set.queries(rangeOf(set, options), options).length,
    answerSize: (answer: BenchAnswer) => sizeOf(set, answer),
  };
}

/** -1 for what is not JSON: a difference that the report shows. */
function sizeOf(set: QuerySet, answer: BenchAnswer): number {
  try {
    return set.size(JSON.parse(Buffer.from(answer.body).toString()));
  } catch {
    return -1;
  }
}
