/** What comes in, what fills the disk, what is in memory, and what was asked. */

import type { OwnMetrics, Readings } from '../../api/own-metrics.ts';
import { rateOf } from '../../api/own-metrics.ts';
import { flags } from '../../api/status.ts';
import { useLoad } from '../../api/use-load.ts';
import { useReadings } from '../../api/use-readings.ts';
import { formatBytes, formatCount, formatNanoseconds } from '../../format/number.ts';
import { formatAgo } from '../../format/time.ts';
import { colourOf } from '../../graph/palette.ts';
import { Scroll } from '../../parts/scroll.tsx';
import { Loading, Problem } from '../../parts/states.tsx';
import { useTime } from '../../time/use-time.ts';
import { type DiskPart, diskParts, queryLoads } from './disk.ts';
import { FlushButtons } from './flush.tsx';
import { InflowTable } from './inflow-table.tsx';

/** Services that were asked; the rest is rarely of interest. */
const LOADS_MAX = 12;

export function Overview() {
  const { readings, error } = useReadings();
  const now = readings.at(-1);
  if (error && !now) return <Problem error={error} what="The server's own metrics cannot be had" />;
  if (!now) return <Loading />;
  return (
    <>
      {error && <Problem error={error} what="These numbers are not the newest" />}
      <InflowTable readings={readings} />
      <div class="grid">
        <DiskPanel metrics={now} />
        <MemoryPanel metrics={now} readings={readings} />
      </div>
      <QueriesPanel metrics={now} />
    </>
  );
}

function DiskPanel({ metrics }: { readonly metrics: OwnMetrics }) {
  const parts = diskParts(metrics);
  const whole = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const time = useTime();
  const loaded = useLoad(flags, [time]);
  const retention = loaded.data?.['storage.tsdb.retention.time'];
  const budget = loaded.data?.['storage.tsdb.retention.size'];
  return (
    <section class="panel" aria-label="Disk">
      <h2>
        Disk <span class="faint">{formatBytes(metrics.total('trilite_database_bytes') ?? 0)}</span>
      </h2>
      <PartsBar parts={parts} whole={whole} />
      <table>
        <tbody>
          {parts.map(({ name, bytes, note }, i) => (
            <tr key={name}>
              <td>
                <i class="swatch" style={{ background: partColour(i, parts) }} /> {name}
              </td>
              <td class="number">
                {formatBytes(bytes)} {note !== undefined && <span class="faint">{note}</span>}
              </td>
              <td class="number faint">{whole > 0 ? `${Math.round((100 * bytes) / whole)}%` : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="faint">
        {retention !== undefined && `Metrics are kept for ${retention}. `}
        {budget !== undefined && budget !== '0B' && `Metrics may take ${budget}. `}
        Logs and traces have times of their own: <code>--retention.logs</code>,{' '}
        <code>--retention.traces</code>; <code>--retention.budget</code> bounds the whole file.
      </p>
      <FlushButtons />
    </section>
  );
}

function partColour(index: number, parts: readonly DiskPart[]): string {
  return index === parts.length - 1 ? 'var(--line)' : colourOf(index);
}

function PartsBar({ parts, whole }: { readonly parts: readonly DiskPart[]; readonly whole: number }) {
  return (
    <div class="parts-bar" aria-hidden="true">
      {parts.map(({ name, bytes }, i) => (
        <i
          key={name}
          title={name}
          style={{ width: `${(100 * bytes) / (whole || 1)}%`, background: partColour(i, parts) }}
        />
      ))}
    </div>
  );
}

function MemoryPanel({ metrics, readings }: { readonly metrics: OwnMetrics; readonly readings: Readings }) {
  const bytes = (name: string) => formatBytes(metrics.total(name) ?? 0);
  const count = (name: string) => formatCount(metrics.total(name) ?? 0);
  const samplesRate = rateOf(readings, (reading) => reading.total('trilite_query_samples_total'));
  const damaged =
    (metrics.total('trilite_damaged_pages') ?? 0) + (metrics.total('trilite_writer_damaged_pages') ?? 0);
  const startedMs = 1000 * (metrics.total('process_start_time_seconds') ?? 0);
  return (
    <section class="panel" aria-label="Memory and work">
      <h2>Memory and work</h2>
      <dl class="tiles">
        <Tile name="Series and streams" value={count('trilite_head_series')} />
        <Tile name="Not yet in blocks" value={bytes('trilite_head_bytes')} />
        <Tile name="Process" value={bytes('process_resident_memory_bytes')} />
        <Tile name="Requests being taken in" value={bytes('trilite_receiver_in_flight_bytes')} />
        <Tile
          name="Queries running, waiting"
          value={`${count('trilite_queries_running')}, ${count('trilite_queries_waiting')}`}
        />
        {samplesRate !== undefined && <Tile name="Samples read a second" value={formatCount(samplesRate)} />}
        <Tile name="Slow queries" value={count('trilite_slow_queries_total')} />
        <Tile name="Damaged pages" value={formatCount(damaged)} isBad={damaged > 0} />
        {startedMs > 0 && <Tile name="Started" value={formatAgo(startedMs, metrics.atMs)} />}
      </dl>
    </section>
  );
}

function Tile(props: { readonly name: string; readonly value: string; readonly isBad?: boolean }) {
  const { name, value, isBad } = props;
  return (
    <div>
      <dt>{name}</dt>
      <dd class={isBad ? 'fault' : ''}>{value}</dd>
    </div>
  );
}

function QueriesPanel({ metrics }: { readonly metrics: OwnMetrics }) {
  const loads = queryLoads(metrics);
  if (loads.length === 0) return null;
  return (
    <section class="panel" aria-label="Queries">
      <h2>
        Queries <span class="faint">since the start</span>
      </h2>
      <Scroll label="Table of queries">
        <table>
          <thead>
            <tr>
              <th>Asked for</th>
              <th class="number">Count</th>
              <th class="number">Mean</th>
              <th class="number">Failed</th>
            </tr>
          </thead>
          <tbody>
            {loads.slice(0, LOADS_MAX).map(({ service, count, mean, failures }) => (
              <tr key={service}>
                <td>
                  <code>{service}</code>
                </td>
                <td class="number">{formatCount(count)}</td>
                <td class="number">{formatNanoseconds(mean * 1e9)}</td>
                <td class={failures > 0 ? 'number fault' : 'number'}>{formatCount(failures)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
