/** Where what two servers made of the same scrapes differs: samples by scrape, and what the API says. */

import type { TargetSamples } from './indexed-samples.ts';

export interface Difference {
  readonly job: string;
  /** What it is about: labels of a series, a field of the API. */
  readonly what: string;
  /** `#3`, `@1007`, or where in an answer. */
  readonly place: string;
  readonly want: string;
  readonly got: string;
  /** The scrape, or the one before it, failed. */
  readonly atFailure?: boolean;
}

const NOTHING = 'nothing';
/** The shortest timeout of a job is half a second. */
const SLOW_SECONDS = 0.45;
/** Of these only that they are there is compared. */
const NOT_COMPARED = /"__name__","scrape_duration_seconds"/;

/** Samples of the scrapes that both have made, but for the last of them. */
export function compareSamples(
  want: ReadonlyMap<string, TargetSamples>,
  got: ReadonlyMap<string, TargetSamples>,
  skipJob: (job: string) => boolean,
): { readonly differences: Difference[]; readonly compared: number; readonly disturbed: number } {
  const differences: Difference[] = [];
  let compared = 0;
  let disturbed = 0;
  for (const target of new Set([...want.keys(), ...got.keys()])) {
    const [a, b] = [want.get(target), got.get(target)];
    const job = (a ?? b)!.job;
    if (skipJob(job)) continue;
    if (a === undefined || b === undefined) {
      differences.push({ job, what: target, place: 'target', want: told(a), got: told(b) });
      continue;
    }
    const scrapes = Math.min(a.scrapes, b.scrapes) - 1;
    if (slowScrapes(a, scrapes) !== slowScrapes(b, scrapes)) {
      disturbed++;
      continue;
    }
    for (const series of new Set([...a.series.keys(), ...b.series.keys()])) {
      const [x, y] = [within(a, series, scrapes), within(b, series, scrapes)];
      for (const place of new Set([...x.keys(), ...y.keys()])) {
        compared++;
        const [w, g] = [x.get(place) ?? NOTHING, y.get(place) ?? NOTHING];
        const same = NOT_COMPARED.test(series) ? (w === NOTHING) === (g === NOTHING) : w === g;
        if (same) continue;
        const atFailure = failedAt(a, place);
        differences.push({ job, what: series, place, want: w, got: g, atFailure });
      }
    }
  }
  return { differences, compared, disturbed };
}

/**
 * Which scrapes nearly ran into a timeout, or did. Where one server has others of them than the other, the machine was busy,
 * and what follows for the target is chance.
 */
function slowScrapes({ series }: TargetSamples, scrapes: number): string {
  for (const [labels, samples] of series) {
    if (!NOT_COMPARED.test(labels)) continue;
    const slow = [...samples].filter(
      ([place, seconds]) => scrapeOf(place) < scrapes && Number(seconds) >= SLOW_SECONDS,
    );
    return slow.map(([place]) => place).join();
  }
  return '';
}

const told = (target: TargetSamples | undefined) => (target ? `${target.scrapes} scrapes` : NOTHING);

function failedAt({ up }: TargetSamples, place: string): boolean {
  const scrape = scrapeOf(place);
  return [scrape, scrape - 1].some((n) => up.get(`#${n}`) === '0');
}

function within(target: TargetSamples, series: string, scrapes: number): Map<string, string> {
  const samples = target.series.get(series) ?? new Map<string, string>();
  return new Map([...samples].filter(([place]) => scrapeOf(place) < scrapes));
}

/** The scrape that a place belongs to; explicit times are a second apart. */
function scrapeOf(place: string): number {
  return place.startsWith('#') ? Number(place.slice(1)) : Math.floor(Number(place.slice(1)) / 1000);
}

/** Two JSON values, member by member. */
export function compareJson(job: string, what: string, want: unknown, got: unknown, at = ''): Difference[] {
  if (isPlain(want) && isPlain(got)) {
    const names = new Set([...Object.keys(want), ...Object.keys(got)]);
    return [...names].flatMap((name) => compareJson(job, what, want[name], got[name], `${at}.${name}`));
  }
  const [w, g] = [JSON.stringify(want) ?? NOTHING, JSON.stringify(got) ?? NOTHING];
  return w === g ? [] : [{ job, what, place: at, want: w, got: g }];
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
