/** What comes in now, by signal and way in, and what is refused: whether somebody's data arrives. */

import { failedRequests, type Inflow, ITEMS, inflows } from '../../api/ingestion.ts';
import type { Readings } from '../../api/own-metrics.ts';
import { formatBytes, formatCount, formatRate } from '../../format/number.ts';
import { href } from '../../location.ts';
import { Scroll } from '../../parts/scroll.tsx';

export function InflowTable({ readings }: { readonly readings: Readings }) {
  const rows = inflows(readings);
  const now = readings.at(-1);
  const failed = now ? failedRequests(now) : [];
  const fastest = Math.max(0, ...rows.map(({ perSecond }) => perSecond ?? 0));
  return (
    <section class="panel" aria-label="Coming in">
      <h2>
        Coming in <span class="faint">now, and since the start</span>
      </h2>
      {rows.length === 0 ? (
        <p class="faint">
          Nothing has come in since the start. <a href={href('/')}>How to send</a>
        </p>
      ) : (
        <Scroll label="Table of ways in">
          <table class="bars">
            <thead>
              <tr>
                <th>Signal</th>
                <th>Way in</th>
                <th>
                  <span class="unseen">Share</span>
                </th>
                <th class="number">Now</th>
                <th class="number">Bytes</th>
                <th class="number">Since the start</th>
                <th class="number">Refused</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <InflowRow key={`${row.signal} ${row.receiver}`} row={row} fastest={fastest} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {failed.length > 0 && (
        <p class="fault">
          Requests that were refused as a whole:{' '}
          {failed
            .map(({ receiver, reason, count }) => `${formatCount(count)} of ${receiver} (${reason})`)
            .join(', ')}
        </p>
      )}
    </section>
  );
}

function InflowRow({ row, fastest }: { readonly row: Inflow; readonly fastest: number }) {
  const { signal, receiver, perSecond, bytesPerSecond, total, refused, isOwn } = row;
  return (
    <tr>
      <td>{signal}</td>
      <td>
        <code>{receiver}</code> {isOwn && <span class="badge">made here</span>}
      </td>
      <td class="bar-cell">
        <i class="bar" style={{ width: `${fastest > 0 ? (100 * (perSecond ?? 0)) / fastest : 0}%` }} />
      </td>
      <td class="number">{perSecond === undefined ? '…' : formatRate(perSecond)}</td>
      <td class="number">{bytesPerSecond === undefined ? '' : `${formatBytes(bytesPerSecond)}/s`}</td>
      <td class="number">
        {formatCount(total)} {ITEMS[signal]}
      </td>
      <td class="number">
        {refused.length === 0
          ? '0'
          : refused.map(({ reason, count }) => (
              <div key={reason} class="fault">
                {formatCount(count)} {reason}
              </div>
            ))}
      </td>
    </tr>
  );
}
