/** Messages between the front and a reader thread. */

import type { ErrorKind } from '../model/errors.ts';
import type { QuerySettings } from '../model/query-settings.ts';
import type { ByTenant, QueryLimits } from '../model/tenant-limits.ts';
import type { RemoteReadConfig } from '../remote/read/remote-read-config.ts';
import type { QueryReport, ServiceAnswer, ServiceRequest } from './service.ts';

/** What a reader goes by; as in `ServiceContext`. */
export interface ReaderSettings {
  readonly query?: QuerySettings | undefined;
  readonly logged?: boolean | undefined;
  readonly externalLabels?: Readonly<Record<string, string>> | undefined;
  /** Metrics are read from these too. */
  readonly remoteReads?: readonly RemoteReadConfig[] | undefined;
  /** Of tenants; absent: nobody is limited. */
  readonly limits?: ByTenant<QueryLimits> | undefined;
}

/** `workerData` of a reader. */
export interface ReaderData {
  readonly path: string;
  readonly nativeBinding?: string | undefined;
  /** Word 0: number of the job that should end. */
  readonly cancel: SharedArrayBuffer;
  readonly settings: ReaderSettings;
  /** Nothing is written beside the database, be it damaged. */
  readonly isSealed?: boolean | undefined;
}

/** Pieces of an answer that a reader may be ahead of its client: one is sent while the next is made. */
export const PIECES_AHEAD = 2;

export type ToReader =
  | {
      readonly kind: 'job';
      readonly job: number;
      readonly service: string;
      readonly request: ServiceRequest;
      readonly queuedMs: number;
    }
  | { readonly kind: 'head'; readonly ask: number; readonly answer: unknown }
  /** For the jobs that come after this. */
  | { readonly kind: 'settings'; readonly settings: ReaderSettings }
  /** The process is short of memory: what is not used any more is to be freed, between jobs. */
  | { readonly kind: 'collect' }
  /** The client has taken a piece of the job's answer, or takes no more of it: the reader may go on. */
  | { readonly kind: 'more'; readonly job: number };

export type FromReader =
  | { readonly kind: 'ask'; readonly ask: number; readonly request: unknown }
  | {
      readonly kind: 'done';
      readonly job: number;
      readonly status: number;
      readonly contentType: string;
      readonly body: Uint8Array<ArrayBuffer>;
      readonly headers: ServiceAnswer['headers'];
      readonly damagedPages: number;
      readonly report?: QueryReport | undefined;
    }
  /** An answer in pieces begins; they follow, and `ended` or `failed` behind them. */
  | {
      readonly kind: 'begun';
      readonly job: number;
      readonly status: number;
      readonly contentType: string;
      readonly body: Uint8Array<ArrayBuffer>;
      readonly headers: ServiceAnswer['headers'];
    }
  | { readonly kind: 'piece'; readonly job: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | {
      readonly kind: 'ended';
      readonly job: number;
      readonly damagedPages: number;
      readonly report?: QueryReport | undefined;
    }
  /** Damage that a query came upon, in one line. */
  | { readonly kind: 'damage'; readonly what: string }
  | {
      readonly kind: 'failed';
      readonly job: number;
      readonly error: ErrorKind;
      /** With its origin where nobody foresaw it (`internal`). */
      readonly message: string;
      readonly report?: QueryReport | undefined;
    };
