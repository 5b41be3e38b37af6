/** How many lines there are over the range, by level: drawing a stretch zooms, a click on a level filters by it. */

import { useMemo } from 'preact/hooks';
import { ApiError } from '../../api/http.ts';
import { querySeries } from '../../api/loki.ts';
import { type Loaded, useLoad } from '../../api/use-load.ts';
import { formatCount, formatNumber } from '../../format/number.ts';
import { Graph } from '../../graph/graph.tsx';
import { setParams } from '../../location.ts';
import type { Bounds } from '../../time/range.ts';
import { zoomTo } from '../../time/use-time.ts';
import { LEVELS } from './log-level.ts';
import { hasFieldFilter, withFieldFilter, withoutFieldFilter } from './logql-edit.ts';
import { type LevelBars, type VolumeBars, volumeBars, volumeQuestion } from './volume-query.ts';

const HEIGHT_PX = 136;
const LEVEL = 'detected_level';

export interface LoadedVolume {
  readonly bars: VolumeBars;
}

export function useVolume(query: string, bounds: Bounds): Loaded<LoadedVolume> {
  return useLoad(
    async (signal) => {
      const question = volumeQuestion(query, bounds);
      return { bars: volumeBars(question, await querySeries(question, signal)) };
    },
    [query, bounds],
  );
}

export function Volume(props: {
  readonly query: string;
  readonly loaded: Loaded<LoadedVolume>;
  readonly bounds: Bounds;
}) {
  const { query, loaded, bounds } = props;
  const bars = loaded.data?.bars;
  const series = useMemo(
    () =>
      (bars?.levels ?? []).map(({ level, values }) => ({
        name: level,
        values,
        colour: LEVELS[level].colour,
      })),
    [bars],
  );
  const timesMs = bars?.timesMs ?? NO_TIMES;
  if (loaded.error) return <Uncounted error={loaded.error} />;
  return (
    <section class="panel logs-volume" aria-label="Lines over time">
      <Graph
        label="Lines over time, by level"
        kind="bars"
        heightPx={HEIGHT_PX}
        startMs={bounds.startMs}
        endMs={bounds.endMs}
        timesMs={timesMs}
        series={series}
        format={formatNumber}
        onZoom={zoomTo}
      />
      <div class="logs-levels">
        {(bars?.levels ?? []).toReversed().map((one) => (
          <LevelButton key={one.level} bars={one} query={query} />
        ))}
      </div>
    </section>
  );
}

const NO_TIMES: readonly number[] = [];

/** What is wrong with the query is told once, in the place of the lines. */
function Uncounted({ error }: { readonly error: Error }) {
  if (error instanceof ApiError && error.status < 500) return null;
  return <p class="faint">How many lines there are when is not known: {error.message}</p>;
}

function LevelButton({ bars, query }: { readonly bars: LevelBars; readonly query: string }) {
  const { level, names, total } = bars;
  const name = names[0] ?? level;
  const isOn = hasFieldFilter(query, LEVEL, name);
  const toggle = () => {
    const changed = isOn
      ? withoutFieldFilter(query, LEVEL, '=', name)
      : withFieldFilter(query, LEVEL, name, 'for');
    setParams({ q: changed, line: undefined });
  };
  return (
    <button
      type="button"
      class="quiet"
      aria-pressed={isOn}
      title={`Only lines of level ${name}`}
      onClick={toggle}
    >
      <i class="swatch" style={{ background: LEVELS[level].colour }} /> {level} <b>{formatCount(total)}</b>
    </button>
  );
}
