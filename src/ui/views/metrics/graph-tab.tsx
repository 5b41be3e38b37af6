/** The answer over the range: as lines, stacked areas or a heatmap, with exemplars, and what is to be told of it. */

import { useRef } from 'preact/hooks';
import { queryRange } from '../../api/prometheus.ts';
import { type Loaded, useLoad } from '../../api/use-load.ts';
import { formatCount } from '../../format/number.ts';
import { Loading } from '../../parts/states.tsx';
import { type Bounds, stepFor } from '../../time/range.ts';
import { useTime, zoomTo } from '../../time/use-time.ts';
import { counted } from './exemplar-list.tsx';
import type { Exemplar } from './exemplars.ts';
import { type GraphData, graphData, gridOf } from './graph-data.ts';
import { GraphLines, type LinesProps } from './graph-lines.tsx';
import { GraphOptions } from './graph-options.tsx';
import { heatCells } from './heat-cells.ts';
import { Heatmap } from './heatmap.tsx';
import { NoData } from './no-data.tsx';
import type { Density, Panel } from './panels.ts';
import { queryExemplars } from './query-exemplars.ts';
import { Notices, QueryProblem } from './query-problem.tsx';
import { formatStep } from './step-text.ts';

/** Pixels for each step; a screen of some 1,000 has as many steps as in Prometheus. */
const STEP_PX: Readonly<Record<Density, number>> = { low: 10, medium: 4, high: 1.4 };

interface Answer {
  readonly data: GraphData;
  readonly tookMs: number;
  readonly warnings: readonly string[] | undefined;
  readonly infos: readonly string[] | undefined;
}

export interface TabProps {
  readonly panel: Panel;
  onChange(changes: Partial<Panel>): void;
}

export function GraphTab({ panel, onChange }: TabProps) {
  const { startMs, endMs } = useTime();
  const box = useRef<HTMLDivElement>(null);
  const { expr, resolution, showsExemplars } = panel;
  const loaded = useLoad(
    (signal) => ask(expr, { startMs, endMs }, resolution, box.current!.clientWidth, signal),
    [expr, startMs, endMs, resolution],
  );
  const exemplars = useLoad(
    (signal) => (showsExemplars ? queryExemplars(expr, { startMs, endMs }, signal) : undefined),
    [expr, startMs, endMs, showsExemplars],
  );
  const answer = loaded.data;
  return (
    <div ref={box}>
      <div class="row graph-bar">
        <GraphOptions panel={panel} onChange={onChange} />
        <span class="grow" />
        {answer && <Facts answer={answer} exemplars={showsExemplars ? exemplars : undefined} />}
      </div>
      {loaded.error && <QueryProblem error={loaded.error} expr={expr} />}
      {!answer && loaded.loading && (
        <div class="graph-room">
          <Loading />
        </div>
      )}
      {answer && (
        <div class={loaded.loading ? 'is-stale' : ''}>
          <Notices warnings={answer.warnings} infos={answer.infos} />
          <Shown
            panel={panel}
            bounds={{ startMs, endMs }}
            data={answer.data}
            exemplars={(showsExemplars && exemplars.data) || NO_EXEMPLARS}
          />
        </div>
      )}
    </div>
  );
}

const NO_EXEMPLARS: readonly Exemplar[] = [];

async function ask(
  expr: string,
  bounds: Bounds,
  resolution: Panel['resolution'],
  widthPx: number,
  signal: AbortSignal,
): Promise<Answer> {
  const stepMs =
    typeof resolution === 'number'
      ? resolution
      : stepFor(bounds, Math.max(50, widthPx / STEP_PX[resolution]));
  const grid = gridOf(bounds, stepMs);
  const askedAt = performance.now();
  const { data, warnings, infos } = await queryRange({ expr, ...grid }, signal);
  const tookMs = performance.now() - askedAt;
  if (data.resultType !== 'matrix') throw new Error(`a range query answered with a ${data.resultType}`);
  return { data: graphData(data.result, grid), tookMs, warnings, infos };
}

function Facts({
  answer,
  exemplars,
}: {
  readonly answer: Answer;
  readonly exemplars: Loaded<readonly Exemplar[]> | undefined;
}) {
  const { data, tookMs } = answer;
  const count = data.columns.length + data.histograms.length;
  const found = exemplars?.error
    ? 'no exemplars to be had'
    : exemplars?.data && counted(exemplars.data.length);
  return (
    <span class="facts">
      {[
        `${formatCount(count)} series`,
        found,
        `step ${formatStep(data.grid.stepMs)}`,
        `${formatCount(tookMs)} ms`,
      ]
        .filter(Boolean)
        .join(' · ')}
    </span>
  );
}

function Shown(props: LinesProps) {
  const { panel, bounds, data } = props;
  if (data.columns.length + data.histograms.length === 0) return <NoData {...bounds} />;
  if (panel.mode !== 'heatmap' && data.histograms.length === 0) return <GraphLines {...props} />;
  const cells = heatCells(data);
  if (cells) {
    return (
      <>
        <Heatmap cells={cells} data={data} bounds={bounds} label={panel.expr} onZoom={zoomTo} />
        {data.columns.length > 0 && data.histograms.length > 0 && <GraphLines {...props} />}
      </>
    );
  }
  return (
    <>
      <p class="faint">
        A heatmap is made of buckets: ask for <code>sum by (le) (rate(…_bucket[5m]))</code> or for a native
        histogram.
      </p>
      <GraphLines {...props} />
    </>
  );
}
