/** Senders for the kinds of requests of a run that paces itself: each has a tally of its own, all share connections. */

import { GrpcTransport } from './grpc-transport.ts';
import { HttpTransport } from './http-transport.ts';
import type { LatencySummary } from './latency.ts';
import { type AnswerRules, Sender } from './send.ts';
import type { System } from './target.ts';
import type { BenchRequest } from './workload.ts';

const TIMEOUT_MS = 30_000;
/** As real agents: what is refused with "later" is sent again for this long. */
const GIVE_UP_MS = 60_000;

export class PacedSenders<Name extends string> {
  readonly #transports: { readonly http: HttpTransport; readonly grpc: GrpcTransport };
  readonly #senders = new Map<Name, Sender>();
  readonly #pending = new Set<Promise<unknown>>();

  /** `concurrency`: requests of a kind that are under way at a time. */
  constructor(system: System, kinds: Readonly<Record<Name, AnswerRules>>, concurrency: number) {
    const names = Object.keys(kinds) as Name[];
    this.#transports = {
      http: new HttpTransport(system, concurrency * names.length, TIMEOUT_MS),
      grpc: new GrpcTransport(system, TIMEOUT_MS),
    };
    for (const name of names) {
      const options = { concurrency, rate: Number.POSITIVE_INFINITY, retry: true, giveUpMs: GIVE_UP_MS };
      this.#senders.set(name, new Sender(kinds[name], this.#transports, options));
    }
  }

  /** Sends beside whatever else is under way; `idle` waits for it. */
  post(name: Name, requests: readonly BenchRequest[], signal: AbortSignal): Promise<unknown> {
    const sent = this.#senders.get(name)!.send(requests, signal);
    this.#pending.add(sent);
    sent.finally(() => this.#pending.delete(sent));
    return sent;
  }

  /** Batches that are still under way: more than a few mean that the system does not keep up. */
  get pending(): number {
    return this.#pending.size;
  }

  async idle(): Promise<void> {
    await Promise.all(this.#pending);
  }

  tally(name: Name): Sender['tally'] {
    return this.#senders.get(name)!.tally;
  }

  close(): void {
    this.#transports.http.close();
    this.#transports.grpc.close();
  }
}

/** Cells of a table: p50, p90, p99 and the maximum in ms. */
export function latencyCells({ count, p50Ms, p90Ms, p99Ms, maxMs }: LatencySummary): string[] {
  if (count === 0) return ['–', '–', '–', '–'];
  return [p50Ms, p90Ms, p99Ms, maxMs].map((ms) => ms.toFixed(1));
}
