/**
 * How well a name fits what was typed: 0 for not at all, up to 1. A term is found as a subsequence, runs of
 * characters counting more than scattered ones; or as a substring, the earlier the better, and with a threshold also
 * by its similarity (Jaro-Winkler). Characters are code points.
 */

export interface SearchTerms {
  readonly terms: readonly string[];
  readonly algorithm: 'subsequence' | 'jarowinkler';
  /** Least score of what is alike only, 0 to 1. */
  readonly threshold: number;
  readonly caseSensitive: boolean;
}

/** The score of the term that fits best; undefined where none does. Without terms everything fits. */
export function scorer({ terms, algorithm, threshold, caseSensitive }: SearchTerms) {
  const fold = (text: string) => (caseSensitive ? text : text.toLowerCase());
  const wanted = terms.filter((term) => term !== '').map((term) => [...fold(term)]);
  const one = algorithm === 'subsequence' ? bySubsequence : byLikeness;
  return (value: string): number | undefined => {
    if (wanted.length === 0) return 1;
    const text = [...fold(value)];
    let best: number | undefined;
    for (const term of wanted) {
      const score = one(term, text, threshold);
      if (score !== undefined && (best === undefined || score > best)) best = score;
      if (best === 1) break;
    }
    return best;
  };
}

type Chars = readonly string[];

function bySubsequence(term: Chars, text: Chars, threshold: number): number | undefined {
  if (startsAt(term, text, 0)) return 1;
  const score = subsequenceScore(term, text);
  return score > 0 && score >= threshold ? score : undefined;
}

function byLikeness(term: Chars, text: Chars, threshold: number): number | undefined {
  const score = substringScore(term, text);
  if (score !== undefined || threshold === 0) return score;
  const likeness = jaroWinkler(term, text);
  return likeness >= threshold ? likeness : undefined;
}

function startsAt(term: Chars, text: Chars, at: number): boolean {
  return at + term.length <= text.length && term.every((char, i) => text[at + i] === char);
}

/** A match at the start is 1, one at the very end 0.1. */
function substringScore(term: Chars, text: Chars): number | undefined {
  const last = text.length - term.length;
  for (let at = 0; at <= last; at++) {
    if (startsAt(term, text, at)) return at === 0 ? 1 : 1 - (0.9 * at) / last;
  }
  return undefined;
}

/** What does not begin with the term stays below 1, also where rounding would lift it. */
const INEXACT_SCALE = 0.999;

/**
 * The best over all places where the term may begin, each matched greedily: the squares of the runs, less the gaps
 * before and between them and half the gap behind, as shares of the text; then as a share of the term's square.
 */
export function subsequenceScore(term: Chars, text: Chars): number {
  let best = -1;
  for (let from = 0; from <= text.length - term.length; from++) {
    if (text[from] !== term[0]) continue;
    const score = greedyScore(term, text, from);
    // What cannot be completed from here cannot be from further on.
    if (score === undefined) break;
    if (score > best) best = score;
  }
  if (best < 0) return 0;
  return (best / term.length ** 2) * INEXACT_SCALE;
}

function greedyScore(term: Chars, text: Chars, from: number): number | undefined {
  let score = 0;
  let end = 0;
  for (let t = 0, i = from; t < term.length; ) {
    while (i < text.length && text[i] !== term[t]) i++;
    if (i === text.length) return undefined;
    score -= (i - end) / text.length;
    const start = i;
    while (t < term.length && text[i] === term[t]) {
      i++;
      t++;
    }
    score += (i - start) ** 2;
    end = i;
  }
  return score - (text.length - end) / text.length / 2;
}

const PREFIX_MAX = 4;
const PREFIX_WEIGHT = 0.1;

/** 1 for equal texts, 0 for texts without a common character. */
export function jaroWinkler(a: Chars, b: Chars): number {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short.length === long.length && startsAt(short, long, 0)) return 1;
  const reach = Math.max(Math.floor(long.length / 2) - 1, 0);
  const taken = new Uint8Array(long.length);
  const matched: string[] = [];
  for (const [i, char] of short.entries()) {
    const end = Math.min(i + reach + 1, long.length);
    for (let j = Math.max(i - reach, 0); j < end; j++) {
      if (taken[j] === 1 || long[j] !== char) continue;
      taken[j] = 1;
      matched.push(char);
      break;
    }
  }
  const n = matched.length;
  if (n === 0) return 0;
  const inOrder = long.filter((_, j) => taken[j] === 1);
  const moved = matched.filter((char, i) => char !== inOrder[i]).length;
  const jaro = (n / short.length + n / long.length + (n - moved / 2) / n) / 3;
  let prefix = 0;
  while (prefix < Math.min(PREFIX_MAX, short.length) && short[prefix] === long[prefix]) prefix++;
  return jaro + prefix * PREFIX_WEIGHT * (1 - jaro);
}
