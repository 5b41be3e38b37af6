/**
 * All that is known of a line: its whole text, its labels in groups with buttons that filter by them, and where to go from
 * here: its trace, the lines around it, its service's metrics and traces, an address to give away.
 */

import { useMemo, useState } from 'preact/hooks';
import type { Labels } from '../../../model/correlate/labels.ts';
import { findTraceId, isTraceIdField } from '../../../model/correlate/trace-id.ts';
import { metricsAddress, tracesAddress } from '../../correlate/jump.ts';
import { goTo, href, place, setParams } from '../../location.ts';
import { CopyButton } from '../../parts/copy-button.tsx';
import { rangeParams } from '../../time/use-time.ts';
import { LineContext } from './line-context.tsx';
import { lineFields, prettyJson } from './line-fields.ts';
import { LineText, type LineView } from './line-text.tsx';
import { type LogRow, rowService } from './log-row.ts';
import { type Filter, parsersOf, withFieldFilter, withMatcher } from './logql-edit.ts';
import { traceAddress } from './trace-address.ts';

/** More is shown on demand. */
const SHOWN_MAX_CHARS = 20_000;
/** What a jump to another signal looks at, before and behind the line. */
const JUMP_BEFORE_MS = 15 * 60_000;
const JUMP_BEHIND_MS = 15 * 60_000;

export function LineDetails({ row, view }: { readonly row: LogRow; readonly view: LineView }) {
  const [showsContext, setShowsContext] = useState(false);
  const found = useMemo(() => lineFields(row.line), [row.line]);
  const { query } = view;
  const isParsed = parsersOf(query).length > 0;
  const change = (changed: string) => setParams({ q: changed, line: undefined });
  const byField = (parser?: string) => (name: string, value: string, filter: Filter) =>
    change(withFieldFilter(query, name, value, filter, parser));
  return (
    <div class="log-details">
      <Actions row={row} showsContext={showsContext} onContext={() => setShowsContext(!showsContext)} />
      <WholeLine row={row} view={view} />
      <div class="log-groups">
        <Group
          title="Stream labels"
          labels={row.stream}
          onFilter={(name, value, filter) => change(withMatcher(query, name, value, filter))}
        />
        <Group title="Structured metadata" labels={row.metadata} onFilter={byField()} />
        <Group title="Parsed by the query" labels={row.parsed} onFilter={byField()} />
        {!isParsed && found && (
          <Group
            title={`Fields of the line (${found.parser})`}
            labels={found.fields}
            onFilter={byField(found.parser)}
          />
        )}
      </div>
      {showsContext && <LineContext row={row} view={view} />}
    </div>
  );
}

function Actions(props: { readonly row: LogRow; readonly showsContext: boolean; onContext(): void }) {
  const { row, showsContext, onContext } = props;
  const service = rowService(row);
  const trace = traceAddress(row);
  const around = { startMs: row.ms - JUMP_BEFORE_MS, endMs: row.ms + JUMP_BEHIND_MS };
  return (
    <div class="row log-actions">
      {trace && (
        <a class="button" href={trace}>
          Open trace
        </a>
      )}
      <button type="button" aria-pressed={showsContext} onClick={onContext}>
        Show context
      </button>
      {service !== undefined && (
        <>
          <button type="button" onClick={async () => goTo(await metricsAddress(service, around))}>
            Metrics of {service}
          </button>
          <a class="button" href={tracesAddress(service, around)}>
            Traces of {service}
          </a>
        </>
      )}
      <span class="log-copy">
        line <CopyButton text={row.line} what="line" />
      </span>
      <span class="log-copy">
        link <CopyButton text={linkTo(row)} what="link" />
      </span>
    </div>
  );
}

/** An address of this view in which the line is among the first. */
function linkTo(row: LogRow): string {
  const { params } = place();
  const range = { from: String(row.ms - 3_600_000), to: String(row.ms + 1) };
  const kept = [...params].filter(([name]) => ['q', 'limit', 'wrap', 'ansi'].includes(name));
  const address = href('/logs', { ...Object.fromEntries(kept), ...range, dir: 'backward', line: row.ns });
  return new URL(address, window.location.href).href;
}

function WholeLine({ row, view }: { readonly row: LogRow; readonly view: LineView }) {
  const [showsAll, setShowsAll] = useState(false);
  const text = useMemo(() => prettyJson(row.line) ?? row.line, [row.line]);
  return (
    <>
      <pre class="log-whole">
        <LineText line={text} view={view} maxChars={showsAll ? text.length : SHOWN_MAX_CHARS} />
      </pre>
      {text.length > SHOWN_MAX_CHARS && !showsAll && (
        <button type="button" onClick={() => setShowsAll(true)}>
          Show the whole line
        </button>
      )}
    </>
  );
}

function Group(props: {
  readonly title: string;
  readonly labels: Labels;
  onFilter(name: string, value: string, filter: Filter): void;
}) {
  const { title, labels, onFilter } = props;
  const entries = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return null;
  return (
    <table class="log-group">
      <caption>{title}</caption>
      <tbody>
        {entries.map(([name, value]) => (
          <tr key={name}>
            <td class="log-filters">
              <button
                type="button"
                class="quiet"
                aria-label={`Only lines with ${name} ${value}`}
                title="Only lines with this value"
                onClick={() => onFilter(name, value, 'for')}
              >
                +
              </button>
              <button
                type="button"
                class="quiet"
                aria-label={`No lines with ${name} ${value}`}
                title="No lines with this value"
                onClick={() => onFilter(name, value, 'out')}
              >
                −
              </button>
            </td>
            <th scope="row">{name}</th>
            <td>
              <FieldValue name={name} value={value} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function FieldValue({ name, value }: { readonly name: string; readonly value: string }) {
  const trace = isTraceIdField(name, value) ? findTraceId(value) : undefined;
  if (trace) return <a href={href(`/trace/${trace.traceId}`, rangeParams())}>{value}</a>;
  return <>{value}</>;
}
