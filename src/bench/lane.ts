/** One system of a run that pushes: what it is sent through, what it took, and what was measured of it. */

import { GrpcTransport } from './grpc-transport.ts';
import { HttpTransport } from './http-transport.ts';
import { Observer } from './observer.ts';
import type { BenchPlan } from './plan.ts';
import type { ReadBack } from './read-back.ts';
import { type AnswerRules, Sender } from './send.ts';
import type { Settled } from './settle.ts';
import type { Slice } from './slices.ts';
import type { System } from './target.ts';
import type { PushWorkload } from './workload.ts';

const DEFAULT_CONCURRENCY = 4;

export class Lane {
  readonly system: System;
  readonly observer: Observer;
  readonly sender: Sender;
  readonly #transports: { readonly http: HttpTransport; readonly grpc: GrpcTransport };
  readonly rounds: { items: number; seconds: number; cpuSeconds: number | null }[] = [];
  seconds = 0;
  /** CPU seconds of this process while it pushed: it shares the machine with what it measures. */
  generatorCpuSeconds = 0;
  settled: Settled | undefined;
  counted: ReadBack | undefined;
  readonly notes: string[] = [];

  constructor(
    system: System,
    rules: AnswerRules & { readonly defaults?: PushWorkload['defaults'] },
    plan: BenchPlan,
    rate = plan.rate,
  ) {
    this.system = system;
    this.observer = new Observer(system);
    const concurrency = plan.concurrency ?? rules.defaults?.concurrency ?? DEFAULT_CONCURRENCY;
    this.#transports = {
      http: new HttpTransport(system, concurrency, plan.timeoutMs),
      grpc: new GrpcTransport(system, plan.timeoutMs),
    };
    const { retry, giveUpMs } = plan;
    this.sender = new Sender(rules, this.#transports, { concurrency, rate, retry, giveUpMs });
  }

  /** Sends a slice; what it takes is the system's. */
  async round(slice: Slice, signal: AbortSignal): Promise<void> {
    const { tally } = this.sender;
    const before = tally.acknowledgedItems;
    const cpuBefore = this.observer.cpu();
    const own = process.cpuUsage();
    const seconds = (await this.sender.send(slice.requests, signal)) / 1000;
    const { user, system } = process.cpuUsage(own);
    this.generatorCpuSeconds += (user + system) / 1e6;
    const cpuAfter = this.observer.cpu();
    const cpu = cpuAfter === undefined ? undefined : cpuAfter - cpuBefore!;
    this.observer.addPushing(cpu);
    this.seconds += seconds;
    this.rounds.push({ items: tally.acknowledgedItems - before, seconds, cpuSeconds: cpu ?? null });
  }

  close(): void {
    this.observer.end();
    this.#transports.http.close();
    this.#transports.grpc.close();
  }
}
