/**
 * The way of a request from a listener to a reader thread and back. The front hands over the parameters as they
 * came, the reader's service parses them, evaluates, prints, and answers with the bytes of the body: nothing but
 * plain data and one buffer crosses the threads.
 */

import type { Labels } from '../model/labels.ts';
import type { QuerySettings } from '../model/query-settings.ts';
import type { RemoteReadReport } from '../remote/read/reader-remotes.ts';
import type { StorageReader } from '../storage/interface.ts';
import type { StatsJson } from './query-stats.ts';

/** What an HTTP adapter passes on: plain data. */
export interface ServiceRequest {
  /** Parameters in order, form fields first, then the URL's; the first of a name is its value. */
  readonly params: readonly (readonly [name: string, value: string])[];
  /** Named parts of the path, percent-decoded. */
  readonly path: Readonly<Record<string, string>>;
  /** The request's headers that some service reads (`accept`, `x-trilite-since`, …), lower-case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whose data it is about, ascending; undefined where tenants are not told apart. */
  readonly tenants?: readonly string[] | undefined;
  /** When the request arrived. */
  readonly nowMs: number;
  /** What came in head generations up to this one is not there for it (`storage/marks.ts`). */
  readonly after?: number;
  /** Who asked, and how: for the logs. */
  readonly client?: ClientInfo | undefined;
  /** The body where there is one and it is no form. */
  readonly body?: Uint8Array;
}

export interface ClientInfo {
  readonly address: string;
  readonly method: string;
  readonly path: string;
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
  /** The defaults hold where it is absent. */
  readonly query?: QuerySettings | undefined;
  /** How long the job waited for a reader. */
  readonly queuedMs?: number | undefined;
  /** Whether every PromQL query is written down, with its statistics. */
  readonly logged?: boolean | undefined;
  /** Tells the front what the query did, be it that it failed. */
  readonly report?: ((report: QueryReport) => void) | undefined;
}

/** What a query did: plain data. What a language does not know is absent. */
export interface QueryReport {
  readonly seriesRead?: number;
  readonly samplesRead?: number;
  /** The most held at a time. */
  readonly peakSamples?: number;
  readonly peakBytes?: number;
  readonly linesRead?: number;
  readonly bytesRead?: number;
  /** Answers of remotes that were read from. */
  readonly remoteReads?: readonly RemoteReadReport[];
  /** A query that was evaluated, as the query log has it. */
  readonly promql?: {
    readonly query: string;
    readonly startMs: number;
    readonly endMs: number;
    readonly stepMs: number;
    readonly stats: StatsJson;
  };
}

export type Service = (request: ServiceRequest, context: ServiceContext) => Promise<ServiceAnswer>;

/** The front's side: runs a service by name in some reader. */
export interface ServiceRunner {
  run(name: string, request: ServiceRequest, signal: AbortSignal): Promise<ServiceAnswer>;
}
