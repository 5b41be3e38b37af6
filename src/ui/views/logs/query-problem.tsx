/** Why a query has no answer: the server's words, the place in the query, and what helps. */

import { queryFault } from './query-fault.ts';

export function QueryProblem({ error, query }: { readonly error: Error; readonly query: string }) {
  const { message, place, advice } = queryFault(error, query);
  return (
    <div class="state problem" role="alert">
      <p class="state-title">The query did not work</p>
      <pre>{message}</pre>
      {place && (
        <pre class="logs-fault">
          {place.before}
          <mark>{place.behind === '' ? ' ' : place.behind}</mark>
        </pre>
      )}
      {advice && <p>{advice}</p>}
    </div>
  );
}
