/**
 * The way of a request from a listener to a reader thread and back. The front hands over the parameters as they
 * came, the reader's service parses them, evaluates, prints, and answers with the bytes of the body: nothing but
 * plain data and one buffer crosses the threads.
 */

import type { Labels } from '../model/labels.ts';
import type { StorageReader } from '../storage/interface.ts';

/** What an HTTP adapter passes on: plain data. */
export interface ServiceRequest {
  /** Parameters in order, form fields first, then the URL's; the first of a name is its value. */
  readonly params: readonly (readonly [name: string, value: string])[];
  /** Named parts of the path, percent-decoded. */
  readonly path: Readonly<Record<string, string>>;
  /** The request's headers that some service reads (`accept`, `x-loki-response-encoding-flags`, …), lower-case. */
  readonly headers: Readonly<Record<string, string>>;
  /** When the request arrived. */
  readonly nowMs: number;
  /** The body where there is one and it is no form. */
  readonly body?: Uint8Array;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** Further headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * What comes behind the body, piece by piece, for answers that are too large to be held as a whole: the next piece is
   * made when the client has taken those before it. One that ends in an error breaks the answer off.
   */
  readonly rest?: AsyncIterable<Uint8Array>;
}

/** What a service has at hand in the reader thread. */
export interface ServiceContext {
  readonly storage: StorageReader;
  /** Fires when the client is gone or the deadline passed. */
  readonly signal: AbortSignal;
  /** What tells this server's series from others' where they leave it; none where it is absent. */
  readonly externalLabels?: Labels;
}

export type Service = (request: ServiceRequest, context: ServiceContext) => Promise<ServiceAnswer>;

/** The front's side: runs a service by name in some reader. */
export interface ServiceRunner {
  run(name: string, request: ServiceRequest, signal: AbortSignal): Promise<ServiceAnswer>;
}
