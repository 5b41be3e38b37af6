/** The errors that targets have shown: what a scrape that failed is told by, as often as it is looked at. */

import { setTimeout as sleep } from 'node:timers/promises';
import { getJson } from '../../support/http-api.ts';

/** Scrapes are a second apart. */
const LOOK_EVERY_MS = 300;

interface Targets {
  readonly activeTargets: readonly {
    readonly scrapePool: string;
    readonly health: string;
    readonly lastError: string;
  }[];
}

/** Errors by job, of all its targets; '' and `up` are there for scrapes that went well. */
export type ErrorsSeen = ReadonlyMap<string, ReadonlySet<string>>;

/** Looks until `until` is over. */
export async function watchErrors(base: string, until: Promise<void>): Promise<ErrorsSeen> {
  const seen = new Map<string, Set<string>>();
  let over = false;
  until.finally(() => {
    over = true;
  });
  while (!over) {
    const { data } = await getJson<{ data: Targets }>(base, '/api/v1/targets');
    for (const { scrapePool, health, lastError } of data.activeTargets) {
      if (!seen.has(scrapePool)) seen.set(scrapePool, new Set());
      if (health !== 'unknown') seen.get(scrapePool)!.add(`${health}: ${lastError}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
  return seen;
}
