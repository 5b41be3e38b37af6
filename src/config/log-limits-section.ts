/** `trilite.limits.logs`: Loki's limits on what is pushed, under its own names. */

import type { LogLimits, LogRateLimits } from '../model/limits.ts';
import type { YamlNode } from './yaml-node.ts';

const KEYS: readonly string[] = [
  'creation_grace_period',
  'ingestion_burst_size',
  'ingestion_rate',
  'max_label_name_length',
  'max_label_names_per_series',
  'max_label_value_length',
  'max_line_size',
  'max_line_size_truncate',
  'max_streams',
  'max_structured_metadata_entries_count',
  'max_structured_metadata_size',
  'out_of_order_window',
  'per_stream_rate_limit',
  'per_stream_rate_limit_burst',
];

/** Bursts that are not given are so many seconds' worth: about what they are to the rates in the original. */
const INGESTION_BURST_SECONDS = 1.5;
const STREAM_BURST_SECONDS = 5;

export interface LogLimitSettings {
  readonly entries: LogLimits;
  readonly rates: LogRateLimits;
}

export function readLogLimits(node: YamlNode, base: LogLimitSettings): LogLimitSettings {
  const fields = node.fields(KEYS);
  const count = (key: string, fallback: number) => fields.read(key, (v) => v.count(), fallback);
  const size = (key: string, fallback: number) => fields.read(key, (v) => v.sizeBytes(), fallback);
  const duration = (key: string, fallback: number) => fields.read(key, (v) => v.durationMs(), fallback);
  const { entries, rates } = base;
  const ingestionRate = size('ingestion_rate', rates.ingestionRate);
  const streamRate = size('per_stream_rate_limit', rates.streamRate);
  return {
    entries: {
      ...entries,
      labelNamesMax: count('max_label_names_per_series', entries.labelNamesMax),
      labelNameMaxBytes: count('max_label_name_length', entries.labelNameMaxBytes),
      labelValueMaxBytes: count('max_label_value_length', entries.labelValueMaxBytes),
      lineMaxBytes: size('max_line_size', entries.lineMaxBytes),
      lineTruncate: fields.read('max_line_size_truncate', (v) => v.boolean(), entries.lineTruncate),
      metadataMaxBytes: size('max_structured_metadata_size', entries.metadataMaxBytes),
      metadataPairsMax: count('max_structured_metadata_entries_count', entries.metadataPairsMax),
      futureMs: duration('creation_grace_period', entries.futureMs),
    },
    rates: {
      outOfOrderMs: duration('out_of_order_window', rates.outOfOrderMs),
      ingestionRate,
      ingestionBurst: size('ingestion_burst_size', ingestionRate * INGESTION_BURST_SECONDS),
      streamRate,
      streamBurst: size('per_stream_rate_limit_burst', streamRate * STREAM_BURST_SECONDS),
      streamsMax: count('max_streams', rates.streamsMax),
    },
  };
}
