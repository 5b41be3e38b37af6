/**
 * Drain (He et al., ICWS 2017), as the original has it: a tree of fixed depth whose branches are the number of tokens,
 * then the tokens themselves, leads to the few clusters that a line may belong to; the most similar takes it, or it
 * founds one. Tokens with numbers in them are likely to vary and share a branch.
 */

import { Cluster } from './cluster.ts';
import { type LineFormat, TOKENIZERS } from './line-format.ts';
import { PLACEHOLDER, type Tokenizer, Tokens } from './tokens.ts';

/** Tokens that the tree looks at. The original's depth of 30, less the root, the count and the leaf. */
const DEPTH = 27;
/** A line belongs to a cluster where this share of its tokens is equal. The original's. */
const SIMILARITY = 0.3;
/** Branches of a node; what is beyond shares one. The original's. */
const BRANCHES_MAX = 15;
/** Clusters that a miner keeps; the one not seen for longest makes room for a new one. The original's. */
const CLUSTERS_MAX = 300;
/**
 * Clusters that a miner ever makes, so that lines without any likeness do not keep it founding them; lines that belong to
 * none are then not counted. (The original pauses for ten minutes when it evicts too much.)
 */
const FOUNDED_MAX = 4 * CLUSTERS_MAX;

/** A branch of the tree: tokens' hashes and where they lead. */
class Node {
  readonly hashes: number[] = [];
  readonly nodes: Node[] = [];
  clusters: Cluster[] = [];

  get(hash: number): Node | undefined {
    const at = this.hashes.indexOf(hash);
    return at < 0 ? undefined : this.nodes[at];
  }

  add(hash: number): Node {
    const node = new Node();
    this.hashes.push(hash);
    this.nodes.push(node);
    return node;
  }
}

/** What all miners of a query may take together. */
export interface MinerRoom {
  /** Takes a cluster in; false where there is no room for it. */
  admit(cluster: Cluster): boolean;
}

export class PatternMiner {
  readonly format: LineFormat;
  readonly #tokenizer: Tokenizer;
  readonly #tokens = new Tokens();
  readonly #room: MinerRoom;
  /** By number of tokens. */
  readonly #roots: (Node | undefined)[] = [];
  readonly #live: Cluster[] = [];
  /** Evicted with so many lines that they may be in the answer. */
  readonly #retired: Cluster[] = [];
  readonly #retireLines: number;
  #founded = 0;
  #lines = 0;

  /** Clusters of `retireLines` lines are not lost when they are evicted. */
  constructor(format: LineFormat, room: MinerRoom, retireLines: number) {
    this.format = format;
    this.#tokenizer = TOKENIZERS[format];
    this.#room = room;
    this.#retireLines = retireLines;
  }

  /** Counts the line `bytes[start, end)` at `step`; the cluster that has it, or undefined where it has no pattern. */
  add(bytes: Uint8Array, start: number, end: number, step: number): Cluster | undefined {
    const tokens = this.#tokens;
    if (!this.#tokenizer(bytes, start, end, tokens)) return undefined;
    let cluster = this.#search(tokens);
    if (cluster) cluster.absorb(tokens);
    else cluster = this.#found(tokens);
    if (!cluster) return undefined;
    cluster.count(step);
    cluster.lastSeen = ++this.#lines;
    return cluster;
  }

  /** In no order. */
  clusters(): Cluster[] {
    return [...this.#live, ...this.#retired];
  }

  #search(tokens: Tokens): Cluster | undefined {
    let node = this.#roots[tokens.count];
    const depth = Math.min(DEPTH, tokens.count - 1);
    const { hashes } = tokens;
    for (let d = 0; node !== undefined && d < depth; d++)
      node = node.get(hashes[d]!) ?? node.get(PLACEHOLDER);
    return node && mostSimilar(node.clusters, tokens);
  }

  #found(tokens: Tokens): Cluster | undefined {
    if (this.#founded >= FOUNDED_MAX) return undefined;
    const cluster = new Cluster(tokens);
    if (!this.#room.admit(cluster)) return undefined;
    this.#founded++;
    if (this.#live.length >= CLUSTERS_MAX) this.#evict();
    this.#live.push(cluster);
    const leaf = this.#leafFor(cluster);
    leaf.clusters = leaf.clusters.filter((other) => !other.evicted);
    leaf.clusters.push(cluster);
    return cluster;
  }

  #evict(): void {
    let oldest = 0;
    const live = this.#live;
    for (let i = 1; i < live.length; i++) if (live[i]!.lastSeen < live[oldest]!.lastSeen) oldest = i;
    const cluster = live[oldest]!;
    live[oldest] = live.at(-1)!;
    live.pop();
    cluster.evicted = true;
    if (cluster.lines >= this.#retireLines) this.#retired.push(cluster);
  }

  #leafFor(cluster: Cluster): Node {
    const { tokenCount, hashes } = cluster;
    let node = (this.#roots[tokenCount] ??= new Node());
    const depth = Math.min(DEPTH, tokenCount - 1);
    for (let d = 0; d < depth; d++) {
      const exact = node.get(hashes[d]!);
      node = exact ?? branch(node, cluster, d);
    }
    return node;
  }
}

/** The branch for a token that has none of its own yet. The last one that fits in is for all others. */
function branch(node: Node, cluster: Cluster, d: number): Node {
  const others = node.get(PLACEHOLDER);
  const hash = cluster.hashes[d]!;
  const own = hash !== PLACEHOLDER && !cluster.tokenHasNumber(d);
  const room = node.nodes.length + (others ? 0 : 1) < BRANCHES_MAX;
  if (own && room) return node.add(hash);
  return others ?? node.add(PLACEHOLDER);
}

/** The one with most equal tokens, of equal ones that with most placeholders; undefined where none is similar enough. */
function mostSimilar(clusters: readonly Cluster[], tokens: Tokens): Cluster | undefined {
  let best: Cluster | undefined;
  let bestEqual = -1;
  for (const cluster of clusters) {
    if (cluster.evicted) continue;
    const equal = cluster.equalTokens(tokens);
    if (equal < bestEqual) continue;
    if (best && equal === bestEqual && cluster.placeholders <= best.placeholders) continue;
    best = cluster;
    bestEqual = equal;
  }
  return bestEqual / tokens.count >= SIMILARITY ? best : undefined;
}
