/** One run: both servers scrape for some time, a target goes and comes back meanwhile, then everything is compared. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiAnswers, apiAnswers } from './api-answers.ts';
import { compareJson, compareSamples, type Difference } from './compare.ts';
import { type ErrorsSeen, watchErrors } from './errors-seen.ts';
import { explain } from './explained.ts';
import { indexedSamples } from './indexed-samples.ts';
import { MOVING, type ScrapePair } from './pair.ts';
import { type ReadSeries, readSamples } from './read-samples.ts';

/** The target is away from the first to the second part of the run. */
const AWAY = [0.25, 0.6] as const;

export interface Outcome {
  readonly samples: number;
  /** Targets that were not compared: the machine was too busy. */
  readonly disturbed: number;
  readonly differences: readonly Difference[];
  /** How many differences each rule explains. */
  readonly explained: ReadonlyMap<string, number>;
}

export async function runScrapes(pair: ScrapePair, seconds: number): Promise<Outcome> {
  const over = moveAround(pair, seconds);
  const errors = await Promise.all([pair.reference, pair.own].map((base) => watchErrors(base, over)));
  const bases = [pair.reference, pair.own];
  const [wantApi, gotApi] = (await Promise.all(bases.map((b) => apiAnswers(b, pair.version)))) as [
    ApiAnswers,
    ApiAnswers,
  ];
  const [want, got] = await Promise.all(bases.map((b) => indexedSamples(b, pair)));
  const { differences, compared, disturbed } = compareSamples(want!, got!, (job) => job === MOVING);
  for (const topic of Object.keys(wantApi)) {
    const [a, b] = [wantApi[topic]!, gotApi[topic]!];
    for (const about of new Set([...Object.keys(a), ...Object.keys(b)])) {
      differences.push(...compareJson(topic, about, a[about], b[about]));
    }
  }
  differences.push(...errorsDiffer(errors[0]!, errors[1]!));
  differences.push(...(await moved(pair)), ...(await countersDiffer(pair)));
  return { samples: compared, disturbed, ...explain(differences, pair.version) };
}

async function moveAround(pair: ScrapePair, seconds: number): Promise<void> {
  await sleep(seconds * 1000 * AWAY[0]);
  pair.move(false);
  await sleep(seconds * 1000 * (AWAY[1] - AWAY[0]));
  pair.move(true);
  await sleep(seconds * 1000 * (1 - AWAY[1]));
}

/** Of jobs whose pages come again and again; a scrape that takes the whole interval is followed at once by the next. */
function errorsDiffer(want: ErrorsSeen, got: ErrorsSeen): Difference[] {
  const listed = (seen: ErrorsSeen, job: string) =>
    [...new Set([...(seen.get(job) ?? [])].map(withoutLine))]
      .filter((e) => job === 'failing' || !TIMED_OUT.test(e))
      .sort();
  return [...want.keys()]
    .filter((job) => job !== 'slow' && !job.startsWith('random'))
    .flatMap((job) => compareJson('errors', job, listed(want, job), listed(got, job)));
}

/** Where no page is slow, the machine was busy. */
const TIMED_OUT = /context deadline exceeded/;

/** Trilite says in which line of the page it was. */
const withoutLine = (error: string): string => error.replace(/ \(line \d+\)$/, '');

/** How the moving target's series went: samples, a marker about a second after the last, samples. */
async function moved({ reference, own, startMs }: ScrapePair): Promise<Difference[]> {
  const shape = async (base: string): Promise<Record<string, string>> => {
    const all = await readSamples(base, startMs);
    // A busy machine may fail a scrape, which ends all but these.
    const series = all.filter(({ labels }) => labels.job === MOVING && labels.t === undefined);
    return Object.fromEntries(series.map((s) => [s.labels.__name__!, shapeOf(s)]));
  };
  return compareJson(MOVING, 'shape', await shape(reference), await shape(own));
}

function shapeOf({ samples }: ReadSeries): string {
  let out = '';
  let before = 0;
  for (const [ms, value] of samples) {
    if (value === 'stale') out += ` marker after ${((ms - before) / 1000).toFixed(0)} s`;
    else if (!out.endsWith(' samples')) out += ' samples';
    before = ms;
  }
  // What comes behind is the end of the run.
  return out.trim().split(' marker').slice(0, 2).join(' marker');
}

/** Of these both must count something, or neither. */
const COUNTERS = [
  'scrapes_exceeded_sample_limit_total',
  'scrapes_exceeded_body_size_limit_total',
  'scrapes_exceeded_native_histogram_bucket_limit_total',
  'scrapes_sample_duplicate_timestamp_total',
  'scrapes_sample_out_of_order_total',
  'scrapes_sample_out_of_bounds_total',
  'scrape_pool_exceeded_target_limit_total',
  'scrape_pool_exceeded_label_limits_total',
  'scrape_pools_total',
  'sync_failed_total',
  'scrape_pool_sync_total',
  'interval_length_seconds_count',
  'sync_length_seconds_count',
];
/** These must be the same number. */
const GAUGES = ['scrape_pool_targets', 'scrape_pool_target_limit', 'scrape_pools_total'];

async function countersDiffer({ reference, own }: ScrapePair): Promise<Difference[]> {
  const read = async (base: string): Promise<Record<string, unknown>> => {
    const page = await (await fetch(`${base}/metrics`)).text();
    const out: Record<string, unknown> = {};
    for (const [, name, labels, value] of page.matchAll(
      /^prometheus_(?:target|sd)_(\w+)(?:\{(.*)\})? (\S+)$/gm,
    )) {
      const key = labels === undefined ? name! : `${name} ${labels}`;
      if (COUNTERS.includes(name!)) out[`${key} counts`] = Number(value) > 0;
      if (GAUGES.includes(name!) || (name === 'discovered_targets' && labels!.includes('"scrape"')))
        out[key] = Number(value);
    }
    return out;
  };
  return compareJson('metrics', 'prometheus_', await read(reference), await read(own));
}
