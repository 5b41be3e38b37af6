/** One metric: what its series differ in, label by label, and the values of one label. */

import { labelNames, query } from '../../api/prometheus.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCount } from '../../format/number.ts';
import { href, setParams, usePlace } from '../../location.ts';
import { BarTable } from '../../parts/bar-table.tsx';
import { Shown } from '../../parts/states.tsx';
import { rangeParams, useTime } from '../../time/use-time.ts';
import {
  countSeries,
  countValues,
  LABELS_MAX,
  numberOf,
  seriesSelector,
  topValues,
  VALUES_MAX,
  valueCounts,
} from './cardinality.ts';

export function MetricSeries({ metric }: { readonly metric: string }) {
  const { params } = usePlace();
  const { startMs, endMs } = useTime();
  const label = params.get('label') ?? undefined;
  const loaded = useLoad(
    async (signal) => {
      const matches = [seriesSelector(metric)];
      const [series, names] = await Promise.all([
        query(countSeries(metric), endMs, signal),
        labelNames({ startMs, endMs, matches }, signal),
      ]);
      const others = names.filter((name) => name !== '__name__');
      const counts = await Promise.all(
        others.slice(0, LABELS_MAX).map(async (name) => ({
          name,
          value: numberOf(await query(countValues(metric, name), endMs, signal)),
        })),
      );
      return {
        seriesCount: numberOf(series),
        leftOut: Math.max(0, others.length - LABELS_MAX),
        counts: counts.sort((a, b) => b.value - a.value),
      };
    },
    [metric, startMs, endMs],
  );
  const close = () => setParams({ metric: undefined, label: undefined });
  const graph = href('/graph', { ...rangeParams(), 'g0.expr': seriesSelector(metric), 'g0.tab': 'table' });
  return (
    <section class="panel" aria-label="Series of a metric">
      <div class="row">
        <h2 class="grow metric-name">{metric}</h2>
        <a href={graph}>Show the series</a>
        <button type="button" onClick={close}>
          Close
        </button>
      </div>
      <Shown loaded={loaded} what="The series of this metric cannot be counted">
        {({ seriesCount, counts, leftOut }) => (
          <>
            <p>
              <b>{formatCount(seriesCount)}</b> series{' '}
              {seriesCount === 0 && 'at the end of the range of time: none has come lately'}
            </p>
            <div class="grid">
              <BarTable
                title="Values of each label"
                nameHead="Label"
                valueHead="Values"
                rows={counts.map(({ name, value }) => ({ name, value, href: labelAddress(metric, name) }))}
              >
                {leftOut > 0 && <p class="faint">{formatCount(leftOut)} more labels are not counted.</p>}
              </BarTable>
              {label !== undefined && (
                <LabelValues metric={metric} label={label} endMs={endMs} whole={seriesCount} />
              )}
            </div>
          </>
        )}
      </Shown>
    </section>
  );
}

function labelAddress(metric: string, label: string): string {
  return href('/storage', { ...rangeParams(), tab: 'metrics', metric, label });
}

function LabelValues(props: {
  readonly metric: string;
  readonly label: string;
  readonly endMs: number;
  readonly whole: number;
}) {
  const { metric, label, endMs, whole } = props;
  const loaded = useLoad(
    async (signal) => valueCounts(await query(topValues(metric, label), endMs, signal), label),
    [metric, label, endMs],
  );
  return (
    <Shown loaded={loaded} what="The values of this label cannot be counted">
      {(rows) => (
        <BarTable
          title={`Series by ${label}`}
          nameHead={label}
          valueHead="Series"
          rows={rows}
          whole={Math.max(whole, ...rows.map(({ value }) => value))}
        >
          {rows.length === VALUES_MAX && (
            <p class="faint">These are the {VALUES_MAX} with the most series.</p>
          )}
        </BarTable>
      )}
    </Shown>
  );
}
