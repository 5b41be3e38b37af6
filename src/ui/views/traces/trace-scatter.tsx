/** Traces as points over time and duration; a click opens one. The list beneath says the same in words. */

import { formatNanoseconds } from '../../format/number.ts';
import { formatMoment } from '../../format/time.ts';
import { href } from '../../location.ts';
import type { Bounds } from '../../time/range.ts';
import type { FoundTrace } from './found-traces.ts';
import { durationScale } from './scatter-scale.ts';

/** Percent of the picture that points keep from its edges, so that none is cut. */
const EDGE = 2;
const RADIUS_LEAST = 4;
const RADIUS_MOST = 10;

export function TraceScatter({
  traces,
  bounds,
}: {
  readonly traces: readonly FoundTrace[];
  readonly bounds: Bounds;
}) {
  const { position, ticks } = durationScale(traces.map(({ durationMs }) => durationMs));
  const [startMs, endMs] = [bounds.startMs, Math.max(bounds.endMs, ...traces.map((trace) => trace.startMs))];
  const inside = (share: number) => EDGE + Math.min(1, Math.max(0, share)) * (100 - 2 * EDGE);
  const most = traces.reduce((largest, { spanCount }) => Math.max(largest, spanCount), 1);
  return (
    <div class="scatter">
      <div class="scatter-axis" aria-hidden="true">
        {ticks.map((ms) => (
          <span key={ms} style={{ bottom: `${inside(position(ms))}%` }}>
            {formatNanoseconds(ms * 1e6)}
          </span>
        ))}
      </div>
      {/* The list has every trace again, and in it they can be reached by keys. */}
      <div class="scatter-plot" aria-hidden="true">
        {ticks.map((ms) => (
          <i key={ms} class="scatter-line" style={{ bottom: `${inside(position(ms))}%` }} />
        ))}
        {traces.map((trace) => {
          const size = 2 * (RADIUS_LEAST + (RADIUS_MOST - RADIUS_LEAST) * Math.sqrt(trace.spanCount / most));
          const title = `${trace.service} ${trace.name}, ${formatNanoseconds(trace.durationMs * 1e6)}, ${formatMoment(trace.startMs)}`;
          return (
            <a
              key={trace.id}
              tabIndex={-1}
              class={trace.errorCount > 0 ? 'scatter-point is-error' : 'scatter-point'}
              href={href(`/trace/${trace.id}`)}
              title={title}
              style={{
                left: `${inside((trace.startMs - startMs) / (endMs - startMs))}%`,
                bottom: `${inside(position(trace.durationMs))}%`,
                width: `${size}px`,
                height: `${size}px`,
              }}
            >
              <span class="hidden-text">{title}</span>
            </a>
          );
        })}
      </div>
    </div>
  );
}
