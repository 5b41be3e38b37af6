/** Where entries go: to this server's own storage, or to another server. */

import type { Parcel } from '../push-batch.ts';

export interface Outlet {
  readonly name: string;
  readonly tenant: string;
  readonly externalLabels: Readonly<Record<string, string>>;
  /** A batch goes out when it has so many bytes, or when its first entry has waited so long. */
  readonly batchBytes: number;
  readonly batchWaitMs: number;
  /**
   * Resolves when the parcel is stored for good, or is refused for good, which has been counted and told then. Does not
   * give up: rejects only where `signal` ends it.
   */
  deliver(parcel: Parcel, signal: AbortSignal): Promise<void>;
  close(): void;
}
