/** Logs within the range of time: how many streams and how much, who writes the most, and which labels they differ in. */

import { quoted } from '../../../model/correlate/labels.ts';
import { getJson } from '../../api/http.ts';
import { ALL_STREAMS, nanosecondRange, storedLogs } from '../../api/stored.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatBytes, formatCount } from '../../format/number.ts';
import { href, setParams, usePlace } from '../../location.ts';
import { BarTable } from '../../parts/bar-table.tsx';
import { Empty, Shown } from '../../parts/states.tsx';
import { rangeParams, useTime } from '../../time/use-time.ts';
import { type LabelCardinality, type VolumeAnswer, volumeRows } from './volume.ts';

const ROWS_MAX = 50;

export function LogsStorage() {
  const time = useTime();
  const { params } = usePlace();
  const label = params.get('by') ?? 'service_name';
  const stats = useLoad((signal) => storedLogs(time, signal), [time]);
  const labels = useLoad(
    (signal) =>
      getJson<{ detectedLabels?: readonly LabelCardinality[] }>(
        '/loki/api/v1/detected_labels',
        { query: ALL_STREAMS, ...nanosecondRange(time) },
        signal,
      ),
    [time],
  );
  const volume = useLoad(
    (signal) =>
      getJson<VolumeAnswer>(
        '/loki/api/v1/index/volume',
        { query: ALL_STREAMS, targetLabels: label, limit: ROWS_MAX, ...nanosecondRange(time) },
        signal,
      ),
    [time, label],
  );
  return (
    <Shown loaded={stats} what="The state of the logs cannot be had">
      {({ streams, bytes, entries }) =>
        streams === 0 ? (
          <Empty title="There are no logs in this range of time">
            <p>
              <a href={href('/')}>How to send some</a>, or choose a longer range above.
            </p>
          </Empty>
        ) : (
          <>
            <p class="panel">
              <b>{formatCount(entries)}</b> entries, <b>{formatBytes(bytes)}</b> of lines as they came, in{' '}
              <b>{formatCount(streams)}</b> streams within the range of time.
            </p>
            <div class="grid">
              <Shown loaded={volume} what="The volume cannot be had">
                {(answer) => (
                  <BarTable
                    title={`Volume by ${label}`}
                    nameHead={label}
                    valueHead="Lines"
                    rows={volumeRows(answer, label).map((row) => ({
                      ...row,
                      href: href('/logs', { ...rangeParams(), q: `{${label}=${quoted(row.name)}}` }),
                    }))}
                    format={formatBytes}
                    whole={bytes}
                  />
                )}
              </Shown>
              <Shown loaded={labels} what="The labels cannot be had">
                {({ detectedLabels = [] }) => <LabelsPanel labels={detectedLabels} chosen={label} />}
              </Shown>
            </div>
          </>
        )
      }
    </Shown>
  );
}

function LabelsPanel({
  labels,
  chosen,
}: {
  readonly labels: readonly LabelCardinality[];
  readonly chosen: string;
}) {
  const sorted = [...labels].sort((a, b) => b.cardinality - a.cardinality);
  return (
    <BarTable
      title="Values of each label"
      nameHead="Label"
      valueHead="Values"
      rows={sorted.map(({ label, cardinality }) => ({ name: label, value: cardinality }))}
    >
      <p class="row">
        <label>
          Volume by{' '}
          <select
            value={chosen}
            onChange={(event) => setParams({ by: event.currentTarget.value }, { replace: true })}
          >
            {[...new Set([chosen, ...sorted.map(({ label }) => label)])].map((label) => (
              <option key={label}>{label}</option>
            ))}
          </select>
        </label>
      </p>
    </BarTable>
  );
}
