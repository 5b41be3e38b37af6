/** A query as a tree of its parts. */

import { askJson } from '../../api/http.ts';
import { useLoad } from '../../api/use-load.ts';
import { Loading } from '../../parts/states.tsx';
import { type ExplainedNode, explained, type ParsedNode } from './explain-tree.ts';
import type { Panel } from './panels.ts';
import { QueryProblem } from './query-problem.tsx';

export function ExplainTab({ panel }: { readonly panel: Panel }) {
  const { expr } = panel;
  const loaded = useLoad(
    async (signal) =>
      explained((await askJson<{ data: ParsedNode }>('/api/v1/parse_query', { query: expr }, signal)).data),
    [expr],
  );
  if (loaded.error) return <QueryProblem error={loaded.error} expr={expr} />;
  if (!loaded.data) return <Loading />;
  return (
    <ul class="explain">
      <Node node={loaded.data} />
    </ul>
  );
}

function Node({ node }: { readonly node: ExplainedNode }) {
  return (
    <li>
      <span class="badge">{node.kind}</span> <code>{node.text}</code>
      {node.children.length > 0 && (
        <ul>
          {node.children.map((child, i) => (
            <Node key={i} node={child} />
          ))}
        </ul>
      )}
    </li>
  );
}
