/** `limit`: so many lines a second, the others waiting or dropped; of all lines, or per value of a label. */

import type { TailEntry } from '../entry.ts';
import type { LimitStageConfig } from '../stage-config.ts';
import { RecentMap } from './label-key.ts';
import { dropCounter, type EntryStep, type Next, type Stage, type StageContext } from './stage.ts';

/** Holds up to `burst` tokens and gains `rate` a second; it begins full. */
class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  constructor({ rate, burst }: LimitStageConfig, nowMs: number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  #refill(nowMs: number): void {
    // A clock that was set back gives nothing.
    const seconds = Math.max(0, nowMs - this.#atMs) / 1000;
    this.#tokens = Math.min(this.#burst, this.#tokens + seconds * this.#rate);
    this.#atMs = nowMs;
  }

  /** Whether there was a token. */
  take(nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Takes a token that may be yet to come; milliseconds until it does. */
  reserve(nowMs: number): number {
    this.#refill(nowMs);
    this.#tokens--;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#rate) * 1000;
  }
}

const DROP_REASON = 'ratelimit_drop_stage';

export function compileLimit(config: LimitStageConfig, context: StageContext): EntryStep | Stage {
  if (!config.drop) return new WaitingLimit(config, context);
  const dropped = dropCounter(context, DROP_REASON);
  const bucketOf = buckets(config, context.now);
  return (entry) => {
    const bucket = bucketOf(entry);
    if (!bucket || bucket.take(context.now())) return true;
    dropped.add();
    return false;
  };
}

/** A line without the label is not limited. Of more values than are remembered, one quiet for long begins full again. */
function buckets(config: LimitStageConfig, now: () => number): (entry: TailEntry) => TokenBucket | undefined {
  const { byLabelName } = config;
  if (byLabelName === undefined) {
    const only = new TokenBucket(config, now());
    return () => only;
  }
  const byValue = new RecentMap<TokenBucket>(config.maxDistinctLabels);
  return ({ labels }) => {
    const value = labels.get(byLabelName);
    if (value === undefined) return undefined;
    let bucket = byValue.get(value);
    if (!bucket) byValue.set(value, (bucket = new TokenBucket(config, now())));
    return bucket;
  };
}

/** Passes entries on in order as tokens come; whoever pushes waits with them. */
class WaitingLimit implements Stage {
  readonly #bucket: TokenBucket;
  readonly #context: StageContext;
  readonly #waiting: { readonly entry: TailEntry; readonly next: Next }[] = [];

  constructor(config: LimitStageConfig, context: StageContext) {
    this.#bucket = new TokenBucket(config, context.now());
    this.#context = context;
  }

  process(entry: TailEntry, next: Next): void | Promise<void> {
    const delayMs = this.#bucket.reserve(this.#context.now());
    if (delayMs <= 0 && this.#waiting.length === 0) return next(entry);
    this.#waiting.push({ entry, next });
    return this.#passOneAfter(delayMs);
  }

  held(visit: (entry: TailEntry) => void): void {
    for (const { entry } of this.#waiting) visit(entry);
  }

  /** Each waiting entry has a turn of its own, so the oldest goes when any turn comes. */
  async #passOneAfter(delayMs: number): Promise<void> {
    await this.#context.wait(delayMs);
    const oldest = this.#waiting.shift();
    if (oldest) await oldest.next(oldest.entry);
  }

  flush(): void {
    for (const { entry, next } of this.#waiting.splice(0)) void next(entry);
  }
}
