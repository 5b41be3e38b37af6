/** Why a query was refused, with the place in it that the server complains of. */

import { ApiError } from '../../api/http.ts';
import { Problem } from '../../parts/states.tsx';
import { faultPlace } from './found-traces.ts';

export function QueryFault({ q, error }: { readonly q: string; readonly error: Error }) {
  const isRefused = error instanceof ApiError && error.status === 400;
  const place = isRefused ? faultPlace(error.message) : undefined;
  const line = place && q.split('\n')[place.line - 1];
  return (
    <>
      <Problem error={error} what={isRefused ? 'The query cannot be read' : 'The search did not work'} />
      {place && line !== undefined && (
        <pre class="panel query-fault">
          {line.slice(0, place.column - 1)}
          <mark>{line.slice(place.column - 1, place.column) || ' '}</mark>
          {line.slice(place.column)}
        </pre>
      )}
    </>
  );
}
