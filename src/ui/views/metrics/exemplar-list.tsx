/** Exemplars below their graph, for those who cannot point at marks; and one of them, opened. */

import { formatNumber } from '../../format/number.ts';
import { formatMoment } from '../../format/time.ts';
import { href } from '../../location.ts';
import { LabelList } from '../../parts/label-list.tsx';
import { useCapped } from '../../parts/use-capped.tsx';
import type { Exemplar } from './exemplars.ts';

const ROWS_STEP = 50;

export function counted(exemplars: number): string {
  return exemplars === 1 ? '1 exemplar' : `${exemplars} exemplars`;
}

export function ExemplarList({ exemplars }: { readonly exemplars: readonly Exemplar[] }) {
  const { shown, more } = useCapped(exemplars, ROWS_STEP, 'exemplars');
  return (
    <details class="exemplars">
      <summary>{counted(exemplars.length)}</summary>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col" class="number">
                Value
              </th>
              <th scope="col">Trace</th>
              <th scope="col">Series</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((exemplar, i) => (
              <tr key={i}>
                <td class="moment">{formatMoment(exemplar.atMs)}</td>
                <td class="number">{formatNumber(exemplar.value)}</td>
                <td>
                  <TraceLink exemplar={exemplar} />
                </td>
                <td>
                  <LabelList labels={exemplar.seriesLabels} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more}
    </details>
  );
}

function TraceLink({ exemplar }: { readonly exemplar: Exemplar }) {
  const { traceId, labels } = exemplar;
  if (traceId === undefined) return <LabelList labels={labels} />;
  const span = labels.span_id ?? labels.spanID;
  return (
    <a href={href(`/trace/${traceId}`, { span })} class="trace-link">
      {traceId}
    </a>
  );
}

export function ExemplarCard({ exemplar, onClose }: { readonly exemplar: Exemplar; onClose(): void }) {
  const { atMs, value, traceId, labels, seriesLabels } = exemplar;
  return (
    <section class="series-card" aria-label="Exemplar">
      <div class="row">
        <span>
          <b>{formatNumber(value)}</b> <span class="faint">at {formatMoment(atMs)}</span>
        </span>
        {traceId !== undefined && (
          <span>
            Trace <TraceLink exemplar={exemplar} />
          </span>
        )}
        <span class="grow" />
        <button type="button" class="quiet" aria-label="Close exemplar" onClick={onClose}>
          ×
        </button>
      </div>
      <LabelList labels={labels} /> <LabelList labels={seriesLabels} />
    </section>
  );
}
