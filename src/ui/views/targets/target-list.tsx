/** Targets pool by pool: what is up, what is not and why. */

import { useMemo } from 'preact/hooks';
import { type Labels, labelsText } from '../../../model/correlate/labels.ts';
import { targets as loadTargets } from '../../api/status.ts';
import type { Target, TargetHealth } from '../../api/status-answers.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCount, formatNanoseconds } from '../../format/number.ts';
import { formatAgo, formatMoment } from '../../format/time.ts';
import { href } from '../../location.ts';
import { FilterBar } from '../../parts/filter-bar.tsx';
import { Fold, type Folds, useFolds } from '../../parts/fold.tsx';
import { LabelList } from '../../parts/label-list.tsx';
import { Scroll } from '../../parts/scroll.tsx';
import { Shown } from '../../parts/states.tsx';
import { httpAddress } from '../../parts/text-pieces.ts';
import { useCapped } from '../../parts/use-capped.tsx';
import { rangeParams } from '../../time/use-time.ts';
import { PoolChoice } from './pool-choice.tsx';
import { byPool, countHealth, filterTargets, HEALTHS, type HealthCounts, type Pool } from './pools.ts';

/** As Prometheus' own page calls them. */
export const TARGET_FILTER = { text: 'search', choice: 'health' } as const;
/** A row is some twenty elements: this many are drawn in a frame or two. */
const ROWS_STEP = 100;
/** Where there are few pools all are open. */
const OPEN_POOLS_MAX = 5;

const BADGES: Readonly<Record<TargetHealth, string>> = { up: 'good', down: 'bad', unknown: 'warn' };

interface ListProps {
  /** Those to be shown. */
  readonly pools: readonly Pool[];
  readonly allPools: readonly Pool[];
  /** All of them; undefined where they are too many to be had at once. */
  readonly targets: readonly Target[] | undefined;
  /** Of a pool that is not loaded, where it is known. */
  readonly downOf: (pool: Pool) => number | undefined;
  readonly words: string;
  readonly chosen: readonly string[];
  readonly time: unknown;
}

export function TargetList({ pools, allPools, targets, downOf, words, chosen, time }: ListProps) {
  const own = useMemo(() => targets && byPool(targets), [targets]);
  const isOpenByDefault = pools.length === 1 || (targets !== undefined && pools.length <= OPEN_POOLS_MAX);
  const folds = useFolds('open', () => isOpenByDefault);
  const counts = targets && countHealth(targets);
  const isFiltered = words !== '' || chosen.length > 0;
  return (
    <>
      <FilterBar
        names={TARGET_FILTER}
        what="Endpoint, label or error"
        choices={HEALTHS.map((health) => ({ value: health, name: health, count: counts?.[health] }))}
      >
        <PoolChoice pools={allPools} />
      </FilterBar>
      {pools.map((pool) => {
        const all = own && (own.get(pool.name) ?? []);
        const found = all && filterTargets(all, words, chosen);
        if (isFiltered && found?.length === 0) return null;
        return (
          <PoolPanel
            key={pool.name}
            down={downOf(pool)}
            {...{ pool, all, found, words, chosen, folds, time }}
          />
        );
      })}
      {isFiltered && own && filterTargets(targets ?? [], words, chosen).length === 0 && (
        <p class="nothing">No target fits the filter.</p>
      )}
    </>
  );
}

function PoolPanel(props: {
  readonly pool: Pool;
  readonly all: readonly Target[] | undefined;
  readonly found: readonly Target[] | undefined;
  readonly down: number | undefined;
  readonly words: string;
  readonly chosen: readonly string[];
  readonly folds: Folds;
  readonly time: unknown;
}) {
  const { pool, all, found, down, words, chosen, folds, time } = props;
  return (
    <Fold
      isOpen={folds.isOpen(pool.name)}
      onToggle={() => folds.toggle(pool.name)}
      title={<h2>{pool.name}</h2>}
      beside={
        all ? (
          <Counts counts={countHealth(all)} />
        ) : (
          <span class="row">
            {down !== undefined && down > 0 && <span class="badge bad">{formatCount(down)} down</span>}
            <span class="badge">{formatCount(pool.activeCount ?? 0)} targets</span>
          </span>
        )
      }
    >
      {() =>
        found ? <TargetTable targets={found} /> : <LoadedPool name={pool.name} {...{ words, chosen, time }} />
      }
    </Fold>
  );
}

function Counts({ counts }: { readonly counts: HealthCounts }) {
  return (
    <span class="row">
      {HEALTHS.filter((health) => counts[health] > 0).map((health) => (
        <span key={health} class={`badge ${BADGES[health]}`}>
          {formatCount(counts[health])} {health}
        </span>
      ))}
      {HEALTHS.every((health) => counts[health] === 0) && <span class="badge">no targets</span>}
    </span>
  );
}

function LoadedPool(props: {
  readonly name: string;
  readonly words: string;
  readonly chosen: readonly string[];
  readonly time: unknown;
}) {
  const { name, words, chosen, time } = props;
  const loaded = useLoad((signal) => loadTargets('active', name, signal), [name, time]);
  return (
    <Shown loaded={loaded} what="The targets of this pool cannot be had">
      {({ activeTargets }) => (
        <>
          <p>
            <Counts counts={countHealth(activeTargets)} />
          </p>
          <TargetTable targets={filterTargets(activeTargets, words, chosen)} />
        </>
      )}
    </Shown>
  );
}

function TargetTable({ targets }: { readonly targets: readonly Target[] }) {
  const { shown, more } = useCapped(targets, ROWS_STEP, 'targets');
  if (targets.length === 0) return <p class="faint">No target fits the filter, or there are none.</p>;
  return (
    <>
      <Scroll label="Table of targets">
        <table class="targets stacked">
          <thead>
            <tr>
              <th>Endpoint</th>
              <th>State</th>
              <th>Labels</th>
              <th class="number">Last scrape</th>
              <th class="number">Took</th>
              <th class="number">Interval</th>
              <th>Show</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((target) => (
              <TargetRow key={`${target.scrapeUrl} ${labelsText(target.labels)}`} target={target} />
            ))}
          </tbody>
        </table>
      </Scroll>
      {more}
    </>
  );
}

function TargetRow({ target }: { readonly target: Target }) {
  const { scrapeUrl, health, labels, lastError, lastScrapeDuration, scrapeInterval, scrapeTimeout } = target;
  const address = httpAddress(scrapeUrl);
  const lastMs = Date.parse(target.lastScrape);
  const isScraped = lastMs > 0;
  return (
    <>
      <tr class={lastError === '' ? '' : 'has-error'}>
        <td class="endpoint">
          {address ? (
            <a href={address} target="_blank" rel="noreferrer">
              {scrapeUrl}
            </a>
          ) : (
            scrapeUrl
          )}
        </td>
        <td>
          <span class={`badge ${BADGES[health]}`}>{health}</span>
        </td>
        <td>
          <LabelList labels={labels} />
        </td>
        <td class="number" data-head="Scraped" title={isScraped ? formatMoment(lastMs) : undefined}>
          {isScraped ? formatAgo(lastMs, Date.now()) : 'never'}
        </td>
        <td class="number" data-head="Took">
          {isScraped ? formatNanoseconds(lastScrapeDuration * 1e9) : ''}
        </td>
        <td class="number" data-head="Every" title={`Timeout ${scrapeTimeout}`}>
          {scrapeInterval}
        </td>
        <td>
          <a href={metricsOf(labels)} aria-label={`Metrics of ${scrapeUrl}`}>
            Metrics
          </a>
        </td>
      </tr>
      {lastError !== '' && (
        <tr class="error-row">
          <td colSpan={7}>
            <pre class="fault">{lastError}</pre>
          </td>
        </tr>
      )}
    </>
  );
}

/** Whether it was up, and which metrics it has. */
function metricsOf(labels: Labels): string {
  const { job, instance } = labels;
  const selector = labelsText({ ...(job && { job }), ...(instance && { instance }) });
  return href('/graph', {
    ...rangeParams(),
    'g0.expr': labelsText({ __name__: 'up', ...labels }),
    'g0.tab': 'graph',
    'g1.expr': `count by (__name__) (${selector === '{}' ? labelsText(labels) : selector})`,
    'g1.tab': 'table',
  });
}
