/** Which options fit the word at the cursor, the best first, and where in them the word is found. */

import type { CompletionOption } from './completion.ts';

export interface RankedOption {
  readonly option: CompletionOption;
  /** Offsets in the label of the signs that were typed. */
  readonly found: readonly number[];
}

/** Begins with the word; has it where a part of the name begins; has it anywhere; has its letters in this order. */
type Rank = 0 | 1 | 2 | 3 | 4;
const RANKS: readonly Rank[] = [0, 1, 2, 3, 4];
/** What separates the parts of a name: `http_requests_total`, `service.name`. */
const PART_END = /[^a-z0-9]/i;

/** Options of one rank stay in the order in which they came: whoever gave them knows which are likelier. */
export function rankOptions(options: readonly CompletionOption[], word: string): readonly RankedOption[] {
  if (word === '') return options.map((option) => ({ option, found: [] }));
  const ranked: Record<Rank, RankedOption[]> = { 0: [], 1: [], 2: [], 3: [], 4: [] };
  const wanted = word.toLowerCase();
  for (const option of options) {
    const at = placeOf(option.label, wanted);
    if (at) ranked[at.rank].push({ option, found: at.found });
  }
  return RANKS.flatMap((rank) => ranked[rank]);
}

function placeOf(
  label: string,
  wanted: string,
): { readonly rank: Rank; readonly found: readonly number[] } | undefined {
  const text = label.toLowerCase();
  if (text.startsWith(wanted))
    return { rank: text.length === wanted.length ? 0 : 1, found: run(0, wanted.length) };
  const first = text.indexOf(wanted);
  for (let at = first; at >= 0; at = text.indexOf(wanted, at + 1)) {
    if (PART_END.test(text[at - 1]!)) return { rank: 2, found: run(at, wanted.length) };
  }
  if (first >= 0) return { rank: 3, found: run(first, wanted.length) };
  const found = scattered(text, wanted);
  return found && { rank: 4, found };
}

function run(from: number, length: number): readonly number[] {
  return Array.from({ length }, (_, i) => from + i);
}

function scattered(text: string, wanted: string): readonly number[] | undefined {
  const found: number[] = [];
  let from = 0;
  for (const sign of wanted.split('')) {
    const at = text.indexOf(sign, from);
    if (at < 0) return undefined;
    found.push(at);
    from = at + 1;
  }
  return found;
}
