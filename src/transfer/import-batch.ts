/** A piece of a file on its way in: one message, which is stored as a whole or refused in parts that are named. */

import type { ExportMessage } from '../model/export-wire.ts';

export type ImportKind =
  /** `io.prometheus.write.v2.Request`. */
  | 'samples'
  /** `prometheus.WriteRequest` with metadata alone. */
  | 'metadata'
  /** `logproto.PushRequest`. */
  | 'push'
  /** The same in JSON. */
  | 'push-json'
  | 'otlp-traces'
  | 'otlp-logs';

export interface ImportBatch extends ExportMessage {
  readonly kind: ImportKind;
  /** Where it stands, for messages. */
  readonly place: string;
}
