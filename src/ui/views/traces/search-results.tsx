/** The traces that a search found: over time and by duration, and in a list. */

import { useMemo, useState } from 'preact/hooks';
import { type TracesOfLines, tracesOfLines } from '../../api/across.ts';
import { searchTraces, tagValues } from '../../api/tempo.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCount, formatNanoseconds } from '../../format/number.ts';
import { formatAgo, formatMoment } from '../../format/time.ts';
import { distinctColours } from '../../graph/palette.ts';
import { href, setParams, usePlace } from '../../location.ts';
import { LabelList } from '../../parts/label-list.tsx';
import { Empty, Loading } from '../../parts/states.tsx';
import { ServiceColours, Swatch, useServiceColour } from '../../parts/swatch.tsx';
import { type Bounds, QUICK_RANGES } from '../../time/range.ts';
import { setRange, useTime } from '../../time/use-time.ts';
import { type FoundTrace, foundTraces, ORDERS, type Order, ordered } from './found-traces.ts';
import { HowToSend } from './how-to-send.tsx';
import { QueryFault } from './query-fault.tsx';
import { TraceScatter } from './trace-scatter.tsx';

const LIMIT = 20;
/** The server takes more, but no list of them is read. */
const LIMIT_MAX = 5000;
const ORDER_NAMES: Readonly<Record<Order, string>> = {
  newest: 'Newest first',
  longest: 'Longest first',
  errors: 'Most errors first',
  spans: 'Most spans first',
};

/** `logql`: of the traces only those that its lines name; '' for all. */
export function SearchResults({ q, logql }: { readonly q: string; readonly logql: string }) {
  const { params } = usePlace();
  const time = useTime();
  const limit = Math.min(LIMIT_MAX, Math.max(1, Math.trunc(Number(params.get('limit'))) || LIMIT));
  const order = ORDERS.find((name) => name === params.get('sort')) ?? 'newest';
  const loaded = useLoad((signal) => found({ q, logql, limit, ...time }, signal), [q, logql, limit, time]);
  const traces = useMemo(() => ordered(foundTraces(loaded.data?.traces ?? []), order), [loaded.data, order]);
  const colours = useMemo(
    () => distinctColours(traces.flatMap(({ services }) => services.map(({ service }) => service))),
    [traces],
  );
  if (loaded.error) return <QueryFault q={q} error={loaded.error} />;
  if (loaded.data === undefined) return <Loading what="Looking for traces …" />;
  if (traces.length === 0 && loaded.loading) return <Loading />;
  if (traces.length === 0) return logql === '' ? <NothingFound /> : <NoneNamed joined={loaded.data.joined} />;
  const mayHaveMore = traces.length >= limit && limit < LIMIT_MAX;
  return (
    <section class={loaded.loading ? 'panel found is-stale' : 'panel found'} aria-label="Traces">
      <TraceScatter traces={traces} bounds={time} />
      <div class="row found-head">
        <h2 class="grow" aria-live="polite">
          {mayHaveMore
            ? `The newest ${formatCount(traces.length)} traces`
            : `${formatCount(traces.length)} ${traces.length === 1 ? 'trace' : 'traces'}`}
        </h2>
        {logql === '' && (
          <a class="button" href={href('/logs', { traceql: q, from: time.range.from, to: time.range.to })}>
            Lines of these traces
          </a>
        )}
        <select
          aria-label="Order"
          value={order}
          onChange={(event) =>
            setParams(
              { sort: event.currentTarget.value === 'newest' ? undefined : event.currentTarget.value },
              { replace: true },
            )
          }
        >
          {ORDERS.map((name) => (
            <option key={name} value={name}>
              {ORDER_NAMES[name]}
            </option>
          ))}
        </select>
      </div>
      <ServiceColours.Provider value={colours}>
        <FoundList traces={traces} />
      </ServiceColours.Provider>
      {mayHaveMore && (
        <button
          type="button"
          onClick={() => setParams({ limit: String(Math.min(LIMIT_MAX, limit * 2)) }, { replace: true })}
        >
          Show more
        </button>
      )}
    </section>
  );
}

interface Question extends Bounds {
  readonly q: string;
  readonly logql: string;
  readonly limit: number;
}

type Joined = TracesOfLines['across'] | undefined;

async function found({ q, logql, ...within }: Question, signal: AbortSignal) {
  if (logql === '') return { traces: await searchTraces({ q, ...within }, signal), joined: undefined };
  const { traces = [], across } = await tracesOfLines({ traceql: q, logql, ...within }, signal);
  return { traces, joined: across as Joined };
}

/** Whose traces these are, and how to get back. */
export function OfLines({ logql }: { readonly logql: string }) {
  const { range } = useTime();
  return (
    <p class="row across-note">
      <span class="grow">
        Traces of the lines <code>{logql}</code>
      </span>
      <a class="button" href={href('/logs', { q: logql, from: range.from, to: range.to })}>
        These lines
      </a>
      <button type="button" onClick={() => setParams({ logql: undefined })}>
        All traces
      </button>
    </p>
  );
}

function NoneNamed({ joined }: { readonly joined: Joined }) {
  const { lines = 0, linesWithoutId = 0, idsWithoutTrace = 0 } = joined ?? {};
  return (
    <Empty title={lines === 0 ? 'No line fits' : 'These lines name no trace that is here'}>
      <p>
        {lines === 0
          ? 'The query finds no line in this range of time. Take a longer range, or another query.'
          : `Of ${formatCount(lines)} lines ${formatCount(linesWithoutId)} name no trace id; ${formatCount(idsWithoutTrace)} ids that are named belong to no trace here.`}
      </p>
    </Empty>
  );
}

function FoundList({ traces }: { readonly traces: readonly FoundTrace[] }) {
  const longest = traces.reduce((most, { durationMs }) => Math.max(most, durationMs), 1);
  const nowMs = Date.now();
  return (
    <ol class="found-list">
      {traces.map((trace) => (
        <FoundRow key={trace.id} trace={trace} longestMs={longest} nowMs={nowMs} />
      ))}
    </ol>
  );
}

function FoundRow(props: { readonly trace: FoundTrace; readonly longestMs: number; readonly nowMs: number }) {
  const { trace, longestMs, nowMs } = props;
  const [isOpen, setOpen] = useState(false);
  const colourOf = useServiceColour();
  const { id, service, name, services, spans, matchedCount } = trace;
  return (
    <li class="found-trace">
      <a class="found-main" href={href(`/trace/${id}`)}>
        <span class="found-name">
          <Swatch service={service} />
          <span class="faint">{service || 'no root yet'}</span> <b>{name || id}</b>
        </span>
        <span class="found-bar">
          <i style={{ width: `${(trace.durationMs / longestMs) * 100}%`, background: colourOf(service) }} />
          <span>{formatNanoseconds(trace.durationMs * 1e6)}</span>
        </span>
        <span class="found-when" title={formatMoment(trace.startMs)}>
          {formatAgo(trace.startMs, nowMs)}
        </span>
      </a>
      <div class="found-more">
        <span>{formatCount(trace.spanCount)} spans</span>
        {trace.errorCount > 0 && <span class="badge bad">{formatCount(trace.errorCount)} errors</span>}
        {services.map((one) => (
          <span key={one.service} class="found-service">
            <Swatch service={one.service} /> {one.service} <span class="faint">{one.spanCount}</span>
          </span>
        ))}
        {matchedCount > 0 && (
          <button type="button" class="link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {formatCount(matchedCount)} matched {isOpen ? '▴' : '▾'}
          </button>
        )}
      </div>
      {isOpen && (
        <ul class="found-spans">
          {spans.map((span) => (
            <li key={span.id}>
              <a href={href(`/trace/${id}`, { span: span.id })}>{span.name || span.id}</a>
              <span class="faint">
                {formatNanoseconds(span.durationNs)}, after{' '}
                {formatNanoseconds((span.startMs - trace.startMs) * 1e6)}
              </span>
              <LabelList labels={span.attributes} />
            </li>
          ))}
          {matchedCount > spans.length && (
            <li class="faint">and {formatCount(matchedCount - spans.length)} more in the trace</li>
          )}
        </ul>
      )}
    </li>
  );
}

/** Nothing fits, or nothing was ever sent: a different thing to do. */
function NothingFound() {
  const { range } = useTime();
  const services = useLoad((signal) => tagValues('resource.service.name', {}, signal), []);
  if (services.loading) return <Loading />;
  if (services.data?.length === 0) {
    return (
      <Empty title="No traces have come yet">
        <HowToSend />
      </Empty>
    );
  }
  return (
    <Empty title="No trace fits">
      <p>Nothing in this range of time fits the query. Look further back?</p>
      <p class="row state-actions">
        {QUICK_RANGES.filter(
          (quick) => ['6h', '1d', '7d', '30d'].includes(quick) && range.from !== `now-${quick}`,
        ).map((quick) => (
          <button key={quick} type="button" onClick={() => setRange({ from: `now-${quick}`, to: 'now' })}>
            Last {quick}
          </button>
        ))}
        <button type="button" onClick={() => setParams({ q: undefined })}>
          All traces
        </button>
      </p>
    </Empty>
  );
}
