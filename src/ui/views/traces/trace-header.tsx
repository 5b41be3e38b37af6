/** What a trace is in a few words and numbers, and what is odd about it. */

import { useMemo } from 'preact/hooks';
import type { TraceAnswer } from '../../api/tempo-answers.ts';
import { formatCount, formatNanoseconds } from '../../format/number.ts';
import { formatAgo, formatMoment } from '../../format/time.ts';
import { href } from '../../location.ts';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Swatch } from '../../parts/swatch.tsx';
import { now } from '../../time/now.ts';
import type { SpanTree } from './span-tree.ts';
import { momentMs, type Trace } from './spans.ts';
import { logsQuery, withSlack } from './trace-logs.ts';
import { traceFacts } from './trace-summary.ts';

/** More services than this are a number. */
const SERVICES_MAX = 12;

export function TraceHeader(props: {
  readonly trace: Trace;
  readonly tree: SpanTree;
  readonly answer: TraceAnswer;
}) {
  const { trace, tree, answer } = props;
  const { root, services, errorCount } = useMemo(() => traceFacts(tree), [tree]);
  const startMs = momentMs(trace, 0);
  const bounds = withSlack({ startMs, endMs: momentMs(trace, trace.durationNs) });
  const logs = {
    q: logsQuery(trace.id),
    from: String(Math.floor(bounds.startMs)),
    to: String(Math.ceil(bounds.endMs)),
  };
  const rest = services.length - SERVICES_MAX;
  return (
    <header class="trace-head">
      <div class="row">
        <h1 class="grow trace-title">
          <span class="faint">{root?.resource.service}</span> {root?.name || '(no name)'}
        </h1>
        <a class="button" href={href('/logs', logs)}>
          Logs of this trace
        </a>
        <CopyButton text={() => window.location.href}>Copy link</CopyButton>
        <CopyButton text={() => JSON.stringify(answer.trace, undefined, 2)}>Copy JSON</CopyButton>
      </div>
      <dl class="trace-facts">
        <Fact name="Trace">
          <code>{trace.id}</code>
        </Fact>
        <Fact name="Began">
          <time dateTime={new Date(startMs).toISOString()}>{formatMoment(startMs)}</time>{' '}
          <span class="faint">{formatAgo(startMs, now())}</span>
        </Fact>
        <Fact name="Duration">{formatNanoseconds(trace.durationNs)}</Fact>
        <Fact name="Spans">{formatCount(trace.spans.length)}</Fact>
        <Fact name="Depth">{formatCount(tree.depth)}</Fact>
        <Fact name="Errors">
          <span class={errorCount > 0 ? 'fault' : ''}>{formatCount(errorCount)}</span>
        </Fact>
      </dl>
      <ul class="trace-services" aria-label="Services">
        {services.slice(0, SERVICES_MAX).map(({ service, spanCount }) => (
          <li key={service}>
            <Swatch service={service} /> {service} <span class="faint">{formatCount(spanCount)}</span>
          </li>
        ))}
        {rest > 0 && <li class="faint">and {rest} more</li>}
      </ul>
      {trace.partial !== undefined && <p class="trace-note warn">Not the whole trace: {trace.partial}</p>}
      {tree.notes.map((note) => (
        <p key={note} class="trace-note">
          {note}
        </p>
      ))}
    </header>
  );
}
