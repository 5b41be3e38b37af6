/** Whether an alert is silenced, and the button that silences it or ends that. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Alert } from '../../api/status-answers.ts';
import { formatAgo } from '../../format/time.ts';
import { LabelList } from '../../parts/label-list.tsx';
import { Problem } from '../../parts/states.tsx';
import { remembered } from '../../store.ts';
import { refresh } from '../../time/use-time.ts';
import { expire, type Silences, silence } from './silences.ts';

const CHOICES: readonly (readonly [hours: number, name: string])[] = [
  [1, '1 hour'],
  [4, '4 hours'],
  [24, '1 day'],
  [168, '1 week'],
];
const rememberedAuthor = remembered('author');

export function SilenceCell({ alert, silences }: { readonly alert: Alert; readonly silences: Silences }) {
  const [isOpen, setOpen] = useState(false);
  const [error, setError] = useState<Error>();
  const by = silences.of(alert);
  const end = (id: string) => expire(id).then(refresh, setError);
  return (
    <span class="silences">
      {by.map(({ id, endsAt, createdBy, comment }) => (
        <span key={id} title={`${comment} (${createdBy})`}>
          <span class="badge">silenced, ends {formatAgo(Date.parse(endsAt), Date.now())}</span>{' '}
          <button type="button" class="quiet" onClick={() => end(id)}>
            End
          </button>
        </span>
      ))}
      {by.length === 0 && (
        <button type="button" class="quiet" onClick={() => setOpen(true)}>
          Silence …
        </button>
      )}
      {error && <Problem error={error} what="The silence was not ended" />}
      {isOpen && <SilenceDialog alert={alert} onClose={() => setOpen(false)} />}
    </span>
  );
}

function SilenceDialog({ alert, onClose }: { readonly alert: Alert; onClose(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState<Error>();
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const createdBy = String(form.get('author'));
    try {
      await silence(alert.labels, {
        hours: Number(form.get('hours')),
        createdBy,
        comment: String(form.get('comment')),
      });
    } catch (failed) {
      setError(failed as Error);
      return;
    }
    rememberedAuthor.set(createdBy);
    dialog.current?.close();
    refresh();
  };
  return (
    <dialog ref={dialog} class="silence-dialog" aria-label="Silence" onClose={onClose}>
      <h2>Silence</h2>
      <LabelList labels={alert.labels} />
      <form onSubmit={submit}>
        <label>
          For{' '}
          <select name="hours">
            {CHOICES.map(([hours, name]) => (
              <option key={hours} value={hours}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Your name <input name="author" required defaultValue={rememberedAuthor.get() ?? ''} />
        </label>
        <label>
          Why <input name="comment" required />
        </label>
        {error && <Problem error={error} what="It was not silenced" />}
        <span class="row">
          <button type="submit" class="primary">
            Silence
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </span>
      </form>
    </dialog>
  );
}
