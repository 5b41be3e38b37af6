/**
 * Traces, one at a time, as columns: what the encoder writes and what reading back expects. Ids are random in every
 * bit, times have nanoseconds, and which calls of its shape a request makes is drawn anew.
 */

import { Random, seedOf, textSeed } from '../random.ts';
import type { Cast, Shape, ShapeSpan } from './cast.ts';

const NS_PER_MS = 1e6;
/** Of the spans without children this share fails; a failure reaches the caller more often than not. */
const FAILURE_CHANCE = 0.006;
const FAILURE_SPREADS = 0.75;
const DURATION_SIGMA = 0.6;
/** One request in so many takes far longer. */
const SLOW_CHANCE = 0.01;
const SLOW_FACTOR = 20;

export class TraceMaker {
  readonly #cast: Cast;
  readonly #random: Random;
  /** Numbers for what an encoder adds to the spans; apart, so that the traces are the same whoever reads them. */
  readonly random: Random;
  #shape!: Shape;
  /** Spans of the trace that was made last. */
  count = 0;
  /** The trace id as four words, a span's as two. */
  readonly traceId = new Uint32Array(4);
  spanIds = new Uint32Array(128);
  /** Per span: which of its shape, the parent's index in these columns (-1: none), begin after the trace's start, duration. */
  shapeSpans: ShapeSpan[] = [];
  parents = new Int32Array(64);
  beginNs = new Float64Array(64);
  durationNs = new Float64Array(64);
  failed = new Uint8Array(64);

  /** Two runs have different traces, whatever their seed: ids that came again would be merged, or counted twice. */
  constructor(cast: Cast, seed: number, run: string) {
    this.#cast = cast;
    const own = seedOf(seed, textSeed(run));
    this.#random = new Random(seedOf(own, 0x7ace));
    this.random = new Random(seedOf(own, 0xa77));
  }

  next(): void {
    const random = this.#random;
    this.#shape = random.pick(this.#cast.shapes);
    const { spans, medianMs } = this.#shape;
    // An id of zeros would be refused; it cannot come up with the first word's top bit set, which costs one random bit.
    this.traceId[0] = random.u32() | 0x80000000;
    for (let i = 1; i < 4; i++) this.traceId[i] = random.u32();
    let rootNs = medianMs * NS_PER_MS * Math.exp(DURATION_SIGMA * random.normal());
    if (random.chance(SLOW_CHANCE)) rootNs *= SLOW_FACTOR;
    // Where a shape's span went in this trace's columns.
    const placed = new Int32Array(spans.length);
    let n = 0;
    for (let s = 0; s < spans.length; s++) {
      const span = spans[s]!;
      if (!random.chance(span.chance)) {
        s += span.size - 1;
        continue;
      }
      if (n === this.parents.length) this.#grow();
      const parent = span.parent < 0 ? -1 : placed[span.parent]!;
      const outerBegin = parent < 0 ? 0 : this.beginNs[parent]!;
      const outerNs = parent < 0 ? rootNs : this.durationNs[parent]!;
      placed[s] = n;
      this.shapeSpans[n] = span;
      this.parents[n] = parent;
      this.beginNs[n] = Math.floor(outerBegin + outerNs * span.begins * (0.9 + 0.2 * random.next()));
      this.durationNs[n] = 1 + Math.floor(outerNs * span.takes * (0.7 + 0.3 * random.next()));
      this.spanIds[2 * n] = random.u32() | 0x80000000;
      this.spanIds[2 * n + 1] = random.u32();
      n++;
    }
    this.count = n;
    this.#fail(n);
  }

  /** Failures go from the leaves up; pre-order makes that one pass backwards. */
  #fail(n: number): void {
    const random = this.#random;
    const { failed, parents } = this;
    failed.fill(0, 0, n);
    for (let i = n - 1; i >= 0; i--) {
      const isLeaf = i === n - 1 || parents[i + 1] !== i;
      if (isLeaf && random.chance(FAILURE_CHANCE)) failed[i] = 1;
      const parent = parents[i]!;
      if (failed[i] === 1 && parent >= 0 && random.chance(FAILURE_SPREADS)) failed[parent] = 1;
    }
  }

  #grow(): void {
    const n = this.parents.length * 2;
    this.parents = grown(this.parents, new Int32Array(n));
    this.beginNs = grown(this.beginNs, new Float64Array(n));
    this.durationNs = grown(this.durationNs, new Float64Array(n));
    this.failed = grown(this.failed, new Uint8Array(n));
    this.spanIds = grown(this.spanIds, new Uint32Array(n * 2));
  }

  traceIdHex(): string {
    let out = '';
    for (const word of this.traceId) out += word.toString(16).padStart(8, '0');
    return out;
  }

  spanIdHex(index: number): string {
    const high = this.spanIds[2 * index]!.toString(16).padStart(8, '0');
    return high + this.spanIds[2 * index + 1]!.toString(16).padStart(8, '0');
  }
}

function grown<T extends Int32Array | Float64Array | Uint8Array | Uint32Array>(from: T, into: T): T {
  into.set(from as never);
  return into;
}
