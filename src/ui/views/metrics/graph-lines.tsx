/** Series as lines or areas: the graph, the legend below it, and what is picked from either. */

import { useMemo, useState } from 'preact/hooks';
import { labelsText } from '../../../model/correlate/labels.ts';
import { formatCount, formatNumber } from '../../format/number.ts';
import { Graph, type GraphSeries, type Mark } from '../../graph/graph.tsx';
import { colourOf } from '../../graph/palette.ts';
import type { Bounds } from '../../time/range.ts';
import { zoomTo } from '../../time/use-time.ts';
import { ExemplarCard, ExemplarList } from './exemplar-list.tsx';
import type { Exemplar } from './exemplars.ts';
import type { Column, GraphData } from './graph-data.ts';
import type { Panel } from './panels.ts';
import { fixedLabels } from './promql-context.ts';
import { around, SeriesCard } from './series-card.tsx';
import { SeriesLegend } from './series-legend.tsx';
import { seriesNames } from './series-names.ts';

/** More lines are a carpet, and slow to draw. */
const SERIES_MAX = 1000;

export interface LinesProps {
  readonly panel: Panel;
  readonly bounds: Bounds;
  readonly data: GraphData;
  readonly exemplars: readonly Exemplar[];
}

type Picked =
  | { readonly kind: 'series'; readonly at: number; readonly atMs?: number }
  | { readonly kind: 'exemplar'; readonly exemplar: Exemplar };

export function GraphLines({ panel, bounds, data, exemplars }: LinesProps) {
  const [alone, setAlone] = useState<ReadonlySet<number>>(new Set());
  const [highlighted, setHighlighted] = useState<number>();
  const [showsAll, setShowsAll] = useState(false);
  const [picked, setPicked] = useState<Picked>();
  const columns = showsAll ? data.columns : data.columns.slice(0, SERIES_MAX);
  const names = useMemo(() => seriesNames(data.columns.map(({ labels }) => labels)), [data]);
  const places = useMemo(
    () => columns.map((_, i) => i).filter((i) => alone.size === 0 || alone.has(i)),
    [data, alone, showsAll],
  );
  const series = useMemo(
    () =>
      places.map(
        (i): GraphSeries => ({ name: names.names[i]!, values: columns[i]!.values, colour: colourOf(i) }),
      ),
    [places],
  );
  const marks = useMemo(
    () =>
      exemplars.map(
        (exemplar): Mark => ({
          atMs: exemplar.atMs,
          value: exemplar.value,
          title: labelsText(exemplar.labels),
          onClick: () => setPicked({ kind: 'exemplar', exemplar }),
        }),
      ),
    [exemplars],
  );
  const shownAt = highlighted === undefined ? -1 : places.indexOf(highlighted);
  return (
    <>
      <Graph
        label={`Graph of ${panel.expr}`}
        {...bounds}
        timesMs={data.timesMs}
        series={series}
        kind={panel.mode === 'stacked' ? 'stacked' : 'lines'}
        marks={marks}
        yMin={panel.yMin}
        isLogarithmic={panel.isLogarithmic}
        highlighted={shownAt < 0 ? undefined : shownAt}
        onZoom={zoomTo}
        onPick={(atMs, place) =>
          place !== undefined && setPicked({ kind: 'series', at: places[place]!, atMs })
        }
      />
      {picked && (
        <PickedCard
          picked={picked}
          columns={columns}
          data={data}
          bounds={bounds}
          expr={panel.expr}
          onClose={() => setPicked(undefined)}
        />
      )}
      {data.columns.length > columns.length && (
        <p>
          The first {formatCount(SERIES_MAX)} of {formatCount(data.columns.length)} series are drawn.{' '}
          <button type="button" onClick={() => setShowsAll(true)}>
            Draw all
          </button>
        </p>
      )}
      <SeriesLegend
        columns={columns}
        names={names}
        alone={alone}
        onAlone={setAlone}
        onHover={setHighlighted}
        onOpen={(at) => setPicked({ kind: 'series', at })}
      />
      {exemplars.length > 0 && <ExemplarList exemplars={exemplars} />}
    </>
  );
}

function PickedCard(props: {
  readonly picked: Picked;
  readonly columns: readonly Column[];
  readonly data: GraphData;
  readonly bounds: Bounds;
  readonly expr: string;
  onClose(): void;
}) {
  const { picked, columns, data, bounds, expr, onClose } = props;
  if (picked.kind === 'exemplar') return <ExemplarCard exemplar={picked.exemplar} onClose={onClose} />;
  const column = columns[picked.at];
  if (!column) return null;
  const { atMs } = picked;
  const { grid } = data;
  const step = atMs === undefined ? -1 : Math.round((atMs - grid.startMs) / grid.stepMs);
  const value = column.values[step] ?? null;
  return (
    <SeriesCard
      labels={column.labels}
      jumpLabels={fixedLabels(expr)}
      bounds={atMs === undefined ? bounds : around(atMs, bounds)}
      {...(value === null ? {} : { moment: { atMs: data.timesMs[step]!, value: formatNumber(value) } })}
      onClose={onClose}
    />
  );
}
