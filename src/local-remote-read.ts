/** Reading from remotes, the front's part: readers do it; here it is checked that they can, and their answers are counted. */

import type { Telemetry } from './base/telemetry.ts';
import { ConfigError } from './config/config-error.ts';
import type { Config } from './config/settings.ts';
import type { EndedJob } from './query/worker.ts';
import type { Reloadable } from './reloadable.ts';

const PREFIX = 'prometheus_remote_read_client_';
/** Of the original, in seconds. */
const BUCKETS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60];

export class LocalRemoteRead implements Reloadable {
  readonly #telemetry: Telemetry;

  /** Throws `ConfigError`. */
  constructor(config: Config, telemetry: Telemetry) {
    check(config);
    this.#telemetry = telemetry;
  }

  async prepare(config: Config): Promise<() => void> {
    check(config);
    return () => {};
  }

  /** Counts what a job has read. */
  note({ report }: Pick<EndedJob, 'report'>): void {
    for (const { name, url, type, code, seconds } of report?.remoteReads ?? []) {
      const queries = ['remote_name', 'url', 'response_type', 'code'];
      const help = 'Queries that remotes have answered.';
      this.#telemetry.counter(`${PREFIX}queries_total`, help, queries).with(name, url, type, code).add(1);
      const durations = ['remote_name', 'url', 'response_type'];
      const durationHelp = 'How long it took until a remote began to answer.';
      this.#telemetry
        .histogram(`${PREFIX}request_duration_seconds`, durationHelp, durations, BUCKETS)
        .with(name, url, type)
        .observe(seconds);
    }
  }
}

function check({ remoteReads, multiTenancy }: Config): void {
  if (remoteReads.length > 0 && multiTenancy) {
    throw new ConfigError(
      'remote_read and multi_tenancy exclude each other: remotes are not told tenants apart',
    );
  }
}
