/** Queries that were run here before. */

import { useState } from 'preact/hooks';
import { Empty } from '../../parts/states.tsx';
import { forgetQueries, queryHistory } from './query-history.ts';

export function HistoryList({ onChoose }: { onChoose(expr: string): void }) {
  const [queries, setQueries] = useState(queryHistory);
  if (queries.length === 0) {
    return (
      <Empty title="No queries yet">
        <p>Queries that you run are kept here, in this browser.</p>
      </Empty>
    );
  }
  const forget = () => {
    forgetQueries();
    setQueries([]);
  };
  return (
    <div class="drawer">
      <ul class="history">
        {queries.map((query) => (
          <li key={query}>
            <button type="button" class="quiet" onClick={() => onChoose(query)}>
              <code>{query}</code>
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="quiet" onClick={forget}>
        Forget these
      </button>
    </div>
  );
}
