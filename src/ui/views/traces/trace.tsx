/** One trace: who took part, where its time went, what each span says, and the log lines that were written meanwhile. */

import { useEffect, useMemo } from 'preact/hooks';
import { findTraceId } from '../../../model/correlate/trace-id.ts';
import { traceById } from '../../api/tempo.ts';
import type { TraceAnswer } from '../../api/tempo-answers.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCount } from '../../format/number.ts';
import { distinctColours } from '../../graph/palette.ts';
import { go, href, setParams, usePlace } from '../../location.ts';
import { Empty, Shown } from '../../parts/states.tsx';
import { ServiceColours } from '../../parts/swatch.tsx';
import type { ViewProps } from '../../routes.ts';
import { refresh, useTime } from '../../time/use-time.ts';
import { criticalPath, selfTimes } from './critical-path.ts';
import { LogsOfTrace, useTraceLogs } from './logs-of-trace.tsx';
import { OperationTable } from './operation-table.tsx';
import { ResourceMetrics } from './resource-metrics.tsx';
import { SpanPanel } from './span-panel.tsx';
import { SpanTable } from './span-table.tsx';
import { spanTree } from './span-tree.ts';
import { traceOf } from './spans.ts';
import { TABS, type TraceTab, traceAddress } from './trace-address.ts';
import { TraceHeader } from './trace-header.tsx';
import { logsQuery } from './trace-logs.ts';
import { useChosenSpan } from './use-chosen-span.ts';
import { Waterfall } from './waterfall.tsx';

const PLAIN_ID = /^[0-9a-f]{1,32}$/i;
const TAB_NAMES: Readonly<Record<TraceTab, string>> = {
  spans: 'Spans',
  table: 'Table',
  services: 'Services',
  logs: 'Logs',
  metrics: 'Metrics',
};

export function TraceView({ id }: ViewProps) {
  const { params } = usePlace();
  const time = useTime();
  // A whole header may have been pasted into the address.
  const named = PLAIN_ID.test(id) ? undefined : findTraceId(id);
  useEffect(() => {
    if (!named) return;
    const span = named.spanId === undefined ? {} : { span: named.spanId };
    go(`/trace/${named.traceId}`, { ...Object.fromEntries(params), ...span }, { replace: true });
  }, [named?.traceId]);
  const { isEmbedded } = traceAddress(params);
  useEffect(() => {
    document.documentElement.classList.toggle('is-embedded', isEmbedded);
    return () => document.documentElement.classList.remove('is-embedded');
  }, [isEmbedded]);
  const loaded = useLoad((signal) => (named ? undefined : traceById(id, signal)), [id, time]);
  return (
    <Shown loaded={loaded} what={`The trace ${id} cannot be shown`}>
      {(answer) => <OneTrace key={id} id={id} answer={answer} />}
    </Shown>
  );
}

function OneTrace({ id, answer }: { readonly id: string; readonly answer: TraceAnswer }) {
  const trace = useMemo(() => traceOf(id, answer), [id, answer]);
  const tree = useMemo(() => spanTree(trace.spans), [trace]);
  const selfNs = useMemo(() => selfTimes(tree), [tree]);
  const path = useMemo(() => criticalPath(tree), [tree]);
  const { chosen, choose } = useChosenSpan(tree);
  const { tab } = traceAddress(usePlace().params);
  const logs = useTraceLogs(trace);
  const colours = useMemo(
    () => distinctColours(trace.spans.map(({ resource }) => resource.service)),
    [trace],
  );
  if (trace.spans.length === 0) return <NoTrace id={id} />;
  const row = chosen === undefined ? undefined : tree.rows[chosen];
  return (
    <ServiceColours.Provider value={colours}>
      <TraceHeader trace={trace} tree={tree} answer={answer} />
      <div class="tabs trace-tabs">
        {TABS.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={name === tab}
            onClick={() => setParams({ tab: name === 'spans' ? undefined : name }, { replace: true })}
          >
            {TAB_NAMES[name]}
            {name === 'logs' && logs.data && <span class="tab-count">{formatCount(logs.data.length)}</span>}
          </button>
        ))}
      </div>
      <div class={row ? 'trace-body has-panel' : 'trace-body'}>
        <div class="trace-main">
          {tab === 'spans' && (
            <Waterfall trace={trace} tree={tree} path={path} chosen={chosen} onChoose={choose} />
          )}
          {tab === 'table' && <SpanTable tree={tree} selfNs={selfNs} chosen={chosen} onChoose={choose} />}
          {tab === 'services' && <OperationTable tree={tree} selfNs={selfNs} onChoose={choose} />}
          {tab === 'logs' && <LogsOfTrace trace={trace} tree={tree} logs={logs} onChoose={choose} />}
          {tab === 'metrics' && <ResourceMetrics id={id} />}
        </div>
        {row && (
          <SpanPanel
            trace={trace}
            row={row}
            selfNs={selfNs[row.index]!}
            logs={logs.data ?? []}
            onClose={() => choose(undefined)}
          />
        )}
      </div>
    </ServiceColours.Provider>
  );
}

function NoTrace({ id }: { readonly id: string }) {
  const digits = id.toLowerCase();
  return (
    <Empty title="There is no such trace">
      <p>
        Looked for the id <code>{digits}</code>
        {digits.length < 32 && ', with zeros before it to 32 digits'}.
      </p>
      <p>
        It may not have come yet, may have been left out by sampling, or be older than traces are{' '}
        <a href={href('/config')}>kept</a>.
      </p>
      <p class="row state-actions">
        <button type="button" onClick={refresh}>
          Look again
        </button>
        <a
          class="button"
          href={href('/logs', { q: logsQuery(digits.padStart(32, '0')), from: 'now-7d', to: 'now' })}
        >
          Logs of this trace
        </a>
        <a
          class="button"
          href={href('/logs', {
            q: `{service_name=~".+"} |= ${JSON.stringify(digits)}`,
            from: 'now-1d',
            to: 'now',
          })}
        >
          Logs with this id in the line
        </a>
        <a class="button" href={href('/search')}>
          Search traces
        </a>
      </p>
    </Empty>
  );
}
