/** The command line of Prometheus 2 and 3. */

import { ALWAYS, type FlagMeaning } from './flag-meaning.ts';

const ALWAYS_SWITCH: FlagMeaning = { noEffect: undefined, isSwitch: true };

function noEffect(why: string): FlagMeaning {
  return { noEffect: why };
}

const GO_RUNTIME = noEffect('there is no Go runtime here; the memory limit is "limits.memory"');
const NO_CONSOLES = noEffect('there are no console templates');
const AGENT: FlagMeaning = {
  instead: 'remote_write in the configuration with a short --retention.metrics',
};
const REMOTE_READ = noEffect(
  'bounds of remote read are those of queries (--query.max-samples, --query.max-bytes)',
);

/** By the name without dashes. Flags that have the same name here are in neither table. */
export const PROMETHEUS_FLAGS: Readonly<Record<string, FlagMeaning>> = {
  'config.file': { flag: 'config' },
  'web.listen-address': { flag: 'http' },
  'storage.tsdb.path': { flag: 'data' },
  'storage.tsdb.retention.time': { flag: 'retention.metrics' },
  'storage.tsdb.retention': { flag: 'retention.metrics' },
  'storage.tsdb.retention.size': { flag: 'retention.size.metrics' },
  'log.level': { flag: 'log-level' },
  'log.format': noEffect('the log is in logfmt'),
  'enable-feature': { each: (feature) => PROMETHEUS_FEATURES[feature] },
  'config.auto-reload-interval': noEffect('changes are seen when they are made'),
  'web.enable-remote-write-receiver': ALWAYS_SWITCH,
  'web.enable-otlp-receiver': ALWAYS_SWITCH,
  'web.remote-write-receiver.accepted-protobuf-messages': ALWAYS,
  'web.read-timeout': noEffect('bounds of slow requests are fixed (docs/bad-input.md)'),
  'web.max-connections': noEffect('bounds of connections are fixed (docs/bad-input.md)'),
  'web.max-notifications-subscribers': noEffect('it is 16'),
  'web.route-prefix': {
    instead: 'a proxy that takes the prefix off, and --web.external-url, with which links name it',
  },
  'web.user-assets': noEffect('the page has its own files'),
  'web.local-assets': noEffect('the page has its own files'),
  'web.console.templates': NO_CONSOLES,
  'web.console.libraries': NO_CONSOLES,
  'web.page-title': noEffect('the page has its own title'),
  'web.search.max-limit': noEffect('the bound of searches is fixed'),
  'storage.tsdb.no-lockfile': { ...noEffect('one process at a time has a data directory'), isSwitch: true },
  'storage.tsdb.use-lockfile': ALWAYS_SWITCH,
  'storage.tsdb.wal-compression': ALWAYS_SWITCH,
  'storage.tsdb.wal-compression-type': noEffect('the write-ahead log has one encoding'),
  'storage.tsdb.wal-segment-size': noEffect('the write-ahead log is in the database'),
  'storage.tsdb.min-block-duration': noEffect('blocks have sizes of their own'),
  'storage.tsdb.max-block-duration': noEffect('blocks have sizes of their own'),
  'storage.tsdb.allow-overlapping-blocks': ALWAYS_SWITCH,
  'storage.tsdb.head-chunks-write-queue-size': noEffect('there is no such queue'),
  'storage.tsdb.delay-compact-file.path': noEffect('there is no uploader to wait for'),
  'storage.remote.flush-deadline': noEffect('what waits for a remote is on disk'),
  'storage.remote.read-sample-limit': REMOTE_READ,
  'storage.remote.read-concurrent-limit': REMOTE_READ,
  'storage.remote.read-max-bytes-in-frame': REMOTE_READ,
  'rules.max-concurrent-evals': noEffect('as many run at a time as there are reader threads'),
  'auto-gomaxprocs': { ...GO_RUNTIME, isSwitch: true },
  'auto-gomemlimit': { ...GO_RUNTIME, isSwitch: true },
  'auto-gomemlimit.ratio': GO_RUNTIME,
  'auto-gomemlimit.refresh-interval': GO_RUNTIME,
  agent: { ...AGENT, isSwitch: true },
  'storage.agent.path': AGENT,
  'storage.agent.retention.min-time': AGENT,
  'storage.agent.retention.max-time': AGENT,
  'storage.agent.wal-compression': ALWAYS_SWITCH,
  'storage.agent.wal-compression-type': ALWAYS,
  'storage.agent.no-lockfile': ALWAYS_SWITCH,
  'storage.agent.use-lockfile': ALWAYS_SWITCH,
  'storage.agent.checkpoint-from-in-memory-series': ALWAYS_SWITCH,
  'storage.agent.checkpoint-batch-size': ALWAYS,
};

/** What `--enable-feature` names. */
const PROMETHEUS_FEATURES: Readonly<Record<string, FlagMeaning>> = {
  'exemplar-storage': ALWAYS,
  'native-histograms': ALWAYS,
  'ooo-native-histograms': ALWAYS,
  'remote-write-receiver': ALWAYS,
  'otlp-write-receiver': ALWAYS,
  'promql-experimental-functions': ALWAYS,
  'promql-duration-expr': ALWAYS,
  'promql-extended-range-selectors': ALWAYS,
  'promql-binop-fill-modifiers': ALWAYS,
  'promql-at-modifier': ALWAYS,
  'promql-negative-offset': ALWAYS,
  'promql-per-step-stats': ALWAYS,
  'metadata-wal-records': ALWAYS,
  'expand-external-labels': ALWAYS,
  'concurrent-rule-eval': ALWAYS,
  'search-api': ALWAYS,
  'st-storage': ALWAYS,
  'histograms-st-encoding': ALWAYS,
  'utf8-names': ALWAYS,
  'auto-reload-config': { flag: 'config.auto-reload', value: () => 'true' },
  'promql-delayed-name-removal': { flag: 'query.delayed-name-removal', value: () => 'true' },
  'use-start-timestamps': { flag: 'query.use-start-timestamps', value: () => 'true' },
  'created-timestamp-zero-ingestion': { instead: '"scrape: {start_timestamps: true}" under "trilite:"' },
  'otlp-deltatocumulative': { instead: '"otlp: {delta: cumulative}" under "trilite:"' },
  'otlp-native-delta-ingestion': { instead: '"otlp: {delta: raw}" under "trilite:"' },
  'extra-scrape-metrics': { instead: '"extra_scrape_metrics: true" of "global" or of a job' },
  'type-and-unit-labels': { instead: '/api/v1/metadata, which tells types and units' },
  agent: AGENT,
  'auto-gomaxprocs': GO_RUNTIME,
  'auto-gomemlimit': GO_RUNTIME,
  'no-default-scrape-port': noEffect(
    'targets are asked at the port that they name, or at that of their scheme',
  ),
  'new-service-discovery-manager': ALWAYS,
  'memory-snapshot-on-shutdown': noEffect('a start replays the write-ahead log'),
  'delayed-compaction': noEffect('compaction runs between writes'),
  'xor2-encoding': noEffect('chunks have one encoding'),
  'st-synthesis': noEffect('start timestamps are what senders say'),
  'old-ui': noEffect('there is one page'),
  'use-uncached-io': noEffect('SQLite reads and writes'),
  'fast-startup': noEffect('a start waits for nothing'),
};
