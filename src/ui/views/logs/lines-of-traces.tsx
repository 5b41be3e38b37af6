/** The lines of the traces that a TraceQL query selects, in place of all lines: as many as fit one page. */

import { useMemo } from 'preact/hooks';
import { linesOfTraces } from '../../api/across.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCount } from '../../format/number.ts';
import { href, place, setParams, usePlace } from '../../location.ts';
import { Empty, Loading, Problem } from '../../parts/states.tsx';
import { useTime } from '../../time/use-time.ts';
import { markerOf } from './line-marks.ts';
import type { LineView } from './line-text.tsx';
import { LogList } from './log-list.tsx';
import { toggleOrder, toggleWrap, useLook } from './log-look.ts';
import { compareNs, rowsOf } from './log-row.ts';

export function LinesOfTraces({ traceql, query }: { readonly traceql: string; readonly query: string }) {
  const time = useTime();
  const look = useLook(query);
  const { params } = usePlace();
  const { direction, limit, wraps, isColoured } = look;
  const loaded = useLoad(
    (signal) => linesOfTraces({ traceql, logql: query, limit, direction, ...time }, signal),
    [traceql, query, limit, direction, time],
  );
  const rows = useMemo(() => {
    const sign = direction === 'forward' ? 1 : -1;
    return rowsOf(loaded.data?.data.result ?? []).sort((a, b) => sign * compareNs(a.ns, b.ns));
  }, [loaded.data]);
  const view = useMemo<LineView>(
    () => ({ query, bounds: time, wraps, isColoured, marker: markerOf(query) }),
    [query, time, wraps, isColoured],
  );
  if (loaded.error) return <Problem error={loaded.error} what="The question did not work" />;
  if (!loaded.data) return <Loading what="Looking for lines of the traces …" />;
  const { traces, tracesTruncated, linesTruncated } = loaded.data.across;
  if (rows.length === 0) return <NoLines traces={traces} query={query} />;
  return (
    <div class={loaded.loading ? 'is-stale' : ''}>
      <div class="row logs-toolbar">
        <span class="grow" role="status">
          {linesTruncated ? `The first ${formatCount(rows.length)}` : formatCount(rows.length)}{' '}
          {rows.length === 1 ? 'line' : 'lines'} of {tracesTruncated ? 'the newest ' : ''}
          {formatCount(traces)} {traces === 1 ? 'trace' : 'traces'}
        </span>
        <button type="button" aria-pressed={wraps} title="Wrap lines (w)" onClick={toggleWrap}>
          Wrap
        </button>
        <button type="button" title="Newest or oldest first (o)" onClick={() => toggleOrder(query)}>
          {direction === 'forward' ? 'Oldest first' : 'Newest first'}
        </button>
      </div>
      <LogList rows={rows} view={view} fixedEnd="first" linkedNs={params.get('line') ?? undefined} />
    </div>
  );
}

/** Whose lines these are, and how to get back. */
export function OfTraces({ traceql }: { readonly traceql: string }) {
  const { range } = useTime();
  const q = place().params.get('q') ?? '';
  return (
    <p class="row across-note">
      <span class="grow">
        Lines of the traces <code>{traceql}</code>
      </span>
      <a class="button" href={href('/search', { q: traceql, from: range.from, to: range.to })}>
        These traces
      </a>
      <button type="button" onClick={() => setParams({ traceql: undefined, q: ofAllLines(q) })}>
        All lines
      </button>
    </p>
  );
}

/** Without traces a query has to name streams. */
function ofAllLines(query: string): string | undefined {
  return query === ''
    ? undefined
    : query.replace(/^\s*(\{\s*\})?\s*(?=\||!|$)/, '{service_name=~".+"} ').trim();
}

function NoLines({ traces, query }: { readonly traces: number; readonly query: string }) {
  if (traces === 0) {
    return (
      <Empty title="No trace fits">
        <p>The query selects no trace in this range of time. Take a longer range, or another query.</p>
      </Empty>
    );
  }
  return (
    <Empty title="No line names one of these traces">
      <p>
        Looked for the ids of {formatCount(traces)} {traces === 1 ? 'trace' : 'traces'} in lines and metadata
        {query !== '' && ', among lines that the query lets pass'}, from a minute before the first to a minute
        after the last. OpenTelemetry's log appenders send ids; other loggers can print{' '}
        <code>trace_id=…</code>.
      </p>
    </Empty>
  );
}
