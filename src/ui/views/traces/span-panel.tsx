/** All that a span says, and where to go from it. */

import { useEffect, useState } from 'preact/hooks';
import { spanCalls, streamSelectors } from '../../../model/correlate/service-queries.ts';
import { logsAddress, metricsAddress, tracesAddress } from '../../correlate/jump.ts';
import { formatNanoseconds } from '../../format/number.ts';
import { href } from '../../location.ts';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Swatch } from '../../parts/swatch.tsx';
import type { Bounds } from '../../time/range.ts';
import { AttributeTable } from './attribute-table.tsx';
import type { LogLine } from './log-lines.ts';
import { LogLines } from './logs-of-trace.tsx';
import type { TreeSpan } from './span-tree.ts';
import { momentMs, type Span, type Trace } from './spans.ts';
import { logsQuery, withSlack } from './trace-logs.ts';
import { knownService } from './trace-summary.ts';

/** Whoever walks along the spans with a key held down asks for nothing. */
const ASKED_AFTER_MS = 300;
/** Metrics are looked at around a span, so that there is a before and an after. */
const METRICS_SLACK_MS = 15 * 60_000;

interface PanelProps {
  readonly trace: Trace;
  readonly row: TreeSpan;
  readonly selfNs: number;
  readonly logs: readonly LogLine[];
  onClose(): void;
}

export function SpanPanel({ trace, row, selfNs, logs, onClose }: PanelProps) {
  const { span, isOrphan } = row;
  const own = logs.filter(({ spanId }) => spanId !== '' && spanId === span.id);
  return (
    <aside class="panel span-panel" aria-label="Span">
      <div class="row">
        <h2 class="grow">
          <Swatch service={span.resource.service} /> <span class="faint">{span.resource.service}</span>{' '}
          {span.name || '(no name)'}
        </h2>
        <button type="button" class="quiet" aria-label="Close" title="Close (x)" onClick={onClose}>
          ✕
        </button>
      </div>
      {span.status === 'error' && (
        <p class="span-error" role="note">
          {span.statusMessage || 'This span failed'}
        </p>
      )}
      <dl class="trace-facts">
        <Fact name="Start">+{formatNanoseconds(span.startNs)}</Fact>
        <Fact name="Duration">{span.hasEnded ? formatNanoseconds(span.durationNs) : 'never ended'}</Fact>
        <Fact name="Own time">{formatNanoseconds(selfNs)}</Fact>
        <Fact name="Kind">{span.kind}</Fact>
        <Fact name="Status">{span.status}</Fact>
      </dl>
      <Jumps trace={trace} span={span} />
      <AttributeTable title="Attributes" scope="span" attributes={span.attributes} isOpen />
      {span.events.length > 0 && <Events span={span} />}
      {own.length > 0 && (
        <details open>
          <summary>Logs of this span ({own.length})</summary>
          <LogLines lines={own} trace={trace} />
        </details>
      )}
      {span.links.length > 0 && <Links span={span} />}
      <AttributeTable title="Resource" scope="resource" attributes={span.resource.attributes} isOpen />
      <AttributeTable title="Instrumentation" scope="instrumentation" attributes={libraryOf(span)} />
      <dl class="span-ids">
        <dt>Span id</dt>
        <dd>
          <code>{span.id}</code>
        </dd>
        <dt>Parent</dt>
        <dd>
          {span.parentId === '' ? 'none: a root' : <code>{span.parentId}</code>}
          {isOrphan && <span class="fault"> not in this trace</span>}
        </dd>
        {span.traceState !== '' && (
          <>
            <dt>Trace state</dt>
            <dd>
              <code>{span.traceState}</code>
            </dd>
          </>
        )}
        {span.droppedCount > 0 && (
          <>
            <dt>Left out</dt>
            <dd>{span.droppedCount} attributes, events or links, by the sender</dd>
          </>
        )}
      </dl>
      <CopyButton text={() => JSON.stringify(span, undefined, 2)}>Copy span as JSON</CopyButton>
    </aside>
  );
}

function libraryOf({ scope }: Span) {
  const { name, version, attributes } = scope;
  const own = [['name', name] as const, ['version', version] as const].filter(([, value]) => value !== '');
  return [...own, ...attributes];
}

/** The same service in the other signals, around this span. Where its logs and metrics are, the server is asked. */
function Jumps({ trace, span }: { readonly trace: Trace; readonly span: Span }) {
  const service = knownService(span);
  const bounds: Bounds = {
    startMs: momentMs(trace, span.startNs),
    endMs: momentMs(trace, span.startNs + span.durationNs),
  };
  const near = withSlack(bounds);
  const wide = { startMs: bounds.startMs - METRICS_SLACK_MS, endMs: bounds.endMs + METRICS_SLACK_MS };
  const [found, setFound] = useState<{ readonly logs: string; readonly metrics: string }>();
  useEffect(() => {
    setFound(undefined);
    if (service === undefined) return;
    const gone = new AbortController();
    const ask = async () => {
      const [logs, metrics] = await Promise.all([
        logsAddress(service, near, gone.signal),
        metricsAddress(service, wide, gone.signal),
      ]);
      setFound({ logs, metrics });
    };
    // What is broken off nobody waits for.
    const timer = setTimeout(() => ask().catch(() => {}), ASKED_AFTER_MS);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [trace, span]);
  const ownLogs = {
    q: logsQuery(trace.id, span.id),
    from: String(Math.floor(near.startMs)),
    to: String(Math.ceil(near.endMs)),
  };
  return (
    <p class="row span-jumps">
      <a class="button" href={href('/logs', ownLogs)}>
        Logs of this span
      </a>
      {service !== undefined && (
        <>
          <a class="button" href={found?.logs ?? href('/logs', { q: streamSelectors(service)[0] })}>
            Logs of {service}
          </a>
          <a class="button" href={found?.metrics ?? href('/graph', { 'g0.expr': spanCalls(service) })}>
            Metrics of {service}
          </a>
          <a class="button" href={tracesAddress(service, wide)}>
            Traces of {service}
          </a>
        </>
      )}
    </p>
  );
}

function Events({ span }: { readonly span: Span }) {
  return (
    <details open>
      <summary>Events ({span.events.length})</summary>
      {span.events.map((event, i) => (
        <div key={i} class="span-event">
          <p>
            <b>{event.name || '(no name)'}</b>{' '}
            <span class="faint">+{formatNanoseconds(event.atNs - span.startNs)} into the span</span>
          </p>
          <AttributeTable scope="event" attributes={event.attributes} isOpen />
        </div>
      ))}
    </details>
  );
}

function Links({ span }: { readonly span: Span }) {
  return (
    <details open>
      <summary>Links ({span.links.length})</summary>
      {span.links.map(({ traceId, spanId, attributes }) => (
        <div key={`${traceId}${spanId}`} class="span-event">
          <p>
            <a href={href(`/trace/${traceId}`, { span: spanId })}>
              <code>{traceId}</code>
            </a>{' '}
            <span class="faint">span {spanId}</span>
          </p>
          <AttributeTable scope="link" attributes={attributes} isOpen />
        </div>
      ))}
    </details>
  );
}
