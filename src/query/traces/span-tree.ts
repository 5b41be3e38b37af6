/**
 * The tree of a trace and its nested-set numbers: a walk in depth gives every span a left number on the way down
 * and a right one on the way up, so that b is below a exactly if a.left < b.left < a.right. Spans without parent
 * id are roots. A span whose parent is not in the trace, and all below it, is not connected: numbers 0, no
 * structural relation.
 *
 * Two spans may share an id (a client and a server half, as Zipkin has them): a server span that names the id belongs to
 * the client half, any other to the server half; the halves are siblings where both name the same parent.
 */

export const ROOT_PARENT = -1;
export const UNCONNECTED = -2;

export interface SpanTree {
  /** Index of each span's parent, `ROOT_PARENT` or `UNCONNECTED`. */
  readonly parents: Int32Array;
  /** The same, but also of spans that do not hang together with a root; these may go round in a circle. */
  readonly claimed: Int32Array;
  readonly left: Uint32Array;
  readonly right: Uint32Array;
  readonly childCounts: Uint32Array;
}

/** What the tree needs to know of a trace's spans, which are numbered from 0. */
export interface TreeSpans {
  readonly count: number;
  /** Equal for equal span ids. */
  spanKey(i: number): string;
  /** Equal to the parent's `spanKey`. */
  parentKey(i: number): string;
  isRoot(i: number): boolean;
  isServer(i: number): boolean;
  isClient(i: number): boolean;
}

export function buildTree(view: TreeSpans): SpanTree {
  const n = view.count;
  const claimed = claimedParents(view);
  const children: number[][] = Array.from({ length: n }, () => []);
  const roots: number[] = [];
  const childCounts = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const parent = claimed[i]!;
    if (parent === ROOT_PARENT) roots.push(i);
    else if (parent >= 0) {
      children[parent]!.push(i);
      childCounts[parent]!++;
    }
  }
  const parents = new Int32Array(n).fill(UNCONNECTED);
  const left = new Uint32Array(n);
  const right = new Uint32Array(n);
  let number = 0;
  const path: number[] = [];
  const nextChild = new Uint32Array(n);
  for (const root of roots) {
    parents[root] = ROOT_PARENT;
    left[root] = ++number;
    path.push(root);
    while (path.length > 0) {
      const at = path[path.length - 1]!;
      const child = children[at]![nextChild[at]!++];
      if (child === undefined) {
        right[at] = ++number;
        path.pop();
      } else {
        parents[child] = at;
        left[child] = ++number;
        path.push(child);
      }
    }
  }
  return { parents, claimed, left, right, childCounts };
}

/** What each span says its parent is, connected to a root or not. */
function claimedParents(view: TreeSpans): Int32Array {
  const n = view.count;
  const claimed = new Int32Array(n).fill(UNCONNECTED);
  const byId = new Map<string, number>();
  /** The second span of a shared id, by the id. */
  const others = new Map<string, number>();
  for (let i = 0; i < n; i++) {
    const key = view.spanKey(i);
    if (!byId.has(key)) byId.set(key, i);
    else if (!others.has(key)) others.set(key, i);
    // Nobody can tell which of three is meant: the trace has no tree.
    else return claimed;
  }
  for (let i = 0; i < n; i++) {
    if (view.isRoot(i)) {
      claimed[i] = ROOT_PARENT;
      continue;
    }
    const key = view.parentKey(i);
    const first = byId.get(key);
    const second = others.get(key);
    const parent = first === undefined || second === undefined ? first : half(view, i, [first, second]);
    if (parent !== undefined && parent !== i) claimed[i] = parent;
  }
  return claimed;
}

/** Which of two spans with one id is the parent of span `i`. */
function half(view: TreeSpans, i: number, halves: readonly [number, number]): number | undefined {
  const isWanted = (h: number) => (view.isServer(i) ? view.isClient(h) : view.isServer(h));
  return halves.find(isWanted);
}
