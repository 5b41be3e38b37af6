/**
 * When options are asked for and which are on offer: soon after typing, at once when asked to; answers that come too late are
 * dropped, and those at hand are narrowed as the word grows. Knows no document: it is told what was typed and says what to show.
 */

import type { Completer, CompletionOption, Completions } from './completion.ts';
import { type RankedOption, rankOptions } from './option-rank.ts';

/** A pause that typing a word does not have; the same as people know from other editors. */
const TYPING_PAUSE_MS = 120;
/** Nobody reads on behind this many: another letter is quicker. Keeps a list of 100,000 names from being drawn. */
const SHOWN_MAX = 100;
/** Page up and down. */
const PAGE = 8;

export interface Offer {
  /** Where the word that an option replaces begins, and how far behind the cursor it goes. */
  readonly from: number;
  readonly behind: number;
  /** The best ones. */
  readonly options: readonly RankedOption[];
  /** How many more there are. */
  readonly more: number;
  /** Which one Enter takes; undefined where none was looked at: then Enter runs the query. */
  readonly chosen: number | undefined;
}

export type Move = 'next' | 'previous' | 'page down' | 'page up' | 'first' | 'last';

interface Found {
  readonly completions: Completions;
  readonly isExplicit: boolean;
  /** The text before the word: where it changes, the options no longer belong here. */
  readonly before: string;
  readonly behind: number;
}

export class Suggestions {
  readonly #complete: Completer;
  readonly #show: (offer: Offer | undefined) => void;
  #found: Found | undefined;
  #offer: Offer | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Which question is the latest one. */
  #question = 0;

  constructor(complete: Completer, show: (offer: Offer | undefined) => void) {
    this.#complete = complete;
    this.#show = show;
  }

  get offer(): Offer | undefined {
    return this.#offer;
  }

  /** Something was typed, and the cursor is at `at`. */
  typed(text: string, at: number): void {
    const isExplicit = this.#narrow(text, at);
    this.#stopAsking();
    this.#timer = setTimeout(() => this.#ask(text, at, isExplicit), TYPING_PAUSE_MS);
  }

  /** Something was taken away: what is on offer follows, but nothing opens by it. */
  shortened(text: string, at: number): void {
    if (this.#found) this.typed(text, at);
    else this.close();
  }

  /** Somebody wants to see what there is. */
  asked(text: string, at: number): void {
    this.#stopAsking();
    this.#ask(text, at, true);
  }

  move(how: Move): void {
    const offer = this.#offer;
    if (!offer) return;
    const last = offer.options.length - 1;
    const { chosen } = offer;
    const to: Record<Move, number> = {
      next: chosen === undefined || chosen === last ? 0 : chosen + 1,
      previous: chosen === undefined || chosen === 0 ? last : chosen - 1,
      'page down': Math.min(last, (chosen ?? -1) + PAGE),
      'page up': Math.max(0, (chosen ?? 0) - PAGE),
      first: 0,
      last,
    };
    this.#set({ ...offer, chosen: to[how] });
  }

  close(): void {
    this.#stopAsking();
    this.#found = undefined;
    this.#set(undefined);
  }

  #stopAsking(): void {
    clearTimeout(this.#timer);
    this.#question++;
  }

  async #ask(text: string, at: number, isExplicit: boolean): Promise<void> {
    const question = ++this.#question;
    // Names that could not be had are no reason to disturb whoever types.
    const completions = await this.#complete({ text, at, isExplicit }).catch(() => undefined);
    if (question !== this.#question) return;
    if (!completions) {
      this.#found = undefined;
      this.#set(undefined);
      return;
    }
    const before = text.slice(0, completions.from);
    const behind = Math.max(0, (completions.to ?? at) - at);
    this.#found = { completions, isExplicit, before, behind };
    this.#narrow(text, at);
  }

  /** Offers what still fits. Whether the list was asked for, which typing on does not change. */
  #narrow(text: string, at: number): boolean {
    const found = this.#found;
    if (!found) return false;
    const { completions, isExplicit, before, behind } = found;
    const fits = at >= completions.from && text.startsWith(before);
    const ranked = fits ? rankOptions(completions.options, text.slice(completions.from, at)) : [];
    if (ranked.length === 0) {
      this.#found = undefined;
      this.#set(undefined);
      return false;
    }
    const options = ranked.slice(0, SHOWN_MAX);
    const chosen = this.#chosenIn(options) ?? (isExplicit ? 0 : undefined);
    this.#set({ from: completions.from, behind, options, more: ranked.length - options.length, chosen });
    return isExplicit;
  }

  /** The option that was looked at before stays chosen. */
  #chosenIn(options: readonly RankedOption[]): number | undefined {
    const before = this.#offer;
    if (before?.chosen === undefined) return undefined;
    const { label, kind }: CompletionOption = before.options[before.chosen]!.option;
    const at = options.findIndex(({ option }) => option.label === label && option.kind === kind);
    return at < 0 ? undefined : at;
  }

  #set(offer: Offer | undefined): void {
    if (!offer && !this.#offer) return;
    this.#offer = offer;
    this.#show(offer);
  }
}
