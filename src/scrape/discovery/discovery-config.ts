/**
 * What a configuration says of finding targets, as plain data with every default filled in: of scraping, and of whoever
 * else has targets (Alertmanagers). Durations are milliseconds.
 */

export interface StaticConfig {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface FileDiscoveryConfig {
  /** Paths; the last component may hold one `*`. */
  readonly files: readonly string[];
  readonly refreshIntervalMs: number;
}

/** All ways to find targets; each may stand several times. */
export interface DiscoveryConfig {
  readonly staticConfigs: readonly StaticConfig[];
  readonly fileDiscovery: readonly FileDiscoveryConfig[];
}

export const NO_DISCOVERY: DiscoveryConfig = { staticConfigs: [], fileDiscovery: [] };

/** How often target files are read again. */
export const DEFAULT_FILE_REFRESH_MS = 300_000;
