/**
 * A process that attacks. Told what to do as JSON in its first argument: it strikes with the attacks it was given, some at a
 * time, until its time is up, and prints what became of the requests as JSON.
 */

import type { Strike, Target } from './attack.ts';
import { ATTACKS } from './attacks.ts';
import { Random } from './random.ts';

export interface AttackerOrders {
  readonly target: Target;
  readonly names: readonly string[];
  readonly seed: number;
  /** Strikes at a time. */
  readonly lanes: number;
  readonly strikeMs: number;
  /** How long to go on; 0: each attack once. */
  readonly totalMs: number;
  /** Address that connections come from. */
  readonly from: string;
}

/** Per attack, how many requests ended in each way. */
export type AttackCounts = Record<string, Record<string, number>>;

async function run(orders: AttackerOrders): Promise<AttackCounts> {
  const random = new Random(orders.seed);
  const attacks = ATTACKS.filter(({ name }) => orders.names.includes(name));
  const counts: AttackCounts = {};
  const endMs = performance.now() + orders.totalMs;
  let queue = random.shuffled(attacks);
  const lane = async () => {
    for (;;) {
      if (queue.length === 0 && performance.now() < endMs) queue = random.shuffled(attacks);
      const attack = queue.pop();
      if (!attack) return;
      counts[attack.name] ??= {};
      const own = counts[attack.name]!;
      const over = new AbortController();
      const timer = setTimeout(() => over.abort(), orders.strikeMs);
      const strike: Strike = {
        target: orders.target,
        random: new Random(random.int(0, 2 ** 31)),
        signal: over.signal,
        from: orders.from,
        tell: (outcome) => {
          own[outcome] = (own[outcome] ?? 0) + 1;
        },
      };
      await attack.strike(strike);
      clearTimeout(timer);
      over.abort();
      if (orders.totalMs > 0 && performance.now() > endMs) return;
    }
  };
  await Promise.all(Array.from({ length: orders.lanes }, lane));
  return counts;
}

const counts = await run(JSON.parse(process.argv[2]!) as AttackerOrders);
process.stdout.write(JSON.stringify(counts), () => process.exit(0));
