/** What the API says of targets, families and exemplars, in a form in which two servers can be compared. */

import { getJson } from '../../support/http-api.ts';
import { keyOf } from './indexed-samples.ts';

type Labels = Readonly<Record<string, string>>;

interface Targets {
  readonly activeTargets: readonly (Record<string, unknown> & { discoveredLabels: Labels; labels: Labels })[];
  readonly droppedTargets: readonly { discoveredLabels: Labels; scrapePool: string }[];
  readonly droppedTargetCounts: Readonly<Record<string, number>>;
}

/** Topic, then what it is about, to what is said. */
export type ApiAnswers = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Times and what follows from the moment of asking are left out. */
export async function apiAnswers(base: string, version: number): Promise<ApiAnswers> {
  const get = async <T>(path: string, parameters: Record<string, string | number> = {}) =>
    (await getJson<{ data: T }>(base, `/api/v1/${path}`, parameters)).data;
  const { activeTargets, droppedTargets, droppedTargetCounts } = await get<Targets>('targets');
  const allFamilies = await get<{ target: Labels; metric: string }[]>('targets/metadata');
  // What random pages say last depends on when it is asked.
  const metadata = allFamilies.filter(({ target }) => !target.job!.startsWith('random'));
  const exemplars = await get<{ seriesLabels: Labels; exemplars: unknown[] }[]>('query_exemplars', {
    query: '{t=~"open|native.*"}',
    start: 1_599_999_990,
    end: 1_600_001_000,
  });
  const pool = (t: unknown) => (t as { scrapePool: string }).scrapePool;
  return {
    targets: Object.fromEntries(
      activeTargets.map(({ lastScrape, lastScrapeDuration, lastError, health, ...rest }) => [
        `${pool(rest)} ${keyOf(rest.labels)} ${rest.scrapeUrl}`,
        rest,
      ]),
    ),
    dropped: {
      targets: droppedTargets.map((t) => `${pool(t)} ${keyOf(t.discoveredLabels)}`).sort(),
      counts: droppedTargetCounts,
    },
    families: Object.fromEntries(
      metadata.map(({ target, metric, ...m }) => [`${metric} ${keyOf(target)}`, m]),
    ),
    exemplars: Object.fromEntries(
      exemplars.map((e) => [keyOf(e.seriesLabels), e.exemplars.slice(0, EXEMPLARS)]),
    ),
    pools: version >= 3 ? { names: await get('scrape_pools') } : {},
    steps: version >= 3 ? { targets: await get('targets/relabel_steps', STEPS) } : {},
  };
}

/** Those of the first scrapes: the last ones depend on when it is asked. */
const EXEMPLARS = 10;

const STEPS = {
  scrapePool: 'targets',
  labels: JSON.stringify({ __address__: 'a:1', role: 'param', __meta_x: 'y' }),
};
