/** What a metric query finds: its series as a graph, and what they come to as a table. */

import { useMemo, useState } from 'preact/hooks';
import { type Labels, labelsText } from '../../../model/correlate/labels.ts';
import { seriesOfTraces } from '../../api/across.ts';
import { querySeries } from '../../api/loki.ts';
import type { MatrixSeries } from '../../api/prometheus-data.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatNumber } from '../../format/number.ts';
import { Graph, type GraphSeries } from '../../graph/graph.tsx';
import { colourOf } from '../../graph/palette.ts';
import { setParams, usePlace } from '../../location.ts';
import { Empty, Loading } from '../../parts/states.tsx';
import { useCapped } from '../../parts/use-capped.tsx';
import { type Bounds, stepFor } from '../../time/range.ts';
import { useTime, zoomTo } from '../../time/use-time.ts';
import { LEVELS, levelNamed } from './log-level.ts';
import { QueryProblem } from './query-problem.tsx';

const POINTS_MAX = 240;
/** More rows than this are shown on demand. */
const ROWS_SHOWN = 100;

/** `traceql`: only lines of the traces that it selects are counted; '' for all lines. */
export function MetricResult({ query, traceql }: { readonly query: string; readonly traceql: string }) {
  const time = useTime();
  const stepMs = stepFor(time, POINTS_MAX);
  const bounds = { startMs: Math.floor(time.startMs / stepMs) * stepMs, endMs: time.endMs };
  const { data, error, loading } = useLoad(
    (signal) => {
      const question = { query, ...bounds, stepMs };
      return traceql === '' ? querySeries(question, signal) : seriesOfTraces(traceql, question, signal);
    },
    [query, traceql, time],
  );
  if (error) return <QueryProblem error={error} query={query} />;
  if (!data) return <Loading />;
  if (data.length === 0) {
    return (
      <Empty title="No series">
        <p>
          No line of the range answers the query. Take a longer range, or look at the lines of the selector
          first.
        </p>
      </Empty>
    );
  }
  return (
    <div class={loading ? 'is-stale' : ''}>
      <Series answer={data} bounds={bounds} stepMs={stepMs} />
    </div>
  );
}

function Series(props: {
  readonly answer: readonly MatrixSeries[];
  readonly bounds: Bounds;
  readonly stepMs: number;
}) {
  const { answer, bounds, stepMs } = props;
  const { params } = usePlace();
  const isStacked = params.get('stack') === '1';
  const [alone, setAlone] = useState<number>();
  const [pointed, setPointed] = useState<number>();
  const timesMs = useMemo(() => timesOf(bounds, stepMs), [bounds.startMs, bounds.endMs, stepMs]);
  const series = useMemo(() => answer.map((one, i) => drawn(one, i, timesMs, stepMs)), [answer, timesMs]);
  const shown = useMemo(
    () => (alone === undefined || !series[alone] ? series : [series[alone]]),
    [series, alone],
  );
  return (
    <>
      <section class="panel">
        <div class="row">
          <span class="grow faint">
            {answer.length} series, a point every {stepMs / 1000} s
          </span>
          <button
            type="button"
            aria-pressed={isStacked}
            onClick={() => setParams({ stack: isStacked ? undefined : '1' }, { replace: true })}
          >
            Stacked
          </button>
        </div>
        <Graph
          label="Series of the query"
          kind={isStacked ? 'stacked' : 'lines'}
          startMs={bounds.startMs}
          endMs={bounds.endMs}
          timesMs={timesMs}
          series={shown}
          highlighted={alone === undefined ? pointed : undefined}
          onZoom={zoomTo}
        />
      </section>
      <SeriesTable
        series={series}
        alone={alone}
        onPoint={setPointed}
        onChoose={(i) => setAlone(i === alone ? undefined : i)}
      />
    </>
  );
}

function timesOf({ startMs, endMs }: Bounds, stepMs: number): readonly number[] {
  const count = Math.floor((endMs - startMs) / stepMs) + 1;
  return Array.from({ length: count }, (_, i) => startMs + i * stepMs);
}

function drawn(
  { metric, values = [] }: MatrixSeries,
  index: number,
  timesMs: readonly number[],
  stepMs: number,
): GraphSeries {
  const out: (number | null)[] = timesMs.map(() => null);
  for (const [seconds, value] of values) {
    const at = Math.round((seconds * 1000 - timesMs[0]!) / stepMs);
    const number = Number(value.replace('Inf', 'Infinity'));
    // What is no number cannot be drawn.
    if (at >= 0 && at < out.length && Number.isFinite(number)) out[at] = number;
  }
  return { name: labelsText(metric), values: out, colour: levelColour(metric) ?? colourOf(index) };
}

/** Levels look alike everywhere. */
function levelColour({ detected_level: detected, level, ...others }: Labels): string | undefined {
  const name = detected ?? level;
  return name === undefined || Object.keys(others).length > 0 ? undefined : LEVELS[levelNamed(name)].colour;
}

function SeriesTable(props: {
  readonly series: readonly GraphSeries[];
  readonly alone: number | undefined;
  onPoint(index: number | undefined): void;
  onChoose(index: number): void;
}) {
  const { series, alone, onPoint, onChoose } = props;
  const { shown, more } = useCapped(series, ROWS_SHOWN, 'series');
  return (
    <div class="scroll">
      <table class="logs-series">
        <thead>
          <tr>
            <th>Series</th>
            <th class="number">Last</th>
            <th class="number">Least</th>
            <th class="number">Mean</th>
            <th class="number">Most</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ name, values, colour }, i) => (
            <tr key={name} onMouseEnter={() => onPoint(i)} onMouseLeave={() => onPoint(undefined)}>
              <td>
                <button
                  type="button"
                  class="quiet"
                  aria-pressed={alone === i}
                  title="Show it alone"
                  onClick={() => onChoose(i)}
                >
                  <i class="swatch" style={{ background: colour }} /> <code>{name}</code>
                </button>
              </td>
              {summary(values).map((value, column) => (
                <td key={column} class="number">
                  {value === undefined ? '' : formatNumber(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {more}
    </div>
  );
}

/** Last, least, mean, most. */
function summary(values: readonly (number | null)[]): readonly (number | undefined)[] {
  const numbers = values.filter((value) => value !== null);
  if (numbers.length === 0) return [undefined, undefined, undefined, undefined];
  const total = numbers.reduce((sum, value) => sum + value, 0);
  return [numbers.at(-1), Math.min(...numbers), total / numbers.length, Math.max(...numbers)];
}
