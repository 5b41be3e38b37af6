/**
 * Requests that came to the wrong place, for whoever wonders where a sender's data is: a path that nobody answers, a path
 * asked by another method, a protocol that the port does not speak. Strangers choose what is in it, so it is short.
 */

import { RecentMap } from '../base/recent-map.ts';
import { clipped, type Sender, type SenderNote, senderNote } from '../model/sender.ts';

export type StrayKind =
  /** No endpoint has the path. */
  | 'no_endpoint'
  | 'wrong_method'
  /** Repeated slashes: redirected, which a sender's client turns into a GET. */
  | 'double_slash'
  /** TLS where plain bytes are expected. */
  | 'tls'
  /** HTTP/1 on a port that takes gRPC alone. */
  | 'http_on_grpc';

export interface StrayRequest extends SenderNote {
  readonly kind: StrayKind;
  /** '' where the connection did not come to that. */
  readonly method: string;
  readonly path: string;
  /** Where it came in, of connections that did not come to a request. */
  readonly port: number | undefined;
  readonly contentType: string;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

export type StrayNote = Pick<StrayRequest, 'kind'> & Partial<Pick<StrayRequest, 'method' | 'path' | 'port'>>;

/** More than a reader looks through. */
const ENTRIES_MAX = 64;
const PATH_MAX_CHARS = 200;

export class StrayRequests {
  readonly #now: () => number;
  readonly #entries = new RecentMap<string, { -readonly [K in keyof StrayRequest]: StrayRequest[K] }>(
    ENTRIES_MAX,
  );

  constructor(now: () => number) {
    this.#now = now;
  }

  note({ kind, method = '', path = '', port }: StrayNote, from?: Sender): void {
    const shown = clipped(path, PATH_MAX_CHARS);
    const nowMs = this.#now();
    const entry = this.#entries.use(`${kind} ${method} ${port ?? ''} ${shown}`, () => ({
      ...{ kind, method, path: shown, port, count: 0, firstMs: nowMs, lastMs: nowMs },
      ...{ peer: '', agent: '', contentType: '' },
    }));
    entry.count++;
    entry.lastMs = nowMs;
    entry.contentType = clipped(from?.contentType ?? '', PATH_MAX_CHARS);
    Object.assign(entry, senderNote(from));
  }

  /** The newest first. */
  view(): readonly StrayRequest[] {
    return this.#entries.values();
  }
}
