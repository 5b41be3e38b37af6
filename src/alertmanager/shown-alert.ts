/** An alert as it is shown to whoever asks: with its status and its receivers, as of the moment of the question. */

import type { Alert } from './alert.ts';

export interface AlertStatus {
  readonly state: 'active' | 'suppressed';
  /** Ids of silences. */
  readonly silencedBy: readonly string[];
  /** Fingerprints of alerts. */
  readonly inhibitedBy: readonly string[];
  /** Names of time intervals; of alerts in groups alone. */
  readonly mutedBy: readonly string[];
}

export interface ShownAlert {
  readonly fingerprint: string;
  readonly alert: Alert;
  readonly status: AlertStatus;
  /** Names, of the routes that it takes. */
  readonly receivers: readonly string[];
}
