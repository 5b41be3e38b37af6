/** The metrics of a trace's resources in its time: a small graph for each name, with the moment of the trace in it. */

import { useMemo } from 'preact/hooks';
import { labelsText } from '../../../model/correlate/labels.ts';
import { type MetricsOfTrace, metricsOfTrace, type ResourceSelector } from '../../api/across.ts';
import type { MatrixSeries } from '../../api/prometheus-data.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCount } from '../../format/number.ts';
import { Graph, type GraphSeries } from '../../graph/graph.tsx';
import { colourOf } from '../../graph/palette.ts';
import { href } from '../../location.ts';
import { Empty, Shown } from '../../parts/states.tsx';
import { useCapped } from '../../parts/use-capped.tsx';
import { graphsOf } from './resource-graphs.ts';

/** Graphs that are drawn before somebody asks for more. */
const GRAPHS_SHOWN = 24;
const GRAPH_HEIGHT_PX = 130;

export function ResourceMetrics({ id }: { readonly id: string }) {
  const loaded = useLoad((signal) => metricsOfTrace(id, signal), [id]);
  return (
    <Shown loaded={loaded} what="The metrics of this trace's resources cannot be read">
      {(answer) => (answer.data.result.length === 0 ? <NoMetrics /> : <Found answer={answer} />)}
    </Shown>
  );
}

function Found({ answer }: { readonly answer: MetricsOfTrace }) {
  const { start, end, step, selectors, seriesTruncated } = answer.across;
  const graphs = useMemo(() => graphsOf(answer.data.result), [answer]);
  const { shown, more } = useCapped(graphs, GRAPHS_SHOWN, 'metrics');
  const range = { from: String(Math.round(start * 1000)), to: String(Math.round(end * 1000)) };
  return (
    <>
      <ul class="resource-selectors" aria-label="Found by">
        {selectors.map((one) => (
          <Selector key={one.selector} selector={one} range={range} />
        ))}
      </ul>
      {seriesTruncated && (
        <p class="faint">These are the first {formatCount(answer.data.result.length)} series.</p>
      )}
      <div class="resource-graphs">
        {shown.map(([name, series]) => (
          <section key={name} class="panel">
            <h3>
              <a href={href('/graph', { 'g0.expr': queryOf(name, selectors), 'g0.tab': 'graph', ...range })}>
                {name}
              </a>{' '}
              {series.length > 1 && <span class="faint">{formatCount(series.length)} series</span>}
            </h3>
            <OneGraph name={name} series={series} over={{ start, end, step }} />
          </section>
        ))}
      </div>
      {more}
    </>
  );
}

function Selector(props: {
  readonly selector: ResourceSelector;
  readonly range: { readonly from: string; readonly to: string };
}) {
  const { by, selector, series } = props.selector;
  const expr = `count by (__name__) (${selector})`;
  return (
    <li>
      <span class="faint">{by.replace('_', ' ')}</span>{' '}
      <a href={href('/graph', { 'g0.expr': expr, 'g0.tab': 'table', ...props.range })}>
        <code>{selector}</code>
      </a>{' '}
      <span class="faint">{formatCount(series)} series</span>
    </li>
  );
}

/** Of the selectors together. */
function queryOf(name: string, selectors: readonly ResourceSelector[]): string {
  const quoted = JSON.stringify(name);
  return selectors.map(({ selector }) => `{__name__=${quoted}, ${selector.slice(1)}`).join(' or ');
}

function OneGraph(props: {
  readonly name: string;
  readonly series: readonly MatrixSeries[];
  readonly over: { readonly start: number; readonly end: number; readonly step: number };
}) {
  const { name, series, over } = props;
  const { start, end, step } = over;
  const timesMs = useMemo(
    () => Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, i) => (start + i * step) * 1000),
    [start, end, step],
  );
  const drawn = useMemo(() => series.map((one, i) => draw(one, i, timesMs, step)), [series, timesMs]);
  return (
    <Graph
      label={name}
      kind="lines"
      startMs={start * 1000}
      endMs={end * 1000}
      timesMs={timesMs}
      series={drawn}
      heightPx={GRAPH_HEIGHT_PX}
    />
  );
}

function draw(
  { metric, values = [] }: MatrixSeries,
  index: number,
  timesMs: readonly number[],
  step: number,
): GraphSeries {
  const out: (number | null)[] = timesMs.map(() => null);
  for (const [seconds, text] of values) {
    const value = Number(text.replace('Inf', 'Infinity'));
    const at = Math.round((seconds - timesMs[0]! / 1000) / step);
    if (at >= 0 && at < out.length && Number.isFinite(value)) out[at] = value;
  }
  const { __name__: _, ...labels } = metric;
  return { name: labelsText(labels), values: out, colour: colourOf(index) };
}

function NoMetrics() {
  return (
    <Empty title="No metrics of this trace's resources">
      <p>
        Looked for its instances, pods, containers, hosts and services among the labels of metrics, from five
        minutes before the trace to five minutes after it. Metrics that are sent by OTLP with the same
        resource are found; so are scraped ones whose labels name one of these.
      </p>
    </Empty>
  );
}
