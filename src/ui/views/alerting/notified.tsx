/** Alerts in the groups in which people are told of them: by receiver, and by the labels that a route groups by. */

import { useMemo } from 'preact/hooks';
import { alertGroups, knownAlerts, silences } from '../../api/alertmanager.ts';
import type { AlertGroup, KnownAlert } from '../../api/alertmanager-answers.ts';
import { useLoad } from '../../api/use-load.ts';
import { setParams, usePlace } from '../../location.ts';
import { FilterBar, useFilter } from '../../parts/filter-bar.tsx';
import { type Folds, useFolds } from '../../parts/fold.tsx';
import { Shown } from '../../parts/states.tsx';
import { useCapped } from '../../parts/use-capped.tsx';
import { useTime } from '../../time/use-time.ts';
import { GroupPanel } from './alert-group.tsx';
import {
  alertsOf,
  countStandings,
  filterGroups,
  readFilter,
  type ShownGroup,
  STANDINGS,
} from './alert-list.ts';
import type { Explained } from './kept-quiet.tsx';
import { NobodyTold } from './nobody-told.tsx';

const FILTER = { text: 'filter', choice: 'state' } as const;
const NO_GROUPS: readonly AlertGroup[] = [];
const GROUPS_STEP = 50;
/** Where there are more groups or alerts than this, a list of the groups is read first. */
const OPEN_GROUPS_MAX = 10;
const OPEN_ALERTS_MAX = 50;

interface LoadedGroups extends Explained {
  readonly groups: readonly AlertGroup[];
}

export function Notified() {
  const time = useTime();
  const { words: text, chosen } = useFilter(FILTER);
  const receiver = usePlace().params.get('receiver') ?? undefined;
  const { matchers, words } = useMemo(() => readFilter(text), [text]);
  const loaded = useLoad((signal) => loadGroups(matchers, signal), [matchers.join(), time]);
  const groups = loaded.data?.groups ?? NO_GROUPS;
  const counts = useMemo(() => countStandings(groups), [groups]);
  const found = useMemo(
    () => filterGroups(groups, { words, receiver, standings: chosen }),
    [groups, words, receiver, chosen.join()],
  );
  const alertCount = found.reduce((sum, { alerts }) => sum + alerts.length, 0);
  const isShort = found.length === 1 || (found.length <= OPEN_GROUPS_MAX && alertCount <= OPEN_ALERTS_MAX);
  const folds = useFolds(isShort ? 'closed' : 'open', () => isShort);
  const isAllOpen = found.every((group) => folds.isOpen(group.key));
  return (
    <>
      <FilterBar
        names={FILTER}
        what={'Matchers, as severity="page", or words'}
        choices={STANDINGS.filter((one) => one !== 'unprocessed' || counts.unprocessed > 0).map((one) => ({
          value: one,
          name: one,
          count: counts[one],
        }))}
      >
        <ReceiverChoice groups={groups} receiver={receiver} />
        {found.length > 1 && (
          <button
            type="button"
            onClick={() => folds.set(isAllOpen === isShort ? found.map(({ key }) => key) : [])}
          >
            {isAllOpen ? 'Close all' : 'Open all'}
          </button>
        )}
      </FilterBar>
      <Shown loaded={loaded} what="The alerts cannot be had">
        {(data) => (
          <>
            <NobodyTold groups={groups} />
            {found.length === 0 && (
              <p class="nothing">
                {text !== '' || groups.length > 0
                  ? 'No alert fits the filter.'
                  : 'There are no alerts: nothing fires.'}
              </p>
            )}
            <GroupList found={found} explained={data} folds={folds} />
          </>
        )}
      </Shown>
    </>
  );
}

/** Whatever keeps an alert quiet is asked for where something does. */
async function loadGroups(matchers: readonly string[], signal: AbortSignal): Promise<LoadedGroups> {
  const groups = await alertGroups(matchers, signal);
  const found = alertsOf(groups);
  const has = (by: (status: KnownAlert['status']) => readonly string[]) =>
    [...found.values()].some(({ status }) => by(status).length > 0);
  const [all, others] = await Promise.all([
    has(({ silencedBy }) => silencedBy) ? silences(signal) : [],
    has(({ inhibitedBy }) => inhibitedBy.filter((one) => !found.has(one))) ? knownAlerts({}, signal) : [],
  ]);
  return {
    groups,
    silences: new Map(all.map((one) => [one.id, one])),
    alerts: new Map([...found, ...others.map((one) => [one.fingerprint, one] as const)]),
  };
}

function GroupList(props: {
  readonly found: readonly ShownGroup[];
  readonly explained: Explained;
  readonly folds: Folds;
}) {
  const { found, explained, folds } = props;
  const { shown, more } = useCapped(found, GROUPS_STEP, 'groups');
  return (
    <>
      {shown.map((group) => (
        <GroupPanel
          key={group.key}
          group={group}
          explained={explained}
          isOpen={folds.isOpen(group.key)}
          onToggle={() => folds.toggle(group.key)}
        />
      ))}
      {more}
    </>
  );
}

function ReceiverChoice(props: {
  readonly groups: readonly AlertGroup[];
  readonly receiver: string | undefined;
}) {
  const { groups, receiver } = props;
  const names = new Set(groups.map((group) => group.receiver.name));
  if (receiver !== undefined) names.add(receiver);
  if (names.size < 2) return null;
  return (
    <select
      aria-label="Receiver"
      value={receiver ?? ''}
      onChange={(event) => setParams({ receiver: event.currentTarget.value || undefined }, { replace: true })}
    >
      <option value="">All receivers</option>
      {[...names].sort().map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}
