/** Silences: those that are in force, will be and were; making, changing and ending them. */

import { useMemo, useState } from 'preact/hooks';
import { expireSilence, knownAlerts, silences } from '../../api/alertmanager.ts';
import type { Silence } from '../../api/alertmanager-answers.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCounted } from '../../format/number.ts';
import { formatAgo, formatMoment } from '../../format/time.ts';
import { href, setParams, usePlace } from '../../location.ts';
import { FilterBar, useFilter } from '../../parts/filter-bar.tsx';
import { LinkedText } from '../../parts/linked-text.tsx';
import { Scroll } from '../../parts/scroll.tsx';
import { Empty, Problem, Shown } from '../../parts/states.tsx';
import { useCapped } from '../../parts/use-capped.tsx';
import { type KeyAction, useKeys } from '../../shell/keys.ts';
import { now } from '../../time/now.ts';
import { rangeParams, refresh, useTime } from '../../time/use-time.ts';
import { GROUPS_PATH } from './alert-head.tsx';
import { matcherText } from './matchers.ts';
import { draftOf, newDraft } from './silence-draft.ts';
import { rememberedAuthor, SilenceForm } from './silence-form.tsx';
import { countStates, filterSilences, SILENCE_STATES } from './silence-list.ts';

const FILTER = { text: 'search', choice: 'state' } as const;
const SILENCES_STEP = 50;
const BADGES: Readonly<Record<Silence['status']['state'], string>> = {
  active: 'warn',
  pending: '',
  expired: '',
};
const KEYS: readonly KeyAction[] = [
  { keys: 'n', what: 'New silence', run: () => setParams({ make: '', edit: undefined }) },
];

interface LoadedSilences {
  readonly all: readonly Silence[];
  /** How many alerts each keeps quiet now, by its id. */
  readonly hits: ReadonlyMap<string, number>;
}

export function SilencesPart() {
  const time = useTime();
  useKeys(KEYS);
  const loaded = useLoad(loadSilences, [time]);
  return (
    <Shown loaded={loaded} what="The silences cannot be had">
      {(data) => (
        <>
          <OpenForm all={data.all} />
          <SilenceList {...data} />
        </>
      )}
    </Shown>
  );
}

async function loadSilences(signal: AbortSignal): Promise<LoadedSilences> {
  const [all, quiet] = await Promise.all([silences(signal), knownAlerts({ active: 'false' }, signal)]);
  const hits = new Map<string, number>();
  for (const { status } of quiet) for (const id of status.silencedBy) hits.set(id, (hits.get(id) ?? 0) + 1);
  return { all, hits };
}

/** `make` has the matchers of a new one, `edit` the id of the one that is changed or made again. */
function OpenForm({ all }: { readonly all: readonly Silence[] }) {
  const { params } = usePlace();
  const make = params.get('make');
  const edit = params.get('edit');
  const close = () => setParams({ make: undefined, edit: undefined });
  if (edit !== null) {
    const found = all.find(({ id }) => id === edit);
    if (!found) return <Problem error={new Error(edit)} what="There is no such silence" />;
    return <SilenceForm key={edit} initial={draftOf(found)} onClose={close} />;
  }
  if (make !== null)
    return <SilenceForm key={make} initial={newDraft(make, rememberedAuthor.get() ?? '')} onClose={close} />;
  return null;
}

function SilenceList({ all, hits }: LoadedSilences) {
  const { words, chosen } = useFilter(FILTER);
  const counts = useMemo(() => countStates(all), [all]);
  const found = useMemo(() => filterSilences(all, words, chosen), [all, words, chosen.join()]);
  const { shown, more } = useCapped(found, SILENCES_STEP, 'silences');
  return (
    <>
      <FilterBar
        names={FILTER}
        what="Matcher, author or comment"
        choices={SILENCE_STATES.map((state) => ({ value: state, name: state, count: counts[state] }))}
      >
        <button type="button" title="New silence (n)" onClick={KEYS[0]!.run}>
          New silence …
        </button>
      </FilterBar>
      {all.length === 0 && (
        <Empty title="There are no silences">
          <p>
            A silence keeps alerts quiet for a while. Make one here, or from an alert{' '}
            <a href={href(GROUPS_PATH, rangeParams())}>as it is notified</a>.
          </p>
        </Empty>
      )}
      {all.length > 0 && found.length === 0 && <p class="nothing">No silence fits the filter.</p>}
      {found.length > 0 && (
        <Scroll label="Table of silences">
          <table class="silence-table stacked">
            <thead>
              <tr>
                <th>State</th>
                <th>Matchers</th>
                <th>Comment</th>
                <th class="number">Alerts</th>
                <th>Time</th>
                <th>
                  <span class="unseen">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((silence) => (
                <SilenceRow key={silence.id} silence={silence} hits={hits.get(silence.id) ?? 0} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {more}
    </>
  );
}

function SilenceRow({ silence, hits }: { readonly silence: Silence; readonly hits: number }) {
  const { id, status, matchers, comment, createdBy, startsAt, endsAt } = silence;
  const [error, setError] = useState<Error>();
  const texts = matchers.map(matcherText);
  const isOver = status.state === 'expired';
  return (
    <tr id={id}>
      <td>
        <span class={`badge ${BADGES[status.state]}`}>{status.state}</span>
      </td>
      <td>
        {texts.map((text) => (
          <div key={text}>
            <code>{text}</code>
          </div>
        ))}
      </td>
      <td>
        <LinkedText text={comment} /> <span class="faint">{createdBy}</span>
      </td>
      <td class="number" data-head="Alerts">
        {isOver ? (
          ''
        ) : hits === 0 ? (
          '0'
        ) : (
          <a
            href={href(GROUPS_PATH, { ...rangeParams(), filter: texts.join(', ') })}
            aria-label={formatCounted(hits, 'alert', 'alerts')}
          >
            {hits}
          </a>
        )}
      </td>
      <td
        class="silence-time"
        title={`${formatMoment(Date.parse(startsAt))} – ${formatMoment(Date.parse(endsAt))}`}
      >
        {status.state === 'pending' && `begins ${formatAgo(Date.parse(startsAt), now())}, `}
        {isOver ? 'ended' : 'ends'} {formatAgo(Date.parse(endsAt), now())}
      </td>
      <td>
        <span class="row">
          <button type="button" onClick={() => setParams({ edit: id, make: undefined })}>
            {isOver ? 'Make again …' : 'Edit …'}
          </button>
          {!isOver && (
            <button type="button" onClick={() => expireSilence(id).then(refresh, setError)}>
              Expire
            </button>
          )}
        </span>
        {error && <Problem error={error} what="It was not ended" />}
      </td>
    </tr>
  );
}
