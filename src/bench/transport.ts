/** How requests reach a system: one interface, HTTP and gRPC behind it. */

import type { BenchRequest } from './workload.ts';

/** What came back, whatever the status. */
export interface TransportAnswer {
  /** Of HTTP; for gRPC 200 where the call's status is 0, else the HTTP status that stands for it. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

export interface Transport {
  /** Rejects where there is no answer: refused, reset, too late. */
  send(request: BenchRequest): Promise<TransportAnswer>;
  close(): void;
}
