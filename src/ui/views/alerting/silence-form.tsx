/** The form that makes or changes a silence, with the alerts that it will keep quiet as they are now. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { knownAlerts, putSilence } from '../../api/alertmanager.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCounted } from '../../format/number.ts';
import { formatAgo, formatMoment } from '../../format/time.ts';
import { LabelList } from '../../parts/label-list.tsx';
import { Problem, Shown } from '../../parts/states.tsx';
import { useCapped } from '../../parts/use-capped.tsx';
import { remembered } from '../../store.ts';
import { now } from '../../time/now.ts';
import { refresh, useTime } from '../../time/use-time.ts';
import { matcherText, parseMatchers } from './matchers.ts';
import { DURATIONS, postedOf, type SilenceDraft, timesOf } from './silence-draft.ts';

export const rememberedAuthor = remembered('author');
const PREVIEW_STEP = 5;

export function SilenceForm({ initial, onClose }: { readonly initial: SilenceDraft; onClose(): void }) {
  const [draft, setDraft] = useState(initial);
  const [error, setError] = useState<Error>();
  const form = useRef<HTMLFormElement>(null);
  // What is still to be filled in.
  useEffect(() => form.current?.querySelector<HTMLElement>('input:invalid, textarea:invalid')?.focus(), []);
  const change = (changes: Partial<SilenceDraft>) => setDraft({ ...draft, ...changes });
  const save = async (event: Event) => {
    event.preventDefault();
    try {
      await putSilence(postedOf(draft, now()));
    } catch (failed) {
      setError(failed as Error);
      return;
    }
    rememberedAuthor.set(draft.createdBy);
    onClose();
    refresh();
  };
  const what = draft.id === undefined ? 'New silence' : 'Change the silence';
  return (
    <section class="panel silence-form" aria-label={what}>
      <h2>{what}</h2>
      <form ref={form} onSubmit={save}>
        <label class="wide">
          Matchers, one a line; all must hold
          <textarea
            required
            rows={Math.min(8, Math.max(2, draft.matchers.split('\n').length))}
            spellcheck={false}
            placeholder={'alertname="TargetDown"\ninstance=~"web-.*"'}
            value={draft.matchers}
            onInput={(event) => change({ matchers: event.currentTarget.value })}
          />
        </label>
        <TimeFields draft={draft} onChange={change} />
        <label>
          Your name
          <input
            required
            value={draft.createdBy}
            onInput={(event) => change({ createdBy: event.currentTarget.value })}
          />
        </label>
        <label>
          Why
          <input
            required
            value={draft.comment}
            onInput={(event) => change({ comment: event.currentTarget.value })}
          />
        </label>
        {error && <Problem error={error} what="It was not silenced" />}
        <span class="row wide">
          <button type="submit" class="primary">
            {draft.id === undefined ? 'Silence' : 'Change'}
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </span>
      </form>
      <Preview matchers={draft.matchers} />
    </section>
  );
}

function TimeFields(props: {
  readonly draft: SilenceDraft;
  readonly onChange: (changes: Partial<SilenceDraft>) => void;
}) {
  const { draft, onChange } = props;
  return (
    <>
      <label>
        Begins
        <input
          placeholder="now"
          value={draft.begins}
          onInput={(event) => onChange({ begins: event.currentTarget.value })}
        />
      </label>
      <label>
        Lasts, or ends at
        <input
          required
          value={draft.ends}
          onInput={(event) => onChange({ ends: event.currentTarget.value })}
        />
      </label>
      <span class="row wide">
        {DURATIONS.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={draft.ends === one}
            onClick={() => onChange({ ends: one })}
          >
            {one}
          </button>
        ))}
        <Until draft={draft} />
      </span>
    </>
  );
}

function Until({ draft }: { readonly draft: SilenceDraft }) {
  try {
    const nowMs = now();
    const { endMs } = timesOf(draft, nowMs);
    return (
      <span class="faint">
        until {formatMoment(endMs).replace(/\.\d+$/, '')}, {formatAgo(endMs, nowMs)}
      </span>
    );
  } catch (error) {
    return <span class="fault">{(error as Error).message}</span>;
  }
}

/** Asked of the server, which alone knows what matches. */
function Preview({ matchers }: { readonly matchers: string }) {
  const time = useTime();
  let filter: readonly string[] = [];
  let fault: string | undefined;
  try {
    filter = parseMatchers(matchers).map(matcherText);
  } catch (error) {
    fault = (error as Error).message;
  }
  const loaded = useLoad(
    (signal) => (filter.length > 0 ? knownAlerts({ filter }, signal) : undefined),
    [filter.join('\n'), time],
  );
  const { shown, more } = useCapped(loaded.data ?? [], PREVIEW_STEP, 'alerts');
  if (fault !== undefined) return <p class="fault">{fault}</p>;
  if (filter.length === 0) return <p class="faint">Without a matcher nothing is silenced.</p>;
  return (
    <div class="silence-preview" role="status">
      <Shown loaded={loaded} what="These matchers cannot be used">
        {(alerts) => (
          <>
            <p>
              {alerts.length === 0
                ? 'No alert matches now; later ones will be kept quiet.'
                : `Matches ${formatCounted(alerts.length, 'alert', 'alerts')} now:`}
            </p>
            <ul class="plain-list">
              {shown.map(({ fingerprint, labels, status }) => (
                <li key={fingerprint}>
                  <LabelList labels={labels} />{' '}
                  {status.silencedBy.length > 0 && <span class="badge">silenced already</span>}
                </li>
              ))}
            </ul>
            {more}
          </>
        )}
      </Shown>
    </div>
  );
}
