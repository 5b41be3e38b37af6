/** Series: which metrics, labels and pairs have the most, and what the series of one metric differ in. */

import { tsdbStatus } from '../../api/status.ts';
import type { NamedCount } from '../../api/status-answers.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatBytes, formatCount } from '../../format/number.ts';
import { formatMoment } from '../../format/time.ts';
import { href, setParams, usePlace } from '../../location.ts';
import { type BarRow, BarTable } from '../../parts/bar-table.tsx';
import { Shown } from '../../parts/states.tsx';
import { rangeParams, useTime } from '../../time/use-time.ts';
import { MetricSeries } from './metric-series.tsx';

const LIMITS: readonly number[] = [10, 25, 100, 500];

export function MetricsStorage() {
  const { params } = usePlace();
  const time = useTime();
  const given = Number(params.get('limit'));
  const limit = LIMITS.includes(given) ? given : LIMITS[0]!;
  const loaded = useLoad((signal) => tsdbStatus(limit, signal), [limit, time]);
  const metric = params.get('metric') ?? undefined;
  return (
    <>
      {metric !== undefined && <MetricSeries metric={metric} />}
      <Shown loaded={loaded} what="The state of the series cannot be had">
        {(status) => {
          const { numSeries, numLabelPairs, minTime, maxTime } = status.headStats;
          return (
            <>
              <div class="panel row">
                <span class="grow">
                  <b>{formatCount(numSeries)}</b> series and streams in memory with{' '}
                  <b>{formatCount(numLabelPairs)}</b> label pairs
                  {maxTime >= minTime &&
                    `; what is not yet in blocks is from ${formatMoment(minTime)} to ${formatMoment(maxTime)}`}
                </span>
                <label>
                  Rows{' '}
                  <select
                    value={limit}
                    onChange={(event) => setParams({ limit: event.currentTarget.value }, { replace: true })}
                  >
                    {LIMITS.map((one) => (
                      <option key={one}>{one}</option>
                    ))}
                  </select>
                </label>
              </div>
              <div class="grid">
                <BarTable
                  title="Metrics with the most series"
                  nameHead="Metric"
                  valueHead="Series"
                  rows={linkedMetrics(status.seriesCountByMetricName, limit)}
                />
                <BarTable
                  title="Labels with the most values"
                  nameHead="Label"
                  valueHead="Values"
                  rows={status.labelValueCountByLabelName}
                />
                <BarTable
                  title="Pairs with the most series"
                  nameHead="Pair"
                  valueHead="Series"
                  rows={status.seriesCountByLabelValuePair}
                />
                <BarTable
                  title="Labels that take the most memory"
                  nameHead="Label"
                  valueHead="Memory"
                  rows={status.memoryInBytesByLabelName}
                  format={formatBytes}
                />
              </div>
            </>
          );
        }}
      </Shown>
    </>
  );
}

function linkedMetrics(counts: readonly NamedCount[], limit: number): readonly BarRow[] {
  return counts.map(({ name, value }) => ({
    name,
    value,
    href: href('/storage', { ...rangeParams(), tab: 'metrics', limit: String(limit), metric: name }),
  }));
}
