/** Where a query is typed and run; it is in the address from then on. */

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { tenant } from '../../api/http.ts';
import { Editor } from '../../editor/editor.tsx';
import { logqlHistory } from '../../editor/query-history.ts';
import { queryLanguage } from '../../editor/query-tokens.ts';
import { place, setParams } from '../../location.ts';
import { type KeyAction, useKeys } from '../../shell/keys.ts';
import { useStore } from '../../store.ts';
import { refresh, useTime } from '../../time/use-time.ts';
import { canFollow, toggleLive } from './live.ts';
import { logqlCompleter } from './logql-completion.ts';
import { logqlSource } from './logql-source.ts';
import { LOGQL_WORDS } from './logql-words.ts';

const LANGUAGE = queryLanguage(LOGQL_WORDS);
/** A minute more or less makes no other names: they are not asked anew with every refresh. */
const NAMES_STEP_MS = 60_000;

/** The same query again looks for what has come since. */
export function runQuery(text: string): void {
  const query = text.trim();
  if ((place().params.get('q') ?? '') === query) refresh();
  else setParams({ q: query === '' ? undefined : query, line: undefined });
}

export function QueryBox({ query, isLive }: { readonly query: string; readonly isLive: boolean }) {
  const [text, setText] = useState(query);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    setText(query);
    logqlHistory.add(query);
  }, [query]);
  const { startMs, endMs } = useTime();
  const from = Math.floor(startMs / NAMES_STEP_MS) * NAMES_STEP_MS;
  const to = Math.ceil(endMs / NAMES_STEP_MS) * NAMES_STEP_MS;
  const complete = useMemo(() => logqlCompleter(logqlSource({ startMs: from, endMs: to })), [from, to]);
  const keys = useMemo<readonly KeyAction[]>(
    () => [
      {
        keys: 'e',
        what: 'Edit the query',
        run: () => box.current?.querySelector<HTMLElement>('textarea')?.focus(),
      },
      { keys: 't', what: 'Follow the logs live, or stop', run: toggleLive },
    ],
    [],
  );
  useKeys(keys);
  return (
    <div class="row logs-query" ref={box}>
      <div class="grow">
        <Editor
          value={text}
          label="LogQL query"
          placeholder='{service_name="…"} |= "text"   ( e )'
          language={LANGUAGE}
          complete={complete}
          onChange={setText}
          onRun={runQuery}
        />
      </div>
      <button type="button" class="primary" onClick={() => runQuery(text)}>
        Run
      </button>
      <LiveButton query={query} isLive={isLive} />
      <History onChoose={runQuery} />
    </div>
  );
}

function LiveButton({ query, isLive }: { readonly query: string; readonly isLive: boolean }) {
  const who = useStore(tenant);
  const title = !canFollow(query)
    ? 'Queries of lines can be followed'
    : who !== undefined
      ? 'Browsers cannot name a tenant to a live connection: refresh every few seconds instead'
      : 'Lines as they come in (t)';
  return (
    <button
      type="button"
      aria-pressed={isLive}
      title={title}
      disabled={!isLive && (!canFollow(query) || who !== undefined)}
      onClick={toggleLive}
    >
      Live
    </button>
  );
}

function History({ onChoose }: { onChoose(query: string): void }) {
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const close = (event: Event) => {
      if (
        event instanceof KeyboardEvent ? event.key === 'Escape' : !box.current?.contains(event.target as Node)
      )
        setOpen(false);
    };
    document.addEventListener('pointerdown', close);
    document.addEventListener('keydown', close);
    return () => {
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('keydown', close);
    };
  }, [isOpen]);
  const choose = (query: string) => {
    setOpen(false);
    onChoose(query);
  };
  return (
    <div class="logs-history" ref={box}>
      <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        History
      </button>
      {isOpen && (
        <ul>
          {logqlHistory.queries().map((query) => (
            <li key={query}>
              <button type="button" class="quiet logs-past" onClick={() => choose(query)}>
                <code>{query}</code>
              </button>
            </li>
          ))}
          {logqlHistory.queries().length === 0 && <li class="faint">Queries that you run are kept here.</li>}
        </ul>
      )}
    </div>
  );
}
