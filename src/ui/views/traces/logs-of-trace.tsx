/** The log lines of a trace, each beside the moment of the trace at which it came, and the span that wrote it. */

import { useMemo } from 'preact/hooks';
import { type Loaded, useLoad } from '../../api/use-load.ts';
import { formatNanoseconds } from '../../format/number.ts';
import { href } from '../../location.ts';
import { Empty, Shown } from '../../parts/states.tsx';
import { Swatch } from '../../parts/swatch.tsx';
import type { LogLine } from './log-lines.ts';
import type { SpanTree } from './span-tree.ts';
import { momentMs, type Trace } from './spans.ts';
import { LINES_MAX, logsQuery, traceLogs, withSlack } from './trace-logs.ts';

type TraceLogs = Loaded<readonly LogLine[]>;

export function useTraceLogs(trace: Trace): TraceLogs {
  return useLoad(
    (signal) => {
      if (trace.spans.length === 0) return undefined;
      const whole = { startMs: momentMs(trace, 0), endMs: momentMs(trace, trace.durationNs) };
      return traceLogs(trace.id, withSlack(whole), signal);
    },
    [trace],
  );
}

export function LogsOfTrace(props: {
  readonly trace: Trace;
  readonly tree: SpanTree;
  readonly logs: TraceLogs;
  onChoose(row: number): void;
}) {
  const { trace, tree, logs, onChoose } = props;
  const rowOf = useMemo(() => new Map(tree.rows.map(({ span, index }) => [span.id, index])), [tree]);
  const bounds = withSlack({ startMs: momentMs(trace, 0), endMs: momentMs(trace, trace.durationNs) });
  const range = { from: String(Math.floor(bounds.startMs)), to: String(Math.ceil(bounds.endMs)) };
  return (
    <Shown loaded={logs} what="The logs of this trace cannot be read">
      {(lines) =>
        lines.length === 0 ? (
          <Empty title="No log lines carry this trace's id">
            <p>
              Looked for <code>trace_id</code> in their metadata and for the id in the lines themselves, from
              a minute before the trace to a minute after it. OpenTelemetry's log appenders send both ids;
              other loggers can print <code>trace_id=…</code>.
            </p>
          </Empty>
        ) : (
          <>
            <LogLines
              lines={lines}
              trace={trace}
              spanAction={({ spanId }) => {
                const row = rowOf.get(spanId);
                if (row === undefined) return null;
                return (
                  <button type="button" class="link" onClick={() => onChoose(row)}>
                    {tree.rows[row]!.span.name || spanId}
                  </button>
                );
              }}
            />
            {lines.length >= LINES_MAX && (
              <p class="faint">
                The first {LINES_MAX} lines.{' '}
                <a href={href('/logs', { q: logsQuery(trace.id), ...range })}>All of them</a>
              </p>
            )}
          </>
        )
      }
    </Shown>
  );
}

export function LogLines(props: {
  readonly lines: readonly LogLine[];
  readonly trace: Trace;
  readonly spanAction?: (line: LogLine) => preact.ComponentChildren;
}) {
  const { lines, trace, spanAction } = props;
  return (
    <ol class="trace-lines">
      {lines.map((line, i) => (
        <li key={i} class={`trace-line is-${line.level || 'unknown'}`}>
          <span class="trace-line-time">{signed(Number(line.atNs - trace.startNs))}</span>
          <span class="trace-line-service">
            {line.service && <Swatch service={line.service} />} {line.service}
          </span>
          {line.level && <span class="trace-line-level">{line.level}</span>}
          {spanAction && <span class="trace-line-span">{spanAction(line)}</span>}
          <code class="trace-line-text">{line.line}</code>
        </li>
      ))}
    </ol>
  );
}

/** Since the trace began. */
function signed(ns: number): string {
  return ns < 0 ? `−${formatNanoseconds(-ns)}` : `+${formatNanoseconds(ns)}`;
}
