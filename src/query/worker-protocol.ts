/** Messages between the front and a reader thread. */

import type { ErrorKind } from '../model/errors.ts';
import type { QuerySettings } from '../model/query-settings.ts';
import type { QueryReport, ServiceAnswer, ServiceRequest } from './service.ts';

/** `workerData` of a reader. */
export interface ReaderData {
  readonly path: string;
  readonly nativeBinding?: string | undefined;
  /** Word 0: number of the job that should end. */
  readonly cancel: SharedArrayBuffer;
  /** As in `ServiceContext`. */
  readonly query?: QuerySettings | undefined;
  readonly logged?: boolean | undefined;
}

export type ToReader =
  | {
      readonly kind: 'job';
      readonly job: number;
      readonly service: string;
      readonly request: ServiceRequest;
      readonly queuedMs: number;
    }
  | { readonly kind: 'head'; readonly ask: number; readonly answer: unknown };

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
