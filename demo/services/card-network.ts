/** A card network to be found fault with: how long an authorization takes and how it ends, drawn at random. */

/** Of a hundred charges. */
const DECLINED_PERCENT = 6;
const DROPPED_PERCENT = 1;
/** At a pace of 1: slow for a while in each minute, first when there is something normal to compare it with. */
const SPELL_EVERY_MS = 60_000;
const SPELL_BEGINS_MS = 20_000;
const SPELL_LASTS_MS = 12_000;
/** In a spell some answers come later than checkout waits for them, 2 s. */
const SLOW_MS = { from: 1100, to: 2600 } as const;
const NORMAL_MS = { from: 15, to: 90 } as const;

export interface Authorization {
  readonly latencyMs: number;
  readonly verdict: 'charged' | 'declined' | 'dropped';
}

export class CardNetwork {
  readonly #pace: number;
  readonly #onChange: (slow: boolean) => void;
  readonly #startMs = performance.now();
  #slow = false;

  /** `pace` times as many spells, each as much shorter. `onChange` is told when one begins and ends. */
  constructor(pace: number, onChange: (slow: boolean) => void) {
    this.#pace = pace;
    this.#onChange = onChange;
  }

  next(): Authorization {
    const range = this.#isSlow() ? SLOW_MS : NORMAL_MS;
    const latencyMs = range.from + Math.random() * (range.to - range.from);
    const dice = Math.random() * 100;
    if (dice < DROPPED_PERCENT) return { latencyMs, verdict: 'dropped' };
    return { latencyMs, verdict: dice < DROPPED_PERCENT + DECLINED_PERCENT ? 'declined' : 'charged' };
  }

  #isSlow(): boolean {
    const ms = ((performance.now() - this.#startMs) * this.#pace) % SPELL_EVERY_MS;
    const slow = ms >= SPELL_BEGINS_MS && ms < SPELL_BEGINS_MS + SPELL_LASTS_MS;
    if (slow !== this.#slow) {
      this.#slow = slow;
      this.#onChange(slow);
    }
    return slow;
  }
}
