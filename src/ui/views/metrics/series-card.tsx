/** One series, brought out: its labels, its value at a moment, and the ways to the logs and traces of its service. */

import type { Labels } from '../../../model/correlate/labels.ts';
import { labelsText } from '../../../model/correlate/labels.ts';
import { serviceOf } from '../../../model/correlate/service.ts';
import { formatMoment } from '../../format/time.ts';
import { CopyButton } from '../../parts/copy-button.tsx';
import { LabelList } from '../../parts/label-list.tsx';
import { ServiceJumps } from '../../parts/service-jumps.tsx';
import type { Bounds } from '../../time/range.ts';

export interface SeriesCardProps {
  readonly labels: Labels;
  /** Labels that say whose it is, where an aggregation has left them out. */
  readonly jumpLabels?: Labels;
  /** What the jumps show. */
  readonly bounds: Bounds;
  readonly moment?: { readonly atMs: number; readonly value: string };
  onClose(): void;
}

/** How much of a range is shown on each side of a moment. */
const AROUND_PART = 1 / 12;
/** At least: what belongs together comes a little earlier or later. */
const AROUND_LEAST_MS = 150_000;

export function around(atMs: number, { startMs, endMs }: Bounds): Bounds {
  const half = Math.max(AROUND_LEAST_MS, (endMs - startMs) * AROUND_PART);
  return { startMs: atMs - half, endMs: atMs + half };
}

export function SeriesCard({ labels, jumpLabels, bounds, moment, onClose }: SeriesCardProps) {
  const service = serviceOf(labels) ?? serviceOf(jumpLabels ?? {});
  return (
    <section class="series-card" aria-label="Series">
      <div class="row">
        {moment && (
          <span>
            <b>{moment.value}</b> <span class="faint">at {formatMoment(moment.atMs)}</span>
          </span>
        )}
        {service === undefined ? (
          <span class="faint">No label names a service, so there are no logs or traces to go to</span>
        ) : (
          <span>
            {service}: <ServiceJumps service={service} bounds={bounds} />
          </span>
        )}
        <span class="grow" />
        <CopyButton text={labelsText(labels)} what="labels" />
        <button type="button" class="quiet" aria-label="Close series" onClick={onClose}>
          ×
        </button>
      </div>
      {Object.keys(labels).length === 0 ? <p class="faint">Without labels</p> : <LabelList labels={labels} />}
    </section>
  );
}
