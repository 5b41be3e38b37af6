/** Logs: a query, and what it finds: lines, lines as they come in, or series of numbers; without one, labels to begin with. */

import { usePlace } from '../../location.ts';
import { LabelBrowser } from './label-browser.tsx';
import { LinesOfTraces, OfTraces } from './lines-of-traces.tsx';
import { LogResult } from './log-result.tsx';
import { isMetricQuery } from './logql-scan.ts';
import { MetricResult } from './metric-result.tsx';
import { QueryBox } from './query-box.tsx';
import { Tail } from './tail.tsx';

export function LogsView() {
  const { params } = usePlace();
  const query = (params.get('q') ?? '').trim();
  const isLive = params.get('live') === '1';
  const traceql = (params.get('traceql') ?? '').trim();
  return (
    <div class="logs">
      <QueryBox query={query} isLive={isLive} />
      {traceql !== '' && <OfTraces traceql={traceql} />}
      {traceql !== '' && !isMetricQuery(query) ? (
        <LinesOfTraces traceql={traceql} query={query} />
      ) : query === '' ? (
        <LabelBrowser />
      ) : isMetricQuery(query) ? (
        <MetricResult query={query} traceql={traceql} />
      ) : isLive ? (
        <Tail key={query} query={query} />
      ) : (
        <LogResult query={query} />
      )}
    </div>
  );
}
