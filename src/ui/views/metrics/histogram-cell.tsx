/** A native histogram in a cell: its count, sum and mean, its buckets as bars, and as numbers on demand. */

import type { HistogramValue } from '../../api/prometheus-data.ts';
import { formatNumber } from '../../format/number.ts';
import { numberOf } from './graph-data.ts';

const WIDTH_PX = 160;
const HEIGHT_PX = 28;

/** Which bounds belong to the bucket, by the number that the API gives: `(a, b]`, `[a, b)`, `(a, b)`, `[a, b]`. */
const BRACKETS: readonly (readonly [open: string, close: string])[] = [
  ['(', ']'],
  ['[', ')'],
  ['(', ')'],
  ['[', ']'],
];

export function HistogramCell({ histogram }: { readonly histogram: HistogramValue }) {
  const { count, sum, buckets = [] } = histogram;
  const mean = numberOf(sum) / numberOf(count);
  const counts = buckets.map((bucket) => numberOf(bucket[3]));
  const max = Math.max(...counts, 0);
  const width = WIDTH_PX / Math.max(1, buckets.length);
  return (
    <div class="histogram-cell">
      <span>
        count <b>{count}</b> · sum <b>{formatNumber(numberOf(sum))}</b> · mean <b>{formatNumber(mean)}</b>
      </span>
      {buckets.length > 0 && (
        <details>
          <summary>
            <svg
              width={WIDTH_PX}
              height={HEIGHT_PX}
              role="img"
              aria-label={`${buckets.length} buckets`}
              viewBox={`0 0 ${WIDTH_PX} ${HEIGHT_PX}`}
            >
              {counts.map((one, i) => {
                const height = max > 0 ? (one / max) * HEIGHT_PX : 0;
                return (
                  <rect
                    key={buckets[i]![1]}
                    x={i * width}
                    y={HEIGHT_PX - height}
                    width={Math.max(1, width - 1)}
                    height={height}
                  />
                );
              })}
            </svg>
          </summary>
          <table>
            <thead>
              <tr>
                <th scope="col">Bucket</th>
                <th scope="col" class="number">
                  Count
                </th>
              </tr>
            </thead>
            <tbody>
              {buckets.map(([rule, lower, upper, one]) => (
                <tr key={lower}>
                  <td>
                    {BRACKETS[rule]?.[0]}
                    {formatNumber(numberOf(lower))}, {formatNumber(numberOf(upper))}
                    {BRACKETS[rule]?.[1]}
                  </td>
                  <td class="number">{one}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </div>
  );
}
