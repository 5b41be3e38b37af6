/**
 * What a configuration says of sending alerts, as plain data with every default filled in. Durations are milliseconds. How
 * Alertmanagers are found is nothing that rules know: whoever puts the server together hands a discovery in.
 */

import type { HttpClientConfig } from '../../base/http-client.ts';
import type { NameValidation, RelabelConfig } from '../../model/relabel.ts';

/** A set of Alertmanagers that are found and spoken to alike. */
export interface AlertmanagerConfig {
  readonly scheme: 'http' | 'https';
  /** Stands before the path that alerts are posted to. */
  readonly pathPrefix: string;
  /** Of one request. */
  readonly timeoutMs: number;
  /** Of Alertmanagers, as they are found. */
  readonly relabelConfigs: readonly RelabelConfig[];
  /** Of alerts, after the relabelling that is for all sets. */
  readonly alertRelabelConfigs: readonly RelabelConfig[];
  readonly client: HttpClientConfig;
}

/** `Set` is a set of Alertmanagers with how they are found. */
export interface AlertingSettings<Set extends AlertmanagerConfig = AlertmanagerConfig> {
  /** Of all alerts, external labels among them. */
  readonly alertRelabelConfigs: readonly RelabelConfig[];
  readonly alertmanagers: readonly Set[];
  /** Which label names relabelling may make. */
  readonly nameValidation: NameValidation;
  /** Alerts that wait for one Alertmanager; with more the oldest are dropped. */
  readonly queueCapacity: number;
  /** Alerts in one request. */
  readonly batchSize: number;
  /** Whether what waits at the end of the server is sent. */
  readonly drainsOnShutdown: boolean;
}

/** The original's. */
export const DEFAULT_ALERTING: AlertingSettings<never> = {
  alertRelabelConfigs: [],
  alertmanagers: [],
  nameValidation: 'utf8',
  queueCapacity: 10_000,
  batchSize: 256,
  drainsOnShutdown: true,
};

export const DEFAULT_ALERTMANAGER = { scheme: 'http', pathPrefix: '', timeoutMs: 10_000 } as const;

/** Addresses that were found, and the labels they share. */
export interface AlertmanagerGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** A running discovery. */
export interface AlertmanagerDiscovery {
  /** Calls `update` with all groups, at once where they are known, and on every change. */
  start(update: (groups: readonly AlertmanagerGroup[]) => void): void;
  stop(): void;
}
