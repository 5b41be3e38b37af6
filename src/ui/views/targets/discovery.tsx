/** What discovery found: each target's labels before relabelling and after it, those that were dropped included. */

import { labelsText } from '../../../model/correlate/labels.ts';
import { targets } from '../../api/status.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCount } from '../../format/number.ts';
import { FilterBar, useFilter } from '../../parts/filter-bar.tsx';
import { Fold, useFolds } from '../../parts/fold.tsx';
import { LabelList } from '../../parts/label-list.tsx';
import { Scroll } from '../../parts/scroll.tsx';
import { Shown } from '../../parts/states.tsx';
import { useCapped } from '../../parts/use-capped.tsx';
import { PoolChoice } from './pool-choice.tsx';
import { type Discovered, discovered, filterDiscovered, type Pool } from './pools.ts';

const FILTER = { text: 'search', choice: 'kept' } as const;
/** A row has two label sets of some ten labels each. */
const ROWS_STEP = 50;
/** Where there are few targets all pools are open. */
const OPEN_TARGETS_MAX = 50;
const CHOICES = [
  { value: 'kept', name: 'kept' },
  { value: 'dropped', name: 'dropped' },
];

export function DiscoveryList(props: {
  readonly pools: readonly Pool[];
  readonly chosenPool: string | undefined;
  readonly time: unknown;
}) {
  const { pools, chosenPool, time } = props;
  const shown = pools.filter(({ name }) => chosenPool === undefined || name === chosenPool);
  const found = shown.reduce((sum, { discoveredCount }) => sum + (discoveredCount ?? 0), 0);
  const folds = useFolds('open', () => shown.length === 1 || found <= OPEN_TARGETS_MAX);
  return (
    <>
      <FilterBar names={FILTER} what="Label" choices={CHOICES}>
        <PoolChoice pools={pools} />
      </FilterBar>
      {shown.map(({ name, activeCount, discoveredCount }) => (
        <Fold
          key={name}
          isOpen={folds.isOpen(name)}
          onToggle={() => folds.toggle(name)}
          title={<h2>{name}</h2>}
          beside={<span class="badge">{countText(activeCount, discoveredCount)}</span>}
        >
          {() => <DiscoveredPool name={name} time={time} />}
        </Fold>
      ))}
    </>
  );
}

function countText(active: number | undefined, found: number | undefined): string {
  if (active === undefined) return 'not known';
  return found === undefined
    ? `${formatCount(active)} active`
    : `${formatCount(active)} of ${formatCount(found)} kept`;
}

function DiscoveredPool({ name, time }: { readonly name: string; readonly time: unknown }) {
  const { words, chosen } = useFilter(FILTER);
  const loaded = useLoad((signal) => targets('any', name, signal), [name, time]);
  return (
    <Shown loaded={loaded} what="What was discovered cannot be had">
      {(data) => <DiscoveredTable rows={filterDiscovered(discovered(data), words, chosen)} />}
    </Shown>
  );
}

function DiscoveredTable({ rows }: { readonly rows: readonly Discovered[] }) {
  const { shown, more } = useCapped(rows, ROWS_STEP, 'targets');
  if (rows.length === 0) return <p class="faint">No target fits the filter, or none was discovered.</p>;
  return (
    <>
      <Scroll label="Table of labels">
        <table class="discovered">
          <thead>
            <tr>
              <th>Discovered labels</th>
              <th>Target labels</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ discoveredLabels, labels }) => (
              <tr key={`${labelsText(discoveredLabels)} ${labels ? labelsText(labels) : ''}`}>
                <td>
                  <LabelList labels={discoveredLabels} />
                </td>
                <td>
                  {labels ? (
                    <LabelList labels={labels} />
                  ) : (
                    <span class="badge warn">dropped by relabelling</span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {more}
    </>
  );
}
