/** What went wrong with a query: the server's words, and the place in the query that they speak of. Warnings, too. */

import { Problem } from '../../parts/states.tsx';
import { markedFault } from './query-fault.ts';

export function QueryProblem({ error, expr }: { readonly error: Error; readonly expr: string }) {
  const marked = markedFault(error.message, expr);
  if (!marked) return <Problem error={error} what="The query failed" />;
  const { message, before, word, behind } = marked;
  return (
    <div class="state problem" role="alert">
      <p class="state-title">The query cannot be read</p>
      <pre>{message}</pre>
      <pre class="query-line">
        {before}
        <mark>{word || ' '}</mark>
        {behind}
      </pre>
    </div>
  );
}

/** Of an answer that is there all the same. */
export function Notices(props: {
  readonly warnings?: readonly string[] | undefined;
  readonly infos?: readonly string[] | undefined;
}) {
  const { warnings = [], infos = [] } = props;
  if (warnings.length + infos.length === 0) return null;
  return (
    <ul class="notices">
      {warnings.map((text) => (
        <li key={text}>
          <span class="badge warn">warning</span> {text}
        </li>
      ))}
      {infos.map((text) => (
        <li key={text}>
          <span class="badge">info</span> {text}
        </li>
      ))}
    </ul>
  );
}
