/** Traces within the range of time: how many spans, of which services, and which attributes they carry. */

import { serviceSpans } from '../../../model/correlate/service.ts';
import { getJson } from '../../api/http.ts';
import { secondRange } from '../../api/stored.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCount } from '../../format/number.ts';
import { href } from '../../location.ts';
import { BarTable } from '../../parts/bar-table.tsx';
import { Empty, Shown } from '../../parts/states.tsx';
import { useCapped } from '../../parts/use-capped.tsx';
import { rangeParams, useTime } from '../../time/use-time.ts';
import { type InstantAnswer, seriesRows, type TagScope, tagRows } from './tags.ts';

const SPANS_BY_SERVICE = '{ } | count_over_time() by (resource.service.name)';
const TAGS_STEP = 50;

export function TracesStorage() {
  const time = useTime();
  const within = secondRange(time);
  const spans = useLoad(
    async (signal) =>
      seriesRows(
        await getJson<InstantAnswer>('/api/metrics/query', { q: SPANS_BY_SERVICE, ...within }, signal),
      ),
    [time],
  );
  const tags = useLoad(
    async (signal) =>
      tagRows(
        (await getJson<{ scopes: readonly TagScope[] }>('/api/v2/search/tags', { ...within }, signal)).scopes,
      ),
    [time],
  );
  return (
    <Shown loaded={spans} what="The spans cannot be counted">
      {(services) =>
        services.length === 0 ? (
          <Empty title="There are no spans in this range of time">
            <p>
              <a href={href('/')}>How to send some</a>, or choose a longer range above.
            </p>
          </Empty>
        ) : (
          <>
            <p class="panel">
              <b>{formatCount(services.reduce((sum, { value }) => sum + value, 0))}</b> spans of{' '}
              <b>{formatCount(services.length)}</b> services within the range of time.
            </p>
            <div class="grid">
              <BarTable
                title="Spans by service"
                nameHead="Service"
                valueHead="Spans"
                rows={services.map((row) => ({
                  ...row,
                  href: href('/search', { ...rangeParams(), q: serviceSpans(row.name) }),
                }))}
              />
              <Shown loaded={tags} what="The attributes cannot be had">
                {(rows) => <TagsPanel rows={rows} />}
              </Shown>
            </div>
          </>
        )
      }
    </Shown>
  );
}

function TagsPanel({
  rows,
}: {
  readonly rows: readonly { readonly scope: string; readonly name: string }[];
}) {
  const { shown, more } = useCapped(rows, TAGS_STEP, 'attributes');
  return (
    <section class="panel" aria-label="Attributes">
      <h2>
        Attributes <span class="faint">{formatCount(rows.length)}</span>
      </h2>
      <table>
        <thead>
          <tr>
            <th>Of</th>
            <th>Name</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ scope, name }) => (
            <tr key={`${scope} ${name}`}>
              <td>{scope}</td>
              <td>
                <code>{name}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more}
    </section>
  );
}
