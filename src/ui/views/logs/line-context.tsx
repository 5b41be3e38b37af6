/** What its stream wrote before and behind a line, whatever the query looks for. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { queryLogs } from '../../api/loki.ts';
import type { Direction, LogQuestion } from '../../api/loki-data.ts';
import { formatMoment } from '../../format/time.ts';
import { href } from '../../location.ts';
import { Loading } from '../../parts/states.tsx';
import { LineText, type LineView } from './line-text.tsx';
import { type LogPages, withPage } from './log-pages.ts';
import type { LogRow } from './log-row.ts';
import { streamSelector } from './logql-edit.ts';
import { QueryProblem } from './query-problem.tsx';

/** A page of it on each side. */
const CONTEXT_LINES = 20;
/** As far as Grafana looks. */
const REACH_NS = 2n * 3_600_000_000_000n;
const SHOWN_MAX_CHARS = 2000;

interface Sides {
  readonly before: LogPages;
  readonly behind: LogPages;
}

export function LineContext({ row, view }: { readonly row: LogRow; readonly view: LineView }) {
  const selector = streamSelector(row.stream);
  const [sides, setSides] = useState<Sides>(() => ({
    before: { rows: [], next: question(selector, row, 'backward') },
    behind: { rows: [], next: question(selector, row, 'forward') },
  }));
  const [error, setError] = useState<Error>();
  const [isLoading, setLoading] = useState(true);
  const gone = useRef(new AbortController());
  const more = async (names: readonly (keyof Sides)[]) => {
    setLoading(true);
    try {
      const pages = await Promise.all(names.map((name) => nextPage(sides[name], gone.current.signal)));
      setSides((last) => ({ ...last, ...Object.fromEntries(names.map((name, i) => [name, pages[i]!])) }));
    } catch (failed) {
      if (gone.current.signal.aborted) return;
      setError(failed as Error);
    }
    setLoading(false);
  };
  useEffect(() => {
    gone.current = new AbortController();
    more(['before', 'behind']);
    return () => gone.current.abort();
  }, []);
  if (error) return <QueryProblem error={error} query={selector} />;
  const rows = [...sides.before.rows.toReversed(), ...sides.behind.rows];
  const own = rows.findIndex(({ ns, line }) => ns === row.ns && line === row.line);
  const chosen = own < 0 ? rows.findIndex(({ ns }) => ns === row.ns) : own;
  const range = { from: String(row.ms - 600_000), to: String(row.ms + 600_000) };
  return (
    <section class="log-context" aria-label="Lines around this one">
      <p class="row">
        <code class="grow">{selector}</code>
        <a href={href('/logs', { q: selector, ...range, line: row.ns })}>Open as a view</a>
      </p>
      {rows.length === 0 && isLoading && <Loading />}
      <MoreButton name="Lines before" pages={sides.before} onClick={() => more(['before'])} />
      {rows.map((one, i) => (
        <div key={one.id} class={i === chosen ? 'log-head is-chosen' : 'log-head'}>
          <span class="log-time">{formatMoment(one.ms, view.bounds.endMs)}</span>
          <LineText line={one.line} view={view} maxChars={SHOWN_MAX_CHARS} />
        </div>
      ))}
      <MoreButton name="Lines behind" pages={sides.behind} onClick={() => more(['behind'])} />
    </section>
  );
}

function MoreButton(props: { readonly name: string; readonly pages: LogPages; onClick(): void }) {
  const { name, pages, onClick } = props;
  if (!pages.next || pages.rows.length === 0) return null;
  return (
    <button type="button" onClick={onClick}>
      {name}
    </button>
  );
}

/** The line itself is the first of those behind. */
function question(query: string, { ns }: LogRow, direction: Direction): LogQuestion {
  const at = BigInt(ns);
  return {
    query,
    startNs: direction === 'forward' ? at : at - REACH_NS,
    endNs: direction === 'forward' ? at + REACH_NS : at,
    limit: CONTEXT_LINES,
    direction,
  };
}

async function nextPage(pages: LogPages, signal: AbortSignal): Promise<LogPages> {
  return pages.next ? withPage(pages.rows, pages.next, await queryLogs(pages.next, signal)) : pages;
}
