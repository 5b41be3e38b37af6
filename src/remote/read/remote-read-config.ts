/** `remote_read:` of a `prometheus.yml`, with its defaults. Plain data, so that it can go to a thread. */

import type { HttpClientConfig } from '../../base/http-client.ts';

export interface RemoteReadConfig {
  readonly url: string;
  /** As it was given; '' where it was not. */
  readonly name: string;
  readonly remoteTimeoutMs: number;
  /** The largest frame of a streamed answer that is taken, in bytes. */
  readonly chunkedReadLimitBytes: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Asked also for times of which all is stored here. */
  readonly readRecent: boolean;
  /** Labels and values that a selector must ask for by `=`; it is not asked for others. */
  readonly requiredMatchers: Readonly<Record<string, string>>;
  /** The remote has this server's series under the external labels. */
  readonly filterExternalLabels: boolean;
  readonly client: HttpClientConfig;
}

export const DEFAULT_READ_TIMEOUT_MS = 60_000;
export const DEFAULT_CHUNKED_READ_LIMIT_BYTES = 50_000_000;
