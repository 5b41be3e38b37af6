/** Counts over a range as bars as small as a word. */

import type { Bounds } from '../../time/range.ts';

const WIDTH_PX = 120;
const HEIGHT_PX = 20;
const GAP_PX = 0.5;

export function Sparkline(props: {
  readonly samples: readonly (readonly [seconds: number, count: number])[];
  readonly bounds: Bounds;
  readonly stepMs: number;
  readonly colour: string;
}) {
  const { samples, bounds, stepMs, colour } = props;
  const { startMs, endMs } = bounds;
  const most = Math.max(1, ...samples.map(([, count]) => count));
  const scale = WIDTH_PX / (endMs - startMs);
  const width = Math.max(1, stepMs * scale - GAP_PX);
  return (
    <svg class="sparkline" width={WIDTH_PX} height={HEIGHT_PX} aria-hidden="true">
      {samples.map(([seconds, count]) => {
        const height = Math.max(1, (count / most) * HEIGHT_PX);
        return (
          <rect
            key={seconds}
            x={(seconds * 1000 - startMs) * scale}
            y={HEIGHT_PX - height}
            width={width}
            height={height}
            fill={colour}
          />
        );
      })}
    </svg>
  );
}
