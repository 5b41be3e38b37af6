/** Structural operators between two sets of spans of one trace, given as byte masks over its spans. */

import type { Relation, StructuralOperator } from '../lang/traceql/ast.ts';
import { ROOT_PARENT, type SpanTree, UNCONNECTED } from './span-tree.ts';

/** The mask of the result. */
export function structural(op: StructuralOperator, tree: SpanTree, a: Uint8Array, b: Uint8Array): Uint8Array {
  const mode = op[0] === '!' || op[0] === '&' ? op[0] : '';
  const relation = (mode === '' ? op : op.slice(1)) as Relation;
  const related = relate(relation, tree, a, b);
  if (mode === '!') {
    for (let i = 0; i < b.length; i++) related[i] = b[i]! & ~related[i]! & 1;
  } else if (mode === '&') {
    const others = relate(INVERSE[relation], tree, b, a);
    for (let i = 0; i < related.length; i++) related[i] = related[i]! | others[i]!;
  }
  return related;
}

const INVERSE: Readonly<Record<Relation, Relation>> = {
  '>': '<',
  '<': '>',
  '>>': '<<',
  '<<': '>>',
  '~': '~',
};

/** The spans of `b` that stand in the relation to some span of `a`. */
function relate(relation: Relation, tree: SpanTree, a: Uint8Array, b: Uint8Array): Uint8Array {
  const { parents } = tree;
  const n = b.length;
  const out = new Uint8Array(n);
  switch (relation) {
    case '>':
      for (let i = 0; i < n; i++) if (b[i] && parents[i]! >= 0) out[i] = a[parents[i]!]!;
      return out;
    case '<':
      for (let i = 0; i < n; i++) if (a[i] && parents[i]! >= 0) out[parents[i]!] = b[parents[i]!]!;
      return out;
    case '>>':
      for (let i = 0; i < n; i++) {
        if (!b[i] || parents[i] === UNCONNECTED) continue;
        for (let up = parents[i]!; up >= 0; up = parents[up]!) {
          if (a[up]) {
            out[i] = 1;
            break;
          }
        }
      }
      return out;
    case '<<': {
      const visited = new Uint8Array(n);
      for (let i = 0; i < n; i++) {
        if (!a[i] || parents[i] === UNCONNECTED) continue;
        for (let up = parents[i]!; up >= 0 && !visited[up]; up = parents[up]!) {
          visited[up] = 1;
          out[up] = b[up]!;
        }
      }
      return out;
    }
    default:
      return siblings(parents, a, b, out);
  }
}

function siblings(parents: Int32Array, a: Uint8Array, b: Uint8Array, out: Uint8Array): Uint8Array {
  const n = b.length;
  // Slot n counts the roots, which are siblings of each other.
  const counts = new Uint32Array(n + 1);
  const slot = (i: number) => (parents[i] === ROOT_PARENT ? n : parents[i]!);
  for (let i = 0; i < n; i++) if (a[i] && parents[i] !== UNCONNECTED) counts[slot(i)]!++;
  for (let i = 0; i < n; i++) {
    if (b[i] && parents[i] !== UNCONNECTED) out[i] = counts[slot(i)]! - a[i]! > 0 ? 1 : 0;
  }
  return out;
}
