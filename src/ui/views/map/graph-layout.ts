/**
 * Places the nodes of a directed graph in layers from left to right (after Sugiyama, Tagawa and Toda):
 *
 *   1. edges that close a circle are turned round for the time being
 *   2. a node's layer is one behind the last of its callers
 *   3. an edge over several layers gets a bend in each between
 *   4. within the layers the order follows the mean place of neighbours, to and fro, as long as fewer edges cross
 *   5. nodes move towards their neighbours as far as their distance allows
 *
 * The same graph always gets the same picture.
 */

export interface Link {
  readonly from: string;
  readonly to: string;
}

export interface LayoutSize {
  readonly nodeWidth: number;
  readonly nodeHeight: number;
  /** Between layers, and between nodes of one. */
  readonly gapX: number;
  readonly gapY: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  /** Upper left corners. */
  readonly places: ReadonlyMap<string, Point>;
  /** By the link's place: from node to node through its bends. Links of a node with itself have none. */
  readonly paths: readonly (readonly Point[])[];
  readonly width: number;
  readonly height: number;
}

/** Sweeps to and fro; pictures stop changing before. */
const SWEEPS = 12;
const MOVES = 8;
/** A bend needs less room than a node. */
const BEND_HEIGHT = 14;

interface Item {
  readonly layer: number;
  readonly isBend: boolean;
  readonly before: Item[];
  readonly after: Item[];
  order: number;
  y: number;
}

export function layered(names: readonly string[], links: readonly Link[], size: LayoutSize): Layout {
  const forward = withoutCircles(names, links);
  const layerOf = layersOf(names, forward);
  const items = new Map<string, Item>(names.map((name) => [name, item(layerOf.get(name)!, false)]));
  const chains = forward.map((link) => link && chain(items.get(link.from)!, items.get(link.to)!));
  const layers = inLayers([...items.values(), ...chains.flatMap((made) => made?.slice(1, -1) ?? [])]);
  orderLayers(layers);
  placeRows(layers, size);
  const heightOf = ({ isBend }: Item) => (isBend ? BEND_HEIGHT : size.nodeHeight);
  const all = layers.flat();
  const top = all.reduce((least, one) => Math.min(least, one.y), Number.POSITIVE_INFINITY);
  for (const one of all) one.y -= top;
  const xOf = ({ layer }: Item) => layer * (size.nodeWidth + size.gapX);
  const middle = (one: Item) => one.y + heightOf(one) / 2;
  const points = (made: readonly Item[]): Point[] =>
    made.flatMap((one, i) => {
      if (i === 0) return [{ x: xOf(one) + size.nodeWidth, y: middle(one) }];
      if (i === made.length - 1) return [{ x: xOf(one), y: middle(one) }];
      // Straight past the nodes of its layer.
      return [
        { x: xOf(one), y: middle(one) },
        { x: xOf(one) + size.nodeWidth, y: middle(one) },
      ];
    });
  return {
    places: new Map([...items].map(([name, one]) => [name, { x: xOf(one), y: one.y }])),
    paths: chains.map((made, i) => {
      if (!made) return [];
      return forward[i]!.isTurned ? points(made).reverse() : points(made);
    }),
    width: Math.max(0, layers.length * (size.nodeWidth + size.gapX) - size.gapX),
    height: all.reduce((most, one) => Math.max(most, one.y + heightOf(one)), 0),
  };
}

function item(layer: number, isBend: boolean): Item {
  return { layer, isBend, before: [], after: [], order: 0, y: 0 };
}

interface ForwardLink extends Link {
  readonly isTurned: boolean;
}

/** Links that lead back to a node on the way to it are turned; those of a node with itself are undefined. */
function withoutCircles(names: readonly string[], links: readonly Link[]): (ForwardLink | undefined)[] {
  const out = new Map<string, number[]>(names.map((name) => [name, []]));
  const called = new Set<string>();
  links.forEach(({ from, to }, i) => {
    if (from === to) return;
    out.get(from)!.push(i);
    called.add(to);
  });
  const state = new Map<string, 'open' | 'done'>();
  const turned = new Set<number>();
  // From those whom nobody calls, so that what turns is rather an answer than a question.
  const starts = [...names].sort((a, b) => Number(called.has(a)) - Number(called.has(b)));
  for (const start of starts) {
    if (state.has(start)) continue;
    const stack = [{ name: start, next: 0 }];
    state.set(start, 'open');
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const link = out.get(top.name)![top.next++];
      if (link === undefined) {
        state.set(top.name, 'done');
        stack.pop();
        continue;
      }
      const { to } = links[link]!;
      if (state.get(to) === 'open') turned.add(link);
      else if (!state.has(to)) {
        state.set(to, 'open');
        stack.push({ name: to, next: 0 });
      }
    }
  }
  return links.map(({ from, to }, i) => {
    if (from === to) return undefined;
    return turned.has(i) ? { from: to, to: from, isTurned: true } : { from, to, isTurned: false };
  });
}

function layersOf(names: readonly string[], links: readonly (Link | undefined)[]): Map<string, number> {
  const waiting = new Map<string, number>(names.map((name) => [name, 0]));
  const after = new Map<string, string[]>(names.map((name) => [name, []]));
  for (const link of links) {
    if (!link) continue;
    waiting.set(link.to, waiting.get(link.to)! + 1);
    after.get(link.from)!.push(link.to);
  }
  const layers = new Map<string, number>();
  const ready = names.filter((name) => waiting.get(name) === 0);
  for (const name of ready) layers.set(name, 0);
  while (ready.length > 0) {
    const name = ready.shift()!;
    for (const next of after.get(name)!) {
      layers.set(next, Math.max(layers.get(next) ?? 0, layers.get(name)! + 1));
      const left = waiting.get(next)! - 1;
      waiting.set(next, left);
      if (left === 0) ready.push(next);
    }
  }
  return layers;
}

/** From one end to the other, with a bend in every layer between. */
function chain(from: Item, to: Item): Item[] {
  const made = [from];
  for (let layer = from.layer + 1; layer < to.layer; layer++) made.push(item(layer, true));
  made.push(to);
  for (let i = 1; i < made.length; i++) {
    made[i - 1]!.after.push(made[i]!);
    made[i]!.before.push(made[i - 1]!);
  }
  return made;
}

function inLayers(items: readonly Item[]): Item[][] {
  const layers: Item[][] = [];
  for (const one of items) {
    const layer = (layers[one.layer] ??= []);
    one.order = layer.length;
    layer.push(one);
  }
  return layers;
}

function orderLayers(layers: Item[][]): void {
  let best = crossings(layers);
  let kept = layers.map((layer) => [...layer]);
  for (let sweep = 0; sweep < SWEEPS && best > 0; sweep++) {
    const isForth = sweep % 2 === 0;
    for (const layer of isForth ? layers : layers.toReversed()) {
      const means = new Map(layer.map((one) => [one, mean(isForth ? one.before : one.after, one.order)]));
      layer.sort((a, b) => means.get(a)! - means.get(b)! || a.order - b.order);
      layer.forEach((one, i) => {
        one.order = i;
      });
    }
    const now = crossings(layers);
    if (now < best) [best, kept] = [now, layers.map((layer) => [...layer])];
  }
  layers.forEach((layer, i) => {
    layer.splice(0, layer.length, ...kept[i]!);
    layer.forEach((one, place) => {
      one.order = place;
    });
  });
}

function mean(neighbours: readonly Item[], fallback: number): number {
  if (neighbours.length === 0) return fallback;
  return neighbours.reduce((sum, { order }) => sum + order, 0) / neighbours.length;
}

function crossings(layers: readonly (readonly Item[])[]): number {
  let count = 0;
  for (const layer of layers) {
    const ends = layer.flatMap((one) => one.after.map(({ order }) => [one.order, order] as const));
    for (let i = 0; i < ends.length; i++)
      for (let j = i + 1; j < ends.length; j++)
        if ((ends[i]![0] - ends[j]![0]) * (ends[i]![1] - ends[j]![1]) < 0) count++;
  }
  return count;
}

/** Heights: at first one below the other, then each as near to the middle of its neighbours as there is room. */
function placeRows(layers: readonly (readonly Item[])[], { nodeHeight, gapY }: LayoutSize): void {
  const room = ({ isBend }: Item) => (isBend ? BEND_HEIGHT : nodeHeight) + gapY;
  for (const layer of layers) {
    let y = 0;
    for (const one of layer) {
      one.y = y;
      y += room(one);
    }
  }
  const middle = (one: Item) => one.y + (room(one) - gapY) / 2;
  for (let move = 0; move < MOVES; move++) {
    for (const layer of move % 2 === 0 ? layers : layers.toReversed()) {
      const wanted = layer.map((one) => {
        const near = [...one.before, ...one.after];
        if (near.length === 0) return one.y;
        return near.reduce((sum, other) => sum + middle(other), 0) / near.length - (room(one) - gapY) / 2;
      });
      settle(layer, wanted, room);
    }
  }
}

/** Blocks of nodes that would lie over each other move together to the mean of where they want to be. */
function settle(layer: readonly Item[], wanted: readonly number[], room: (one: Item) => number): void {
  const blocks: { from: number; count: number; sum: number; y: number; height: number }[] = [];
  layer.forEach((one, i) => {
    let block = { from: i, count: 1, sum: wanted[i]!, y: wanted[i]!, height: room(one) };
    for (;;) {
      const last = blocks.at(-1);
      if (!last || last.y + last.height <= block.y) break;
      blocks.pop();
      const sum = last.sum + block.sum - block.count * last.height;
      const count = last.count + block.count;
      block = { from: last.from, count, sum, y: sum / count, height: last.height + block.height };
    }
    blocks.push(block);
  });
  for (const { from, count, y } of blocks) {
    let at = y;
    for (let i = from; i < from + count; i++) {
      layer[i]!.y = at;
      at += room(layer[i]!);
    }
  }
}
