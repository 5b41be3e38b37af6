/** What runs, and since when. */

import { buildInfo, runtimeInfo } from '../../api/status.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCount } from '../../format/number.ts';
import { formatAgo, formatMoment } from '../../format/time.ts';
import { Shown } from '../../parts/states.tsx';

export function ServerPanel({ time }: { readonly time: unknown }) {
  const loaded = useLoad(
    async (signal) => {
      const [runtime, build] = await Promise.all([runtimeInfo(signal), buildInfo(signal)]);
      const startMs = Date.parse(runtime.startTime);
      const nowMs = Date.parse(runtime.serverTime);
      const rows: readonly (readonly [string, string])[] = [
        ['Version', build.revision],
        ['Answers as Prometheus', build.version],
        ['Host', runtime.hostname],
        ['Working directory', runtime.CWD],
        ['Started', `${formatMoment(startMs)} (${formatAgo(startMs, nowMs)})`],
        ["Server's time", formatMoment(nowMs)],
        ['Processors', String(runtime.GOMAXPROCS)],
        ['Series and streams in memory', formatCount(runtime.timeSeriesCount)],
        ['Metrics are kept', runtime.storageRetention],
      ];
      return rows;
    },
    [time],
  );
  return (
    <Shown loaded={loaded} what="The state of the server cannot be had">
      {(rows) => (
        <section class="panel" aria-label="Server">
          <table class="facts">
            <tbody>
              {rows.map(([name, value]) => (
                <tr key={name}>
                  <th scope="row" class="fact-name">
                    {name}
                  </th>
                  <td>{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Shown>
  );
}
