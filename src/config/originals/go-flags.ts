/**
 * The command lines of Loki and Tempo, as far as people have their flags in scripts. They have thousands, nearly all of which
 * are settings of their configuration files (`foreign-file.ts`).
 */

import { ALWAYS, type FlagMeaning } from './flag-meaning.ts';

const HTTP: FlagMeaning = { instead: '--http HOST:PORT' };
const GRPC: FlagMeaning = { instead: '--otlp-grpc HOST:PORT' };
const DATA: FlagMeaning = { instead: '--data DIR' };
const CHECK: FlagMeaning = { instead: '"trilite check config FILE"', isSwitch: true };
const TENANTS: FlagMeaning = { flag: 'multi-tenancy', isSwitch: true };
const TRACE_RATE: FlagMeaning = { instead: `"limits" under "trilite:", see docs/limits.md` };

export const GO_FLAGS: Readonly<Record<string, FlagMeaning>> = {
  target: { each: (part) => (part === 'all' ? ALWAYS : { noEffect: 'everything runs in one process' }) },
  'config.expand-env': {
    noEffect: 'variables are expanded in external_labels and where a setting names one',
    isSwitch: true,
  },
  'server.http-listen-address': HTTP,
  'server.http-listen-port': HTTP,
  'server.grpc-listen-address': GRPC,
  'server.grpc-listen-port': GRPC,
  'auth.enabled': TENANTS,
  'multitenancy.enabled': TENANTS,
  'verify-config': CHECK,
  'config.verify': CHECK,
  'print-config-stderr': {
    noEffect: 'the configuration in force is at /api/v1/status/config',
    isSwitch: true,
  },
  'log-config-reverse-order': {
    noEffect: 'the configuration in force is at /api/v1/status/config',
    isSwitch: true,
  },
  'common.path-prefix': DATA,
  'common.storage.filesystem.chunk-directory': DATA,
  'local.chunk-directory': DATA,
  'storage.trace.local.path': DATA,
  'storage.trace.wal.path': DATA,
  'storage.trace.backend': { instead: '--data DIR: there is no other storage' },
  'store.retention': { instead: '--retention.logs DURATION' },
  'compactor.compaction.block-retention': { instead: '--retention.traces DURATION' },
  'compactor.retention-enabled': {
    noEffect: 'retention is on: --retention.logs says how long',
    isSwitch: true,
  },
  'log.format': { noEffect: 'the log is in logfmt' },
  'querier.query-timeout': { instead: '--query.timeout DURATION' },
  'querier.max-concurrent': { instead: '--query.max-concurrency N' },
  'distributor.ingestion-rate-limit-bytes': TRACE_RATE,
  'distributor.ingestion-burst-size-bytes': TRACE_RATE,
  'distributor.ingestion-rate-limit-mb': TRACE_RATE,
  'ingester.max-bytes-per-trace': TRACE_RATE,
  'ingester.max-traces-per-user': TRACE_RATE,
  'reporting.enabled': { noEffect: 'nothing is reported to anybody' },
  'usage-report': { noEffect: 'nothing is reported to anybody' },
  'shutdown-delay': { noEffect: 'a stop ends what runs, and flushes' },
};
