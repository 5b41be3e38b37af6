/** Is data arriving? For each signal: how fast it comes now, and what there is of it. */

import { ITEMS, type Signal, type SignalInflow, signalInflows } from '../../api/ingestion.ts';
import { storedLogs, tracedServices } from '../../api/stored.ts';
import { useLoad } from '../../api/use-load.ts';
import { useReadings } from '../../api/use-readings.ts';
import { formatCount, formatCounted, formatNumber } from '../../format/number.ts';
import { href } from '../../location.ts';
import { Problem } from '../../parts/states.tsx';
import { describeRange } from '../../time/range.ts';
import { rangeParams, type TimeView } from '../../time/use-time.ts';

const NAMES: Readonly<Record<Signal, string>> = { metrics: 'Metrics', logs: 'Logs', traces: 'Traces' };
const VIEWS: Readonly<Record<Signal, string>> = { metrics: '/graph', logs: '/logs', traces: '/search' };

export function Arrivals({ time }: { readonly time: TimeView }) {
  const { readings, error } = useReadings();
  const logs = useLoad((signal) => storedLogs(time, signal), [time]);
  const services = useLoad((signal) => tracedServices(time, signal), [time]);
  const now = readings.at(-1);
  if (error && !now) return <Problem error={error} what="The server's own metrics cannot be had" />;
  const series = now?.total('trilite_head_series');
  const within = describeRange(time.range).toLowerCase();
  const stored: Readonly<Record<Signal, string | undefined>> = {
    metrics: series === undefined ? undefined : `${formatCount(series)} series and streams in memory`,
    logs:
      logs.data &&
      `${formatCounted(logs.data.entries, 'entry', 'entries')} in ${formatCounted(logs.data.streams, 'stream', 'streams')}, ${within}`,
    traces: services.data && `of ${formatCounted(services.data.length, 'service', 'services')}, ${within}`,
  };
  const isStored: Readonly<Record<Signal, boolean>> = {
    metrics: (series ?? 0) > 0,
    logs: (logs.data?.streams ?? 0) > 0,
    traces: (services.data?.length ?? 0) > 0,
  };
  const flows = signalInflows(readings);
  return (
    <section class="arrivals" aria-label="Is data arriving?">
      {flows.map((flow) => (
        <Arrival
          key={flow.signal}
          flow={flow}
          isRead={now !== undefined}
          stored={stored[flow.signal]}
          isStored={isStored[flow.signal]}
        />
      ))}
    </section>
  );
}

function Arrival(props: {
  readonly flow: SignalInflow;
  readonly isRead: boolean;
  readonly stored: string | undefined;
  readonly isStored: boolean;
}) {
  const { flow, isRead, stored, isStored } = props;
  const { signal, perSecond, isSettled, total, refused } = flow;
  const isKnown = perSecond !== undefined && (perSecond > 0 || isSettled || total === 0);
  return (
    <section class="panel arrival" aria-label={`${NAMES[signal]} that arrive`}>
      <h2>
        <a href={href(VIEWS[signal], rangeParams())}>{NAMES[signal]}</a>{' '}
        {isRead && <StateBadge flow={flow} isStored={isStored} />}
      </h2>
      <p class="arrival-rate">
        {isKnown ? formatNumber(perSecond) : '…'} <span class="faint">{ITEMS[signal]} a second</span>
      </p>
      <p class="faint">
        {isRead ? `${formatCount(total)} since the start` : ' '}
        <br />
        {stored ?? ' '}
      </p>
      {refused > 0 && (
        <p class="fault">
          {formatCount(refused)} refused: <a href={href('/storage', rangeParams())}>why</a>
        </p>
      )}
    </section>
  );
}

function StateBadge(props: { readonly flow: SignalInflow; readonly isStored: boolean }) {
  const { flow, isStored } = props;
  const { perSecond, isSettled, total } = flow;
  if (perSecond !== undefined && perSecond > 0) return <span class="badge good">arriving</span>;
  if (total > 0 && !isSettled) return <span class="badge">has arrived</span>;
  if (total > 0 || isStored) return <span class="badge">quiet</span>;
  return <span class="badge warn">nothing yet</span>;
}
