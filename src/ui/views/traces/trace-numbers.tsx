/** A TraceQL query that makes numbers over time: as a graph, or, for `compare`, as a table of what differs. */

import { useMemo, useState } from 'preact/hooks';
import { traceMetrics } from '../../api/tempo.ts';
import type { MetricsAnswer } from '../../api/tempo-answers.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCount, formatNumber } from '../../format/number.ts';
import { Graph, type GraphProps } from '../../graph/graph.tsx';
import { Legend } from '../../graph/legend.tsx';
import { go, href, setParams, usePlace } from '../../location.ts';
import { type Column, SortedTable } from '../../parts/sorted-table.tsx';
import { Empty, Loading } from '../../parts/states.tsx';
import { stepFor } from '../../time/range.ts';
import { rangeParams, type TimeView, useTime, zoomTo } from '../../time/use-time.ts';
import { QueryFault } from './query-fault.tsx';
import { attributeCondition, valueLiteral } from './search-fields.ts';
import { comparison, type Difference, traceGraph } from './trace-series.ts';
import { metricsFunction } from './traceql-words.ts';

const POINTS = 200;
const KINDS: readonly GraphProps['kind'][] = ['lines', 'stacked', 'bars'];
/** More series than this are no picture: those with the largest values are drawn. */
const SERIES_MAX = 100;

export function TraceNumbers({ q }: { readonly q: string }) {
  const time = useTime();
  const isComparison = metricsFunction(q) === 'compare';
  // A comparison has no use for moments: few and long steps are enough.
  const stepMs = stepFor(time, isComparison ? 2 : POINTS);
  const loaded = useLoad((signal) => traceMetrics(q, time, stepMs, signal), [q, time, stepMs]);
  const { data, error, loading } = loaded;
  if (error) return <QueryFault q={q} error={error} />;
  if (data === undefined) return <Loading what="Counting spans …" />;
  const partial = data.status === 'PARTIAL' && <p class="trace-note warn">Not all of it: {data.message}</p>;
  return (
    <section class={loading ? 'panel is-stale' : 'panel'} aria-label="Numbers over time">
      {partial}
      {isComparison ? <Compared answer={data} /> : <Drawn q={q} answer={data} time={time} />}
    </section>
  );
}

function Drawn({
  q,
  answer,
  time,
}: {
  readonly q: string;
  readonly answer: MetricsAnswer;
  readonly time: TimeView;
}) {
  const { params } = usePlace();
  const [highlighted, setHighlighted] = useState<number>();
  const [alone, setAlone] = useState<number>();
  const { timesMs, series, examples } = useMemo(() => shownGraph(answer), [answer]);
  const kind =
    KINDS.find((one) => one === params.get('graph')) ??
    (metricsFunction(q) === 'histogram_over_time' ? 'stacked' : 'lines');
  const shown = useMemo(
    () => (alone === undefined ? series : series.filter((_, i) => i === alone)),
    [series, alone],
  );
  const marks = useMemo(
    () =>
      examples.map(({ traceId, atMs, value }) => ({
        atMs,
        value,
        title: `Trace ${traceId}`,
        onClick: () => go(`/trace/${traceId}`),
      })),
    [examples],
  );
  if (series.length === 0)
    return <Empty title="No span fits">Nothing in this range of time fits the query.</Empty>;
  return (
    <>
      <div class="row tabs">
        {KINDS.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={one === kind}
            onClick={() => setParams({ graph: one }, { replace: true })}
          >
            {one}
          </button>
        ))}
        {examples.length > 0 && kind === 'lines' && <span class="faint">◆ a trace: click to open</span>}
      </div>
      <Graph
        label={q}
        timesMs={timesMs}
        series={shown}
        kind={kind}
        startMs={time.startMs}
        endMs={time.endMs}
        highlighted={alone === undefined ? highlighted : undefined}
        onZoom={zoomTo}
        {...(kind === 'lines' ? { marks } : {})}
      />
      <Legend
        entries={series.map((one, i) => ({
          name: one.name,
          isHidden: alone !== undefined && alone !== i,
          value: formatNumber(one.values.findLast((value) => value !== null) ?? Number.NaN),
        }))}
        onHover={setHighlighted}
        onClick={(index) => setAlone(alone === index ? undefined : index)}
      />
    </>
  );
}

function shownGraph(answer: MetricsAnswer) {
  const graph = traceGraph(answer);
  if (graph.series.length <= SERIES_MAX) return graph;
  const top = (values: readonly (number | null)[]) =>
    values.reduce<number>((most, one) => Math.max(most, one ?? 0), 0);
  const series = graph.series.toSorted((a, b) => top(b.values) - top(a.values)).slice(0, SERIES_MAX);
  return { ...graph, series };
}

function Compared({ answer }: { readonly answer: MetricsAnswer }) {
  const { differences, selectedCount, othersCount } = useMemo(() => comparison(answer), [answer]);
  if (selectedCount === 0)
    return (
      <Empty title="Nothing to compare">No span in this range of time is among the selected ones.</Empty>
    );
  const columns: readonly Column<Difference>[] = [
    { name: 'attribute', title: 'Attribute', value: ({ attribute }) => attribute },
    {
      name: 'value',
      title: 'Value',
      value: ({ value }) => value,
      cell: ({ attribute, value }) => (
        <a href={href('/search', { q: `{ ${conditionOf(attribute, value)} }`, ...rangeParams() })}>
          {value || '(empty)'}
        </a>
      ),
    },
    share('selected', 'Of the selected', ({ selected }) => selected),
    share('others', 'Of the others', ({ others }) => others),
    {
      name: 'difference',
      title: 'Difference',
      isNumber: true,
      value: ({ selected, others }) => Math.abs(selected - others),
      cell: ({ selected, others }) =>
        `${selected >= others ? '+' : '−'}${percent(Math.abs(selected - others))}`,
    },
  ];
  return (
    <>
      <p class="faint">
        {formatCount(selectedCount)} selected spans beside {formatCount(othersCount)} others: what they have
        more or less often, the most telling first.
      </p>
      <SortedTable
        rows={differences}
        columns={columns}
        label="Differences"
        param="sort"
        initial="-difference"
        keyOf={({ attribute, value }) => `${attribute}\0${value}`}
      />
    </>
  );
}

function share(name: string, title: string, value: (row: Difference) => number): Column<Difference> {
  return {
    name,
    title,
    isNumber: true,
    value,
    cell: (row) => (
      <>
        {percent(value(row))} <meter class="share" value={value(row)} aria-label={title} />
      </>
    ),
  };
}

function percent(part: number): string {
  return `${(part * 100).toFixed(part < 0.1 ? 1 : 0)}%`;
}

/** Keywords have no quotes. */
function conditionOf(attribute: string, value: string): string {
  if (attribute === 'status' || attribute === 'kind') return `${attribute} = ${value}`;
  if (!attribute.includes('.')) return `${attribute} = ${JSON.stringify(value)}`;
  return attributeCondition(attribute, '=', [...new Set([valueLiteral(value), JSON.stringify(value)])]);
}
