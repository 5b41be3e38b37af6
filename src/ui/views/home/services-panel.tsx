/** The services seen within the range of time: how busy, how often wrong, how slow; and the ways to their data. */

import { getJson } from '../../api/http.ts';
import { labelValues, query } from '../../api/prometheus.ts';
import { nanosecondRange, tracedServices } from '../../api/stored.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCount, formatNanoseconds, formatNumber, formatRate } from '../../format/number.ts';
import { Scroll } from '../../parts/scroll.tsx';
import { ServiceJumps } from '../../parts/service-jumps.tsx';
import { Loading, Problem } from '../../parts/states.tsx';
import { useCapped } from '../../parts/use-capped.tsx';
import type { Bounds } from '../../time/range.ts';
import type { TimeView } from '../../time/use-time.ts';
import { numberQueries, type ServiceRow, serviceNumbers, serviceRows, servicesOfJobs } from './services.ts';

const ROWS_STEP = 25;
/** From here on a service's errors are coloured. */
const ERRORS_WORTH_A_LOOK = 0.01;

async function loadNumbers({ startMs, endMs }: Bounds, signal: AbortSignal) {
  const window = `${Math.max(60, Math.round((endMs - startMs) / 1000))}s`;
  const [calls, failed, p95] = await Promise.all(
    numberQueries(window).map((expr) => query(expr, endMs, signal)),
  );
  return serviceNumbers(calls!, failed!, p95!);
}

async function loggedServices(bounds: Bounds, signal: AbortSignal): Promise<readonly string[]> {
  const path = '/loki/api/v1/label/service_name/values';
  const { data } = await getJson<{ data?: readonly string[] }>(path, nanosecondRange(bounds), signal);
  return data ?? [];
}

export function ServicesPanel({ time }: { readonly time: TimeView }) {
  const numbers = useLoad((signal) => loadNumbers(time, signal), [time]);
  const traced = useLoad((signal) => tracedServices(time, signal), [time]);
  const logged = useLoad((signal) => loggedServices(time, signal), [time]);
  const jobs = useLoad(
    async (signal) => servicesOfJobs(await labelValues('job', { ...time, matches: ['up'] }, signal)),
    [time],
  );
  const sources = [numbers, traced, logged, jobs];
  const rows = serviceRows(numbers.data ?? new Map(), [
    ...(traced.data ?? []),
    ...(logged.data ?? []),
    ...(jobs.data ?? []),
  ]);
  const isLoading = sources.some(({ loading, data }) => loading && data === undefined);
  const faults = sources.flatMap(({ error }) => (error ? [error] : []));
  return (
    <section class="panel" aria-label="Services">
      <h2>Services {rows.length > 0 && <span class="faint">{formatCount(rows.length)}</span>}</h2>
      {faults[0] && <Problem error={faults[0]} what="Not all of them can be had" />}
      {rows.length > 0 && <ServiceTable rows={rows} bounds={time} />}
      {rows.length === 0 && isLoading && <Loading />}
      {rows.length === 0 && !isLoading && faults.length === 0 && (
        <p class="faint">None has been seen in this range of time.</p>
      )}
    </section>
  );
}

function ServiceTable({ rows, bounds }: { readonly rows: readonly ServiceRow[]; readonly bounds: Bounds }) {
  const { shown, more } = useCapped(rows, ROWS_STEP, 'services');
  return (
    <>
      <Scroll label="Table of services">
        <table class="services stacked">
          <thead>
            <tr>
              <th>Service</th>
              <th class="number">Calls</th>
              <th class="number">Errors</th>
              <th class="number">p95</th>
              <th>Show</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ name, numbers }) => (
              <tr key={name}>
                <td class="service-name">{name}</td>
                <td class="number" data-head={numbers && 'Calls'} title={numbers && kindText(numbers.kind)}>
                  {numbers && formatRate(numbers.calls)}
                </td>
                <td
                  data-head={numbers && 'Errors'}
                  class={numbers && numbers.errors >= ERRORS_WORTH_A_LOOK ? 'number fault' : 'number'}
                >
                  {numbers && `${formatNumber(Math.round(1000 * numbers.errors) / 10)}%`}
                </td>
                <td class="number" data-head={numbers?.p95 === undefined ? undefined : 'p95'}>
                  {numbers?.p95 !== undefined && formatNanoseconds(numbers.p95 * 1e9)}
                </td>
                <td>
                  <ServiceJumps service={name} bounds={bounds} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {more}
    </>
  );
}

function kindText(kind: string): string {
  return `Of its ${kind.replace('SPAN_KIND_', '').toLowerCase()} spans`;
}
