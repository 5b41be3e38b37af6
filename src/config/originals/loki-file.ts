/** Loki's configuration file. */

import {
  Conversion,
  type Converted,
  isSettings,
  listenAddress,
  type Move,
  type Settings,
} from './conversion.ts';

/** Of the many, those that no other system has: one of them is enough to know the file. */
const OWN_KEYS: readonly string[] = [
  ...[
    'schema_config',
    'limits_config',
    'storage_config',
    'chunk_store_config',
    'query_range',
    'frontend_worker',
  ],
  ...['pattern_ingester', 'index_gateway', 'bloom_gateway', 'bloom_build', 'table_manager', 'ruler_storage'],
];

export function isLokiFile(settings: Settings): boolean {
  const has = (key: string) => Object.hasOwn(settings, key);
  return OWN_KEYS.some(has) || (has('auth_enabled') && (has('server') || has('common')));
}

const mebibytes = (value: unknown) => `${Number(value)}MB`;

const MOVES: readonly Move[] = [
  ['auth_enabled', 'trilite.multi_tenancy'],
  ['common.path_prefix', 'trilite.data'],
  ['server.log_level', 'trilite.log_level'],
  ['limits_config.ingestion_rate_mb', 'trilite.limits.logs.ingestion_rate', mebibytes],
  ['limits_config.ingestion_burst_size_mb', 'trilite.limits.logs.ingestion_burst_size', mebibytes],
  ['limits_config.per_stream_rate_limit', 'trilite.limits.logs.per_stream_rate_limit'],
  ['limits_config.per_stream_rate_limit_burst', 'trilite.limits.logs.per_stream_rate_limit_burst'],
  ['limits_config.max_global_streams_per_user', 'trilite.limits.logs.max_streams'],
  ['limits_config.max_streams_per_user', 'trilite.limits.logs.max_streams'],
  ['limits_config.max_label_name_length', 'trilite.limits.logs.max_label_name_length'],
  ['limits_config.max_label_value_length', 'trilite.limits.logs.max_label_value_length'],
  ['limits_config.max_label_names_per_series', 'trilite.limits.logs.max_label_names_per_series'],
  ['limits_config.max_line_size', 'trilite.limits.logs.max_line_size'],
  ['limits_config.max_line_size_truncate', 'trilite.limits.logs.max_line_size_truncate'],
  ['limits_config.max_structured_metadata_size', 'trilite.limits.logs.max_structured_metadata_size'],
  [
    'limits_config.max_structured_metadata_entries_count',
    'trilite.limits.logs.max_structured_metadata_entries_count',
  ],
  ['limits_config.creation_grace_period', 'trilite.limits.logs.creation_grace_period'],
  ['limits_config.max_query_length', 'trilite.limits.queries.max_query_length'],
  ['limits_config.max_query_lookback', 'trilite.limits.queries.max_query_lookback'],
  ['limits_config.query_timeout', 'trilite.limits.query_timeout'],
  ['querier.query_timeout', 'trilite.limits.query_timeout'],
  ['querier.max_concurrent', 'trilite.limits.query_concurrency'],
  ['compactor.delete_request_cancel_period', 'trilite.delete.cancel_period'],
  ['ruler.external_url', 'trilite.web.external_url'],
];

export function convertLokiFile(settings: Settings): Converted {
  const conversion = new Conversion(settings);
  conversion.move(MOVES);
  const port = conversion.take('server.http_listen_port');
  const host = conversion.take('server.http_listen_address');
  if (port !== undefined || host !== undefined) {
    conversion.set('trilite.http', [listenAddress(host, port ?? 3100)]);
    conversion.note('Every port of "http" serves all APIs, that of Loki too.');
  }
  if (conversion.take('limits_config.reject_old_samples') !== false) {
    const age = conversion.take('limits_config.reject_old_samples_max_age');
    conversion.set('trilite.limits.max_age.logs', age);
  }
  convertRetention(conversion);
  convertRules(conversion);
  return conversion.end();
}

function convertRetention(conversion: Conversion): void {
  const isOn = conversion.take('compactor.retention_enabled') === true;
  const period = conversion.take('limits_config.retention_period');
  // Without its compactor Loki keeps everything, whatever the period.
  conversion.set('trilite.retention.logs', isOn ? (period ?? '0') : '0');
  if (!isOn) conversion.note('Without "compactor.retention_enabled" Loki deletes nothing: so it is here.');
  const streams = conversion.take('limits_config.retention_stream');
  if (!Array.isArray(streams) || !isOn) return;
  conversion.set(
    'trilite.retention.rules',
    streams.filter(isSettings).map(({ selector, period: keep, priority }) => ({
      signal: 'logs',
      selector,
      keep,
      ...(priority !== undefined && { priority }),
    })),
  );
}

function convertRules(conversion: Conversion): void {
  const folder =
    conversion.take('ruler.storage.local.directory') ??
    conversion.take('ruler_storage.local.directory') ??
    conversion.take('common.storage.filesystem.rules_directory');
  if (folder !== undefined) {
    const files = [`${folder}/*/*.yml`, `${folder}/*/*.yaml`];
    conversion.set('trilite.rules', [{ language: 'logql', files }]);
    conversion.note('Rules of all folders of tenants are read as those of one tenant.');
  }
  const urls = conversion.take('ruler.alertmanager_url');
  if (typeof urls !== 'string' || urls === '') return;
  conversion.set(
    'alerting.alertmanagers',
    urls.split(',').map((text) => {
      const { protocol, host, pathname } = new URL(text.trim());
      return {
        scheme: protocol.slice(0, -1),
        ...(pathname !== '/' && { path_prefix: pathname }),
        static_configs: [{ targets: [host] }],
      };
    }),
  );
}
