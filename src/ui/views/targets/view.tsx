/** What is scraped, pool by pool, and what discovery found before relabelling: `/targets` and `/service-discovery`. */

import { useMemo } from 'preact/hooks';
import { query } from '../../api/prometheus.ts';
import { ownMetrics, scrapePools, targets } from '../../api/status.ts';
import { useLoad } from '../../api/use-load.ts';
import { vectorRows } from '../../api/vector.ts';
import { href, usePlace } from '../../location.ts';
import { useFilter } from '../../parts/filter-bar.tsx';
import { PathTabs } from '../../parts/path-tabs.tsx';
import { Shown } from '../../parts/states.tsx';
import { now } from '../../time/now.ts';
import { rangeParams, useTime } from '../../time/use-time.ts';
import { AlertmanagerList } from './alertmanagers.tsx';
import { DiscoveryList } from './discovery.tsx';
import { NoPools } from './no-pools.tsx';
import { downCount, type Pool } from './pools.ts';
import { TARGET_FILTER, TargetList } from './target-list.tsx';

/** Up to this many targets all are asked for at once; of more, those of a pool when it is opened. */
const AT_ONCE_MAX = 1000;

const COUNTS = 'prometheus_target_scrape_pool_targets';
const DISCOVERED = 'prometheus_sd_discovered_targets';

export function TargetsView() {
  const { path, params } = usePlace();
  const isDiscovery = path === '/service-discovery';
  // Prometheus had the second before its pages were made anew.
  const chosenPool = params.get('pool') ?? params.get('scrapePool') ?? undefined;
  const time = useTime();
  const pools = useLoad(loadPools, [time]);
  return (
    <>
      <header class="view-head">
        <h1>{isDiscovery ? 'Service discovery' : 'Targets'}</h1>
        <PathTabs
          label="Targets"
          tabs={[
            { name: 'Targets', href: href('/targets', rangeParams()), isHere: !isDiscovery },
            {
              name: 'Service discovery',
              href: href('/service-discovery', rangeParams()),
              isHere: isDiscovery,
            },
          ]}
        />
      </header>
      <Shown loaded={pools} what="The scrape pools cannot be had">
        {(all) =>
          all.length === 0 ? (
            <NoPools />
          ) : isDiscovery ? (
            <DiscoveryList pools={all} chosenPool={chosenPool} time={time} />
          ) : (
            <ActivePools pools={all} chosenPool={chosenPool} time={time} />
          )
        }
      </Shown>
      {!isDiscovery && <AlertmanagerList time={time} />}
    </>
  );
}

async function loadPools(signal: AbortSignal): Promise<readonly Pool[]> {
  const [names, metrics] = await Promise.all([
    scrapePools(signal),
    ownMetrics(`${COUNTS}|${DISCOVERED}`, signal),
  ]);
  const active = metrics.byLabel(COUNTS, 'scrape_job');
  const found = new Map(
    metrics
      .samples(DISCOVERED)
      .filter(({ labels }) => labels.name === 'scrape')
      .map(({ labels, value }) => [labels.config, value]),
  );
  return names.map((name) => ({ name, activeCount: active.get(name), discoveredCount: found.get(name) }));
}

interface PoolsProps {
  readonly pools: readonly Pool[];
  readonly chosenPool: string | undefined;
  /** Changes when all is to be loaded anew. */
  readonly time: unknown;
}

function ActivePools({ pools, chosenPool, time }: PoolsProps) {
  const { words, chosen } = useFilter(TARGET_FILTER);
  const total = pools.reduce((sum, { activeCount }) => sum + (activeCount ?? 0), 0);
  const isSmall = total <= AT_ONCE_MAX;
  const loaded = useLoad(
    (signal) => (isSmall ? targets('active', undefined, signal) : undefined),
    [time, isSmall],
  );
  const ups = useLoad(
    async (signal) => {
      if (isSmall) return undefined;
      const [all, down] = await Promise.all(
        ['count by (job) (up)', 'count by (job) (up == 0)'].map((expr) => query(expr, now(), signal)),
      );
      return [vectorRows(all!), vectorRows(down!)] as const;
    },
    [time, isSmall],
  );
  const shown = useMemo(
    () => pools.filter(({ name }) => chosenPool === undefined || name === chosenPool),
    [pools, chosenPool],
  );
  const list = (
    <TargetList
      pools={shown}
      allPools={pools}
      targets={isSmall ? loaded.data?.activeTargets : undefined}
      downOf={(pool) => ups.data && downCount(pool, ...ups.data)}
      words={words}
      chosen={chosen}
      time={time}
    />
  );
  return isSmall ? (
    <Shown loaded={loaded} what="The targets cannot be had">
      {() => list}
    </Shown>
  ) : (
    list
  );
}
