/** Has the server write what is in memory to blocks, or merge blocks: both it does by itself, so it is asked once more. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { flush } from '../../api/status.ts';
import { Problem } from '../../parts/states.tsx';

const WORDS = {
  flush: 'Writes what is in memory to blocks now. Trilite does this by itself every five minutes, or sooner.',
  compact:
    'Writes what is in memory to blocks and merges small blocks. This may take a while where there is much data.',
} as const;
type Work = keyof typeof WORDS;

export function FlushButtons() {
  const [asked, setAsked] = useState<Work>();
  const [state, setState] = useState<'busy' | 'done' | Error>();
  const run = async (work: Work) => {
    setState('busy');
    try {
      await flush(work === 'compact');
      setState('done');
    } catch (error) {
      setState(error as Error);
    }
  };
  return (
    <div class="row">
      <button type="button" disabled={state === 'busy'} onClick={() => setAsked('flush')}>
        Flush …
      </button>
      <button type="button" disabled={state === 'busy'} onClick={() => setAsked('compact')}>
        Compact …
      </button>
      <span role="status" class="faint">
        {state === 'busy' ? 'Working …' : state === 'done' ? 'Done' : ''}
      </span>
      {state instanceof Error && <Problem error={state} />}
      {asked && (
        <Confirmation
          work={asked}
          onClose={(isMeant) => {
            setAsked(undefined);
            if (isMeant) void run(asked);
          }}
        />
      )}
    </div>
  );
}

function Confirmation({ work, onClose }: { readonly work: Work; onClose(isMeant: boolean): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const title = work === 'flush' ? 'Flush' : 'Compact';
  return (
    <dialog ref={dialog} aria-label={title} onClose={() => onClose(dialog.current?.returnValue === 'go')}>
      <h2>{title}</h2>
      <p>{WORDS[work]}</p>
      <form method="dialog" class="row">
        <button type="submit" value="go" class="primary">
          {title}
        </button>
        <button type="submit" value="">
          Cancel
        </button>
      </form>
    </dialog>
  );
}
