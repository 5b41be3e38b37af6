/** Alerts, of metrics and of logs: what is firing, since when, and the ways to its cause. */

import { useMemo } from 'preact/hooks';
import { useLoad } from '../../api/use-load.ts';
import { formatCount } from '../../format/number.ts';
import { FilterBar, useFilter } from '../../parts/filter-bar.tsx';
import { useFolds } from '../../parts/fold.tsx';
import { Shown } from '../../parts/states.tsx';
import { useCapped } from '../../parts/use-capped.tsx';
import { useTime } from '../../time/use-time.ts';
import { AlertHead } from '../alerting/alert-head.tsx';
import { AlertRulePanel } from './alert-rule.tsx';
import { alertingRules, countStates, filterAlerting, type OwnedAlerting, STATES } from './groups.ts';
import { loadGroups } from './load-groups.ts';
import { NoRules } from './no-rules.tsx';
import { loadSilences } from './silences.ts';

const FILTER = { text: 'search', choice: 'state' } as const;
const RULES_STEP = 100;
/** Where more fire than this, a list of them is read first. */
const OPEN_MAX = 10;

export function AlertsView() {
  const time = useTime();
  const loaded = useLoad(
    async (signal) => alertingRules((await loadGroups({ type: 'alert', withAlerts: true }, signal)).groups),
    [time],
  );
  return (
    <>
      <AlertHead />
      <Shown loaded={loaded} what="The alerts cannot be had">
        {(all) =>
          all.length === 0 ? <NoRules what="alerting rules" /> : <AlertList all={all} time={time} />
        }
      </Shown>
    </>
  );
}

function AlertList({ all, time }: { readonly all: readonly OwnedAlerting[]; readonly time: unknown }) {
  const { words, chosen } = useFilter(FILTER);
  const counts = countStates(all);
  const found = useMemo(() => filterAlerting(all, words, chosen), [all, words, chosen.join()]);
  const { shown, more } = useCapped(found, RULES_STEP, 'rules');
  const active = new Set(
    all.filter(({ rule }) => rule.state === 'firing' || rule.state === 'pending').map(({ key }) => key),
  );
  const isFiring = counts.firing > 0;
  // Where nothing fires nothing is silenced. What goes wrong here takes nothing from the alerts.
  const silenced = useLoad((signal) => (isFiring ? loadSilences(signal) : undefined), [time, isFiring]);
  const folds = useFolds('open', (key) => active.size <= OPEN_MAX && active.has(key));
  return (
    <>
      <FilterBar
        names={FILTER}
        what="Alert, label or annotation"
        choices={STATES.filter((state) => state !== 'unknown' || counts.unknown > 0).map((state) => ({
          value: state,
          name: state === 'unknown' ? 'not yet run' : state,
          count: counts[state],
        }))}
      />
      {active.size === 0 && chosen.length === 0 && words === '' && (
        <p class="all-well">
          <span class="badge good">nothing fires</span> {formatCount(all.length)} rules are watching.
        </p>
      )}
      {found.length === 0 && <p class="nothing">No alert fits the filter.</p>}
      {shown.map((owned) => (
        <AlertRulePanel
          key={owned.key}
          owned={owned}
          silences={silenced.data}
          isOpen={folds.isOpen(owned.key)}
          onToggle={() => folds.toggle(owned.key)}
        />
      ))}
      {more}
    </>
  );
}
