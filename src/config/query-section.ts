/** `trilite.query`: how PromQL evaluates, what one query may hold, what is written down of queries. */

import type { Config } from './settings.ts';
import { parseSpanMs } from './values.ts';
import type { YamlNode } from './yaml-node.ts';

const KEYS: readonly string[] = [
  'lookback_delta',
  'subquery_step',
  'delayed_name_removal',
  'use_start_timestamps',
  'max_samples',
  'max_bytes',
  'log',
  'slow_threshold',
];

/** `base` has what `global` says of the step and the log. */
export function readQuery(node: YamlNode, base: Config): Pick<Config, 'query' | 'queryLog'> {
  const fields = node.fields(KEYS);
  const { query, queryLog } = base;
  const span = (key: string, fallback: number) => fields.read(key, (v) => v.parsed(parseSpanMs), fallback);
  const flag = (key: string, fallback: boolean) => fields.read(key, (v) => v.boolean(), fallback);
  return {
    query: {
      lookbackMs: span('lookback_delta', query.lookbackMs),
      subqueryStepMs: span('subquery_step', query.subqueryStepMs),
      delayNameRemoval: flag('delayed_name_removal', query.delayNameRemoval),
      useStartTimestamps: flag('use_start_timestamps', query.useStartTimestamps),
      samplesMax: fields.read('max_samples', (v) => v.count(), query.samplesMax),
      bytesMax: fields.read('max_bytes', (v) => v.sizeBytes(), query.bytesMax),
    },
    queryLog: {
      file: fields.read('log', (v) => v.filePath(), queryLog.file),
      slowMs: fields.read('slow_threshold', (v) => v.durationMs(), queryLog.slowMs),
    },
  };
}
