/** The newest errors in logs and traces. */

import { quoted } from '../../../model/correlate/labels.ts';
import { serviceOf } from '../../../model/correlate/service.ts';
import { getJson } from '../../api/http.ts';
import { ALL_STREAMS, nanosecondRange, secondRange } from '../../api/stored.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatNanoseconds } from '../../format/number.ts';
import { formatAgo, formatMoment } from '../../format/time.ts';
import { href } from '../../location.ts';
import { Shown } from '../../parts/states.tsx';
import { rangeParams, type TimeView } from '../../time/use-time.ts';
import { type LogsAnswer, type RecentLine, recentLines, recentTraces, type SearchAnswer } from './recent.ts';

const SHOWN_MAX = 6;
/** What led to a line is mostly near it. */
const AROUND_MS = 5 * 60_000;
const ERROR_LINES = `${ALL_STREAMS} | detected_level=~"error|critical|fatal"`;
const ERROR_SPANS = '{ status = error }';

export function RecentErrors({ time }: { readonly time: TimeView }) {
  return (
    <div class="grid">
      <ErrorLines time={time} />
      <ErrorTraces time={time} />
    </div>
  );
}

function ErrorLines({ time }: { readonly time: TimeView }) {
  const loaded = useLoad(
    async (signal) => {
      const asked = { query: ERROR_LINES, limit: SHOWN_MAX, direction: 'backward', ...nanosecondRange(time) };
      return recentLines(await getJson<LogsAnswer>('/loki/api/v1/query_range', asked, signal), SHOWN_MAX);
    },
    [time],
  );
  return (
    <section class="panel" aria-label="Errors in logs">
      <h2>
        <a href={href('/logs', { ...rangeParams(), q: ERROR_LINES })}>Errors in logs</a>
      </h2>
      <Shown loaded={loaded} what="The logs cannot be had">
        {(lines) =>
          lines.length === 0 ? (
            <p class="faint">None in this range of time.</p>
          ) : (
            <ul class="trouble-list">
              {lines.map((line) => (
                <Line key={`${line.atMs} ${line.line}`} line={line} />
              ))}
            </ul>
          )
        }
      </Shown>
    </section>
  );
}

function Line({ line: { atMs, line, labels } }: { readonly line: RecentLine }) {
  const q = `{service_name=${quoted(labels.service_name ?? '')}}`;
  const around = { from: String(atMs - AROUND_MS), to: String(atMs + AROUND_MS) };
  return (
    <li>
      <span class="faint" title={formatMoment(atMs)}>
        {formatAgo(atMs, Date.now())} {serviceOf(labels)}
      </span>
      <a class="error-line" href={href('/logs', { q, ...around })}>
        {line}
      </a>
    </li>
  );
}

function ErrorTraces({ time }: { readonly time: TimeView }) {
  const loaded = useLoad(
    async (signal) => {
      const asked = { q: ERROR_SPANS, limit: SHOWN_MAX, ...secondRange(time) };
      return recentTraces(await getJson<SearchAnswer>('/api/search', asked, signal), SHOWN_MAX);
    },
    [time],
  );
  return (
    <section class="panel" aria-label="Traces with errors">
      <h2>
        <a href={href('/search', { ...rangeParams(), q: ERROR_SPANS })}>Traces with errors</a>
      </h2>
      <Shown loaded={loaded} what="The traces cannot be had">
        {(traces) =>
          traces.length === 0 ? (
            <p class="faint">None in this range of time.</p>
          ) : (
            <ul class="trouble-list">
              {traces.map(({ id, service, name, atMs, durationMs }) => (
                <li key={id}>
                  <span class="faint" title={formatMoment(atMs)}>
                    {formatAgo(atMs, Date.now())} {service}
                  </span>
                  <a class="error-line" href={href(`/trace/${id}`, rangeParams())}>
                    {name || id} <span class="faint">{formatNanoseconds(durationMs * 1e6)}</span>
                  </a>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </section>
  );
}
