/** Receivers as a configuration has them: who is told, and by which ways. */

export interface IntegrationConfig {
  readonly type: 'webhook';
  readonly sendsResolved: boolean;
  readonly url: string;
}

export interface ReceiverConfig {
  readonly name: string;
  /** With its name as `name`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly integrations: readonly IntegrationConfig[];
}
