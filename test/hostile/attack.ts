/**
 * What an attack is: a name and a strike, which goes on until its signal fires, or ends by itself when it has nothing
 * more to do. Strikes are made again and again, and tell what became of each of their requests.
 */

import type { Random } from './random.ts';

/** Where the server is; ports on 127.0.0.1. */
export interface Target {
  readonly http: number;
  readonly grpc: number;
  readonly jaegerGrpc: number;
  readonly jaegerThrift: number;
  readonly jaegerQuery: number;
  readonly jaegerUdp: number;
  readonly zipkin: number;
}

export interface Strike {
  readonly target: Target;
  readonly random: Random;
  /** The strike is to end. */
  readonly signal: AbortSignal;
  /** Where the attacker's connections come from, another one than honest clients'. */
  readonly from: string;
  /** Counts a request by its outcome: a status, `reset`, `timeout`, … */
  tell(outcome: string): void;
}

export interface Attack {
  readonly name: string;
  strike(strike: Strike): Promise<void>;
}

/** Runs `work` again and again in `lanes` until the strike is over, or each lane did it `times`. */
export async function repeat(
  strike: Strike,
  lanes: number,
  work: (n: number) => Promise<void>,
  times = Number.POSITIVE_INFINITY,
): Promise<void> {
  let n = 0;
  const lane = async () => {
    for (let i = 0; i < times && !strike.signal.aborted; i++) await work(n++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** Resolves after `ms`, or when the strike is over. */
export function pause(strike: Strike, ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (strike.signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      strike.signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    strike.signal.addEventListener('abort', done, { once: true });
  });
}
