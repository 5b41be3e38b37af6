/** The answer at the end of the range, as a table that can be sorted, with a column per label on demand. */

import { useMemo, useState } from 'preact/hooks';
import { labelsText } from '../../../model/correlate/labels.ts';
import { query } from '../../api/prometheus.ts';
import type { QueryAnswer, SamplePoint } from '../../api/prometheus-data.ts';
import { useLoad } from '../../api/use-load.ts';
import { formatCount } from '../../format/number.ts';
import { formatMoment } from '../../format/time.ts';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Loading } from '../../parts/states.tsx';
import { useCapped } from '../../parts/use-capped.tsx';
import type { Bounds } from '../../time/range.ts';
import { useTime } from '../../time/use-time.ts';
import type { TabProps } from './graph-tab.tsx';
import { HistogramCell } from './histogram-cell.tsx';
import { NoData } from './no-data.tsx';
import { fixedLabels } from './promql-context.ts';
import { Notices, QueryProblem } from './query-problem.tsx';
import { around, SeriesCard } from './series-card.tsx';
import {
  BY_SERIES,
  BY_VALUE,
  labelColumns,
  type Sorting,
  sorted,
  type TableRow,
  tableRows,
  tableText,
} from './table-rows.ts';

/** More rows than this at once make a page slow. */
const ROWS_STEP = 250;

export function TableTab({ panel, onChange }: TabProps) {
  const { startMs, endMs } = useTime();
  const { expr, hasColumns } = panel;
  const loaded = useLoad(
    async (signal) => {
      const askedAt = performance.now();
      const answer = await query(expr, endMs, signal);
      return { answer, rows: tableRows(answer.data), tookMs: performance.now() - askedAt };
    },
    [expr, endMs],
  );
  if (loaded.error) return <QueryProblem error={loaded.error} expr={expr} />;
  if (!loaded.data) return <Loading />;
  const { answer, rows, tookMs } = loaded.data;
  const { warnings, infos } = answer;
  return (
    <div class={loaded.loading ? 'is-stale' : ''}>
      <div class="row graph-bar">
        <label class="check">
          <input
            type="checkbox"
            checked={hasColumns}
            onChange={(event) => onChange({ hasColumns: event.currentTarget.checked })}
          />
          Labels as columns
        </label>
        {rows.length > 0 && <CopyButton text={tableText(rows)} what="table" />}
        <span class="grow" />
        <span class="facts">
          {formatCount(rows.length)} series · at {formatMoment(endMs)} · {formatCount(tookMs)} ms
        </span>
      </div>
      <Notices warnings={warnings} infos={infos} />
      <Result answer={answer} rows={rows} expr={expr} hasColumns={hasColumns} bounds={{ startMs, endMs }} />
    </div>
  );
}

interface ResultProps {
  readonly answer: QueryAnswer;
  readonly rows: readonly TableRow[];
  readonly expr: string;
  readonly hasColumns: boolean;
  readonly bounds: Bounds;
}

function Result(props: ResultProps) {
  const { data } = props.answer;
  if (data.resultType === 'scalar' || data.resultType === 'string') {
    return (
      <p class="single-value">
        <span class="badge">{data.resultType}</span> <b>{data.result[1]}</b>
      </p>
    );
  }
  return props.rows.length === 0 ? <NoData {...props.bounds} /> : <SeriesTable {...props} />;
}

function SeriesTable({ rows, expr, hasColumns, bounds }: ResultProps) {
  const [sorting, setSorting] = useState<Sorting>();
  const [opened, setOpened] = useState<TableRow>();
  const inOrder = useMemo(() => sorted(rows, sorting), [rows, sorting]);
  const columns = useMemo(() => (hasColumns ? labelColumns(rows) : []), [rows, hasColumns]);
  const { shown, more } = useCapped(inOrder, ROWS_STEP, 'series');
  const head = (by: string, name: string, isNumber = false) => (
    <SortHead key={by} by={by} name={name} isNumber={isNumber} sorting={sorting} onSort={setSorting} />
  );
  return (
    <>
      <div class="scroll">
        <table class="results">
          <thead>
            <tr>
              {hasColumns ? columns.map((name) => head(name, name)) : head(BY_SERIES, 'Series')}
              {head(BY_VALUE, 'Value', true)}
              <th scope="col" class="opens">
                <span class="unseen">More</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row, i) => (
              <Row
                key={i}
                row={row}
                columns={hasColumns ? columns : undefined}
                isOpen={row === opened}
                onOpen={() => setOpened(row === opened ? undefined : row)}
              >
                <SeriesCard
                  labels={row.labels}
                  jumpLabels={fixedLabels(expr)}
                  bounds={around(bounds.endMs, bounds)}
                  onClose={() => setOpened(undefined)}
                />
              </Row>
            ))}
          </tbody>
        </table>
      </div>
      {more}
    </>
  );
}

function SortHead(props: {
  readonly by: string;
  readonly name: string;
  readonly isNumber: boolean;
  readonly sorting: Sorting | undefined;
  onSort(sorting: Sorting | undefined): void;
}) {
  const { by, name, isNumber, sorting, onSort } = props;
  const own = sorting?.by === by ? sorting : undefined;
  // Numbers are asked for the largest first; the third click is the answer's own order again.
  const next = own
    ? own.isDescending === isNumber
      ? { by, isDescending: !isNumber }
      : undefined
    : { by, isDescending: isNumber };
  return (
    <th
      scope="col"
      class={isNumber ? 'number' : ''}
      aria-sort={own ? (own.isDescending ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" class="sort" onClick={() => onSort(next)}>
        {name}
        <span aria-hidden="true">{own ? (own.isDescending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
}

function Row(props: {
  readonly row: TableRow;
  readonly columns: readonly string[] | undefined;
  readonly isOpen: boolean;
  onOpen(): void;
  readonly children: preact.ComponentChildren;
}) {
  const { row, columns, isOpen, onOpen, children } = props;
  const name = labelsText(row.labels);
  return (
    <>
      <tr>
        {columns ? (
          columns.map((column) => <td key={column}>{row.labels[column] ?? ''}</td>)
        ) : (
          <td class="series-name">{name}</td>
        )}
        <td class="number">
          <Values row={row} />
        </td>
        <td class="opens">
          <button
            type="button"
            class="quiet"
            aria-expanded={isOpen}
            aria-label={`Open ${name}`}
            title="Labels, logs, traces"
            onClick={onOpen}
          >
            ⋯
          </button>
        </td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={(columns?.length ?? 1) + 2}>{children}</td>
        </tr>
      )}
    </>
  );
}

/** A range vector's samples beyond this are shown on demand. */
const SAMPLES_STEP = 20;

function Values({ row }: { readonly row: TableRow }) {
  const { values, histograms } = row;
  if (histograms.length > 0) return <HistogramCell histogram={histograms.at(-1)![1]} />;
  return values.length === 1 ? values[0]![1] : <Samples values={values} />;
}

function Samples({ values }: { readonly values: readonly SamplePoint[] }) {
  const { shown, more } = useCapped(values, SAMPLES_STEP, 'samples');
  return (
    <>
      {shown.map(([seconds, value]) => (
        <div key={seconds}>
          {value} <span class="faint">@ {formatMoment(seconds * 1000)}</span>
        </div>
      ))}
      {more}
    </>
  );
}
