/** The fields that lines of the query have: their types, how many values each has, and the most frequent ones. */

import { useState } from 'preact/hooks';
import { detectedFields, detectedFieldValues, queryVector } from '../../api/loki.ts';
import type { DetectedField } from '../../api/loki-data.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCount } from '../../format/number.ts';
import { setParams } from '../../location.ts';
import { Empty, Loading, Problem, Shown } from '../../parts/states.tsx';
import type { Bounds } from '../../time/range.ts';
import { topValuesQuery } from './field-query.ts';
import { type Filter, withFieldFilter } from './logql-edit.ts';

const TOP_VALUES = 10;

export function Fields({ query, bounds }: { readonly query: string; readonly bounds: Bounds }) {
  const [open, setOpen] = useState<string>();
  const loaded = useLoad((signal) => detectedFields(query, bounds, signal), [query, bounds]);
  return (
    <Shown loaded={loaded} what="Fields cannot be had">
      {(fields) =>
        fields.length === 0 ? (
          <Empty title="No fields">
            <p>The newest lines have no structured metadata, and are neither JSON nor logfmt.</p>
          </Empty>
        ) : (
          <div class="scroll">
            <p class="faint">Of the newest lines of the query. Unfold one for its most frequent values.</p>
            <table class="logs-fields">
              <thead>
                <tr>
                  <th>Field</th>
                  <th>Type</th>
                  <th>Found by</th>
                  <th class="number">Values</th>
                </tr>
              </thead>
              <tbody>
                {fields
                  .toSorted((a, b) => (a.label < b.label ? -1 : 1))
                  .map((field) => (
                    <FieldRows
                      key={field.label}
                      field={field}
                      query={query}
                      bounds={bounds}
                      isOpen={open === field.label}
                      onToggle={() => setOpen(open === field.label ? undefined : field.label)}
                    />
                  ))}
              </tbody>
            </table>
          </div>
        )
      }
    </Shown>
  );
}

interface FieldProps {
  readonly field: DetectedField;
  readonly query: string;
  readonly bounds: Bounds;
}

function FieldRows(props: FieldProps & { readonly isOpen: boolean; onToggle(): void }) {
  const { field, isOpen, onToggle } = props;
  const { label, type, parsers, cardinality } = field;
  return (
    <>
      <tr>
        <td>
          <button type="button" class="quiet" aria-expanded={isOpen} onClick={onToggle}>
            <code>{label}</code>
          </button>
        </td>
        <td>{type}</td>
        <td>{parsers === null || parsers.length === 0 ? 'metadata' : parsers.join(', ')}</td>
        <td class="number">{formatCount(cardinality)}</td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={4}>
            <TopValues {...props} />
          </td>
        </tr>
      )}
    </>
  );
}

interface FieldValue {
  readonly value: string;
  /** Undefined where it could not be counted. */
  readonly count?: number;
}

function TopValues({ field, query, bounds }: FieldProps) {
  const { data, error } = useLoad(
    (signal) => topValues(field, query, bounds, signal),
    [field.label, query, bounds],
  );
  if (error) return <Problem error={error} what="Its values cannot be had" />;
  if (!data) return <Loading />;
  const most = Math.max(1, ...data.map(({ count }) => count ?? 0));
  const filter = (value: string, which: Filter) =>
    setParams({
      q: withFieldFilter(query, field.label, value, which, field.parsers?.[0]),
      tab: undefined,
    });
  return (
    <ul class="logs-top">
      {data.map(({ value, count }) => (
        <li key={value}>
          <button
            type="button"
            aria-label={`Only lines with ${field.label} ${value}`}
            onClick={() => filter(value, 'for')}
          >
            +
          </button>
          <button
            type="button"
            aria-label={`No lines with ${field.label} ${value}`}
            onClick={() => filter(value, 'out')}
          >
            −
          </button>
          <span class="logs-value">{value}</span>
          {count !== undefined && (
            <>
              <span class="logs-bar" aria-hidden="true">
                <i style={{ width: `${(100 * count) / most}%` }} />
              </span>
              <span class="logs-size">{formatCount(count)}</span>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

/** With counts, over all lines of the range; where that is too much, of the newest lines and without. */
async function topValues(
  { label, parsers }: DetectedField,
  query: string,
  bounds: Bounds,
  signal: AbortSignal,
): Promise<readonly FieldValue[]> {
  try {
    const counting = topValuesQuery(query, label, parsers?.[0], bounds, TOP_VALUES);
    const counted = await queryVector(counting, bounds.endMs, signal);
    return counted
      .map(({ metric, value }) => ({ value: metric[label] ?? '', count: Number(value?.[1] ?? 0) }))
      .toSorted((a, b) => b.count - a.count);
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    const values = await detectedFieldValues(label, query, bounds, signal);
    return values.slice(0, TOP_VALUES).map((value) => ({ value }));
  }
}
