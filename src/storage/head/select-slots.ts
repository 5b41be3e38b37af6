/**
 * From matchers to slots: the matcher that the fewest series pass gives the candidates, out of the postings of the
 * pairs it accepts; the others are asked of each candidate, once per distinct pair. A generator, so that a selection
 * over a million series does not hold the front up: it may be left alone at each `yield`, while series are added but
 * none is evicted.
 */

import type { Matcher } from '../../model/matcher.ts';
import { SlotList } from './label-pairs.ts';
import type { SeriesIndex } from './series-index.ts';

/** Pairs tried, or candidates looked at, between two yields. */
const SLICE = 16_384;

const UNKNOWN = 0;
const PASSES = 1;
const FAILS = 2;

export function* selectSlots(index: SeriesIndex, matchers: readonly Matcher[]): Generator<void, Uint32Array> {
  index.post();
  const { pairs } = index;
  let best: { matcher: Matcher; accepted: number[]; count: number } | undefined;
  for (const matcher of matchers) {
    // A matcher that accepts '' accepts series without the label too.
    if (matcher.matchesEmpty) continue;
    const accepted = yield* acceptedPairs(index, matcher);
    let count = 0;
    for (const pair of accepted) count += pairs.count(pair);
    if (count === 0) return new Uint32Array(0);
    if (!best || count < best.count) best = { matcher, accepted, count };
  }
  const candidates = new SlotList(best?.count ?? index.size);
  // A series has a name once: no slot is in two of the lists.
  if (best) for (const pair of best.accepted) index.postings(pair, candidates);
  else index.allSlots(candidates);
  let left = candidates.view();
  for (const matcher of matchers) {
    if (matcher !== best?.matcher) left = yield* filter(index, left, matcher);
  }
  return left;
}

function* acceptedPairs(index: SeriesIndex, matcher: Matcher): Generator<void, number[]> {
  const { pairs } = index;
  const { literals } = matcher;
  if (literals) {
    return [...new Set(literals)]
      .map((value) => pairs.findPair(matcher.name, value))
      .filter((pair) => pair >= 0);
  }
  const name = pairs.nameNumber(matcher.name);
  if (name < 0) return [];
  const accepted: number[] = [];
  // What is added at a yield is newer than the selection.
  const all = pairs.pairsOfName(name);
  for (let i = 0; i < all.length; i++) {
    if (matcher.matches(pairs.value(all[i]!))) accepted.push(all[i]!);
    if (i % SLICE === SLICE - 1) yield;
  }
  return accepted;
}

function* filter(index: SeriesIndex, slots: Uint32Array, matcher: Matcher): Generator<void, Uint32Array> {
  const { pairs } = index;
  const name = pairs.nameNumber(matcher.name);
  if (name < 0) return matcher.matchesEmpty ? slots : new Uint32Array(0);
  const verdicts = new Uint8Array(pairs.limit);
  const withoutLabel = matcher.matchesEmpty;
  let n = 0;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i]!;
    const pair = index.pairOfName(slot, name);
    let passes = withoutLabel;
    if (pair >= 0) {
      if ((verdicts[pair] ?? UNKNOWN) === UNKNOWN) {
        verdicts[pair] = matcher.matches(pairs.value(pair)) ? PASSES : FAILS;
      }
      passes = verdicts[pair] === PASSES;
    }
    if (passes) slots[n++] = slot;
    if (i % SLICE === SLICE - 1) yield;
  }
  return slots.subarray(0, n);
}
