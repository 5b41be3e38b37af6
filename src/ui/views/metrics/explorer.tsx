/** The metrics that there are, by name, with type and help; a click asks a query that makes sense of one. */

import { useState } from 'preact/hooks';
import { useLoad } from '../../api/use-load.ts';
import { Empty, Loading, Problem } from '../../parts/states.tsx';
import { useTime } from '../../time/use-time.ts';
import { familyOf, type MetricFamily, sensibleQuery } from './metric-family.ts';
import { metricFamilies, searchMetrics } from './metric-source.ts';
import { NothingStored } from './no-data.tsx';

const SHOWN_FIRST = 100;
/** So many may be asked for at most. */
const SHOWN_MAX = 10_000;

export function Explorer({
  onChoose,
  isStart = false,
}: {
  onChoose(expr: string): void;
  readonly isStart?: boolean;
}) {
  const { startMs, endMs } = useTime();
  const [word, setWord] = useState('');
  const [limit, setLimit] = useState(SHOWN_FIRST);
  const found = useLoad(
    () => searchMetrics({ startMs, endMs }, word.trim(), limit),
    [word, limit, startMs, endMs],
  );
  const families = useLoad(metricFamilies, []);
  const names = found.data?.names ?? [];
  const isEmpty = found.data !== undefined && !found.loading && names.length === 0;
  if (isEmpty && word === '') return <NothingStored />;
  return (
    <div class="drawer">
      <div class="row">
        {isStart && <h2>Which metric?</h2>}
        <input
          type="search"
          class="explorer-search"
          aria-label="Search metrics"
          placeholder="Search metrics by name"
          value={word}
          onInput={(event) => {
            setWord(event.currentTarget.value);
            setLimit(SHOWN_FIRST);
          }}
        />
      </div>
      {found.error && <Problem error={found.error} what="The metrics could not be listed" />}
      {!found.error && found.data === undefined && <Loading />}
      {isEmpty && <Empty title={`No metric in this range is called anything like “${word}”`} />}
      {names.length > 0 && (
        <div class="scroll">
          <table class="explorer">
            <thead>
              <tr>
                <th scope="col">Metric</th>
                <th scope="col">Type</th>
                <th scope="col">Help</th>
              </tr>
            </thead>
            <tbody>
              {names.map((name) => (
                <Row key={name} name={name} families={families.data} onChoose={onChoose} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {found.data?.hasMore && limit < SHOWN_MAX && (
        <button type="button" onClick={() => setLimit(Math.min(SHOWN_MAX, limit * 5))}>
          Show more
        </button>
      )}
    </div>
  );
}

const NONE: ReadonlyMap<string, MetricFamily> = new Map();

function Row(props: {
  readonly name: string;
  readonly families: ReadonlyMap<string, MetricFamily> | undefined;
  onChoose(expr: string): void;
}) {
  const { name, families, onChoose } = props;
  const family = familyOf(name, families ?? NONE);
  const expr = sensibleQuery(name, family);
  return (
    <tr>
      <td>
        <button type="button" class="link" title={expr} onClick={() => onChoose(expr)}>
          {name}
        </button>
      </td>
      <td>{family.type !== '' && <span class="badge">{family.type}</span>}</td>
      <td class="faint">
        {family.help}
        {family.unit !== '' && ` (${family.unit})`}
      </td>
    </tr>
  );
}
