/** Which branches of the tree are closed: those below a depth, but for what was opened or closed by hand. */

import { useEffect, useMemo, useState } from 'preact/hooks';
import type { SpanTree, TreeSpan } from './span-tree.ts';

export interface Branches {
  readonly isClosed: (row: TreeSpan) => boolean;
  toggle(row: TreeSpan): void;
  /** Opens what is above it. */
  reveal(row: number): void;
  /** Nothing was opened or closed by hand. */
  forget(): void;
}

/** Closed are branches below the address's depth, but for those that were turned by hand. */
export function useBranches(tree: SpanTree, depth: number): Branches {
  const [turned, setTurned] = useState<ReadonlySet<number>>(new Set());
  useEffect(() => setTurned(new Set()), [tree]);
  return useMemo(() => {
    const isClosed = (row: TreeSpan) => row.depth >= depth !== turned.has(row.index);
    const withTurned = (indexes: readonly number[]) => {
      const next = new Set(turned);
      for (const index of indexes) if (!next.delete(index)) next.add(index);
      setTurned(next);
    };
    return {
      isClosed,
      toggle: ({ index, childCount }) => childCount > 0 && withTurned([index]),
      reveal: (index) => {
        const closed: number[] = [];
        for (let at = tree.rows[index]!.parent; at >= 0; at = tree.rows[at]!.parent)
          if (isClosed(tree.rows[at]!)) closed.push(at);
        if (closed.length > 0) withTurned(closed);
      },
      forget: () => setTurned(new Set()),
    };
  }, [tree, depth, turned]);
}
