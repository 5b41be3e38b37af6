/** What a log query finds: how many lines when, the lines themselves, their patterns, their fields. */

import { useEffect, useMemo, useRef } from 'preact/hooks';
import { formatCount } from '../../format/number.ts';
import { formatMoment } from '../../format/time.ts';
import { href, place, setParams, usePlace } from '../../location.ts';
import { Loading } from '../../parts/states.tsx';
import type { Bounds } from '../../time/range.ts';
import { rangeOf, setRange, useTime } from '../../time/use-time.ts';
import { Fields } from './fields.tsx';
import { markerOf } from './line-marks.ts';
import { hasColours } from './line-pieces.ts';
import type { LineView } from './line-text.tsx';
import { LogList } from './log-list.tsx';
import { LIMITS, type LogLook, toggleColours, toggleOrder, toggleWrap, useLook } from './log-look.ts';
import type { LogPages } from './log-pages.ts';
import { NothingFound } from './nothing-found.tsx';
import { Patterns } from './patterns.tsx';
import { QueryProblem } from './query-problem.tsx';
import { type ShownPages, usePages } from './use-pages.ts';
import { useVolume, Volume } from './volume.tsx';

/** So many lines stay quick to go through; who wants others narrows the range. */
const LINES_MAX = 10_000;
/** The next page is asked for before its place comes on screen. */
const AHEAD_PX = 800;

const TABS: readonly (readonly [id: string, name: string])[] = [
  ['lines', 'Lines'],
  ['patterns', 'Patterns'],
  ['fields', 'Fields'],
];

export function LogResult({ query }: { readonly query: string }) {
  const { params } = usePlace();
  const time = useTime();
  const look = useLook(query);
  const given = params.get('tab');
  const tab = TABS.some(([id]) => id === given) ? given! : 'lines';
  const volume = useVolume(query, time);
  return (
    <>
      <Volume query={query} loaded={volume} bounds={time} />
      <div class="tabs logs-tabs" role="tablist">
        {TABS.map(([id, name]) => (
          <button
            key={id}
            type="button"
            role="tab"
            aria-selected={tab === id}
            onClick={() => setParams({ tab: id === 'lines' ? undefined : id }, { replace: true })}
          >
            {name}
          </button>
        ))}
      </div>
      {tab === 'lines' && <Lines query={query} look={look} time={time} total={volume.data?.bars.total} />}
      {tab === 'patterns' && <Patterns query={query} bounds={time} />}
      {tab === 'fields' && <Fields query={query} bounds={time} />}
    </>
  );
}

function Lines(props: {
  readonly query: string;
  readonly look: LogLook;
  readonly time: Bounds;
  readonly total: number | undefined;
}) {
  const { query, look, time, total } = props;
  const { params } = usePlace();
  const shown = usePages(query, time, look.direction, look.limit);
  const { pages, error, isLoading } = shown;
  const { wraps, isColoured } = look;
  const view = useMemo<LineView>(
    () => ({ query, bounds: time, wraps, isColoured, marker: markerOf(query) }),
    [query, time, wraps, isColoured],
  );
  useEffect(() => window.scrollTo(0, 0), [query]);
  if (error && !pages) return <QueryProblem error={error} query={query} />;
  if (!pages) return <Loading what="Looking for lines …" />;
  if (pages.rows.length === 0) {
    return isLoading ? <Loading what="Looking for lines …" /> : <NothingFound query={query} bounds={time} />;
  }
  return (
    <div class={shown.isStale ? 'is-stale' : ''}>
      <Toolbar query={query} look={look} pages={pages} total={total} />
      <LogList rows={pages.rows} view={view} fixedEnd="first" linkedNs={params.get('line') ?? undefined} />
      {pages.crowdedNs && (
        <p class="fault">
          At {formatMoment(Number(pages.crowdedNs.slice(0, -6)))} there are more lines than the server gives
          at once: some are not shown.
        </p>
      )}
      <NextPage shown={shown} pages={pages} look={look} query={query} />
    </div>
  );
}

function Toolbar(props: {
  readonly query: string;
  readonly look: LogLook;
  readonly pages: LogPages;
  readonly total: number | undefined;
}) {
  const { query, look, pages, total } = props;
  const { range } = useTime();
  const count = pages.rows.length;
  const isWhole = pages.next === undefined;
  const which = look.direction === 'forward' ? 'oldest' : 'newest';
  const anyColours = useMemo(() => pages.rows.some(({ line }) => hasColours(line)), [pages.rows]);
  return (
    <div class="row logs-toolbar">
      <span class="grow" role="status">
        {isWhole ? formatCount(count) : `${formatCount(count)} ${which}`} {count === 1 ? 'line' : 'lines'}
        {!isWhole && total !== undefined && total > count && ` of ${formatCount(total)}`}
      </span>
      <a class="button" href={href('/search', { logql: query, from: range.from, to: range.to })}>
        Traces of these lines
      </a>
      {anyColours && (
        <button type="button" aria-pressed={look.isColoured} onClick={toggleColours}>
          Colours
        </button>
      )}
      <button type="button" aria-pressed={look.wraps} title="Wrap lines (w)" onClick={toggleWrap}>
        Wrap
      </button>
      <button type="button" title="Newest or oldest first (o)" onClick={() => toggleOrder(query)}>
        {look.direction === 'forward' ? 'Oldest first' : 'Newest first'}
      </button>
      <label class="logs-limit">
        Lines{' '}
        <select
          value={String(look.limit)}
          onChange={(event) => setParams({ limit: event.currentTarget.value }, { replace: true })}
        >
          {LIMITS.map((limit) => (
            <option key={limit}>{limit}</option>
          ))}
        </select>
      </label>
    </div>
  );
}

/** Comes by itself when it is near the screen. */
function NextPage(props: {
  readonly shown: ShownPages;
  readonly pages: LogPages;
  readonly look: LogLook;
  readonly query: string;
}) {
  const { shown, pages, look, query } = props;
  const box = useRef<HTMLDivElement>(null);
  const count = pages.rows.length;
  const isFull = count + look.limit > LINES_MAX;
  const waits = pages.next !== undefined && !shown.isLoading && !shown.error && !isFull;
  const latest = useRef(shown);
  latest.current = shown;
  useEffect(() => {
    if (!waits) return;
    const observer = new IntersectionObserver(([entry]) => entry!.isIntersecting && latest.current.more(), {
      rootMargin: `${AHEAD_PX}px 0px`,
    });
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, [waits, count]);
  const last = pages.rows.at(-1);
  const older = look.direction === 'forward' ? 'newer' : 'older';
  return (
    <div class="logs-next" ref={box}>
      {shown.error && <QueryProblem error={shown.error} query={query} />}
      {pages.next === undefined ? (
        !shown.isLoading && <p class="faint">All lines of the range.</p>
      ) : isFull ? (
        <p>
          {formatCount(count)} lines are enough for a page.{' '}
          <button type="button" onClick={() => last && goOn(last.ms, look)}>
            Go on from here
          </button>
        </p>
      ) : shown.isLoading ? (
        <p class="faint">Loading {older} lines …</p>
      ) : (
        <button type="button" onClick={shown.more}>
          Load {older} lines
        </button>
      )}
    </div>
  );
}

/** The rest of the range, from the last line on view. */
function goOn(atMs: number, { direction }: LogLook): void {
  const { from, to } = rangeOf(place().params);
  setRange(direction === 'forward' ? { from: String(atMs), to } : { from, to: String(atMs + 1) });
  window.scrollTo(0, 0);
}
