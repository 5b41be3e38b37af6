/** Lines as they come in. The page stays where it is while somebody reads further down; a pause keeps what comes. */

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { logLabels } from '../../api/loki.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCount } from '../../format/number.ts';
import { Loading } from '../../parts/states.tsx';
import { type KeyAction, useKeys } from '../../shell/keys.ts';
import { markerOf } from './line-marks.ts';
import type { LineView } from './line-text.tsx';
import { toggleLive } from './live.ts';
import { LogList } from './log-list.tsx';
import { toggleOrder, useLook } from './log-look.ts';
import { parsersOf } from './logql-edit.ts';
import { QueryProblem } from './query-problem.tsx';
import { TAIL_MAX_LINES, TailBuffer, type TailView } from './tail-buffer.ts';
import { TailConnection, type TailState } from './tail-connection.ts';

/** What comes within this time is drawn together. */
const DRAW_EVERY_MS = 200;
const DAY_MS = 86_400_000;

export function Tail({ query }: { readonly query: string }) {
  // Frames have all labels in one: which are those of streams, the index knows.
  const names = useLoad(
    (signal) => logLabels({ startMs: Date.now() - DAY_MS, endMs: Date.now() + DAY_MS }, signal),
    [],
  );
  if (names.error) return <QueryProblem error={names.error} query={query} />;
  if (!names.data) return <Loading />;
  return <Following query={query} streamLabels={names.data} />;
}

function Following({
  query,
  streamLabels,
}: {
  readonly query: string;
  readonly streamLabels: readonly string[];
}) {
  const look = useLook(query);
  const [isPaused, setPaused] = useState(false);
  const { view, state, buffer, draw } = useTail(query, streamLabels);
  const pause = () => {
    if (isPaused) buffer.resume();
    else buffer.pause();
    setPaused(!isPaused);
    draw();
  };
  const latest = useRef(pause);
  latest.current = pause;
  const [keys] = useState<readonly KeyAction[]>(() => [
    { keys: 'p', what: 'Pause the live lines, or go on', run: () => latest.current() },
  ]);
  useKeys(keys);
  const { wraps, isColoured, direction } = look;
  const today = useMemo(() => ({ startMs: Date.now(), endMs: Date.now() }), []);
  const lineView = useMemo<LineView>(
    () => ({ query, bounds: today, wraps, isColoured, marker: markerOf(query) }),
    [query, today, wraps, isColoured],
  );
  const isNewestFirst = direction === 'backward';
  const rows = useMemo(
    () => (isNewestFirst ? view.rows.toReversed() : view.rows),
    [view.rows, isNewestFirst],
  );
  useFollowEnd(!isNewestFirst, view.rows);
  if (state.is === 'refused') return <QueryProblem error={state.error} query={query} />;
  return (
    <>
      <div class="row logs-toolbar">
        <span class={`badge ${state.is === 'open' ? 'good' : 'warn'}`}>
          {isPaused ? 'paused' : wordFor(state)}
        </span>
        <span class="grow" role="status">
          {counted(view.rows.length, 'line')}
          {isPaused && view.waitingCount > 0 && `, ${formatCount(view.waitingCount)} waiting`}
        </span>
        <button type="button" aria-pressed={isPaused} title="Pause (p)" onClick={pause}>
          {isPaused ? 'Go on' : 'Pause'}
        </button>
        <button type="button" title="Newest or oldest first (o)" onClick={() => toggleOrder(query)}>
          {isNewestFirst ? 'Newest first' : 'Oldest first'}
        </button>
        <button type="button" onClick={toggleLive}>
          Stop
        </button>
      </div>
      <Notices view={view} state={state} />
      {rows.length === 0 && <p class="faint">Waiting for lines …</p>}
      <LogList
        rows={rows}
        view={lineView}
        fixedEnd={isNewestFirst ? 'last' : 'first'}
        gone={view.goneCount}
      />
    </>
  );
}

function counted(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
}

function wordFor(state: TailState): string {
  return state.is === 'open' ? 'live' : state.is === 'connecting' ? 'connecting' : 'connecting again';
}

function Notices({ view, state }: { readonly view: TailView; readonly state: TailState }) {
  return (
    <>
      {state.is === 'waiting' && (
        <p class="fault">
          The connection broke{state.reason === '' ? '' : ` (${state.reason})`}; it is made anew and goes on
          where it was.
        </p>
      )}
      {view.droppedCount > 0 && (
        <p class="fault">
          The server dropped {counted(view.droppedCount, 'line')}: they came faster than this page takes them.
          Narrow the query.
        </p>
      )}
      {view.goneCount > 0 && (
        <p class="faint">
          {counted(view.goneCount, 'older line')} not kept here: a page holds {formatCount(TAIL_MAX_LINES)} of
          them. Stop to look them up.
        </p>
      )}
    </>
  );
}

interface TailHandle {
  readonly view: TailView;
  readonly state: TailState;
  readonly buffer: TailBuffer;
  /** Shows what the buffer has now. */
  draw(): void;
}

function useTail(query: string, streamLabels: readonly string[]): TailHandle {
  const buffer = useMemo(() => {
    const names = new Set(streamLabels);
    return new TailBuffer((name) => names.has(name), parsersOf(query).length > 0);
  }, [query, streamLabels]);
  const [view, setView] = useState(buffer.view);
  const [state, setState] = useState<TailState>({ is: 'connecting' });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const connection = new TailConnection(query, {
      take: (frame) => {
        buffer.take(frame);
        timer ??= setTimeout(() => {
          timer = undefined;
          setView(buffer.view);
        }, DRAW_EVERY_MS);
      },
      changed: setState,
      newestNs: () => buffer.newestNs,
    });
    return () => {
      clearTimeout(timer);
      connection.end();
    };
  }, [query, buffer]);
  return { view, state, buffer, draw: () => setView(buffer.view) };
}

/** Where new lines come below, the page goes along while its end is on screen. */
function useFollowEnd(isOn: boolean, rows: readonly unknown[]): void {
  const wasAtEnd = useRef(true);
  useEffect(() => {
    const noted = () => {
      const { scrollHeight } = document.documentElement;
      wasAtEnd.current = window.scrollY + window.innerHeight >= scrollHeight - 40;
    };
    addEventListener('scroll', noted, { passive: true });
    return () => removeEventListener('scroll', noted);
  }, []);
  useEffect(() => {
    if (isOn && wasAtEnd.current) window.scrollTo(0, document.documentElement.scrollHeight);
  }, [isOn, rows]);
}
