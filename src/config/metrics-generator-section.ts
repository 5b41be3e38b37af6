/**
 * `trilite.metrics_generator`: metrics that are derived from spans, under Tempo's keys: those of its `metrics_generator`
 * block and, beside them, those of the same name that it has under `overrides`. What Tempo needs for its own way of running
 * (rings, queues, remote write) is named in a warning.
 */

import {
  type DimensionMapping,
  type FilterPolicy,
  type HistogramMode,
  INTRINSIC_DIMENSIONS,
  type MetricsGeneratorSettings,
  type PolicyAttribute,
  type PolicyMatch,
  PROCESSORS,
  type ServiceGraphSettings,
  type SpanMetricsSettings,
} from '../derive/settings.ts';
import { KIND_TEXTS, STATUS_TEXTS } from '../derive/span-words.ts';
import { compileSearch } from '../model/regex.ts';
import { readStringMap } from './node-values.ts';
import { parseSpanMs } from './values.ts';
import type { Warnings } from './warnings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

/** Of how Tempo runs, not of what it makes. */
const FOREIGN_KEYS: readonly string[] = [
  'ring',
  'storage',
  'traces_storage',
  'override_ring_key',
  'ring_mode',
  'ring_size',
  'codec',
  'limiter_type',
  'ingest_concurrency',
  'instance_id',
  'leave_consumer_group_on_shutdown',
  'skip_stale_backlog_on_startup',
  'forwarder',
  'remote_write_headers',
];
const KEYS: readonly string[] = [
  'processors',
  'processor',
  'registry',
  'collection_interval',
  'prompt_interval',
  'metrics_ingestion_time_range_slack',
  'ingestion_time_range_slack',
  'generate_native_histograms',
  'native_histogram_bucket_factor',
  'native_histogram_max_bucket_number',
  'native_histogram_min_reset_duration',
  'max_active_series',
  'trace_id_label_name',
  ...FOREIGN_KEYS,
];
const REGISTRY_KEYS: readonly string[] = [
  'collection_interval',
  'stale_duration',
  'external_labels',
  'inject_tenant_id_as',
  'max_label_name_length',
  'max_label_value_length',
];
const SHARED_KEYS: readonly string[] = [
  'histogram_buckets',
  'dimensions',
  'filter_policies',
  'span_multiplier_key',
];
const SERVICE_GRAPH_KEYS: readonly string[] = [
  ...SHARED_KEYS,
  'wait',
  'max_items',
  'workers',
  'enable_client_server_prefix',
  'enable_virtual_node_label',
  'enable_messaging_system_latency_histogram',
  'peer_attributes',
  'database_name_attributes',
];
const SPAN_METRICS_KEYS: readonly string[] = [
  ...SHARED_KEYS,
  'intrinsic_dimensions',
  'dimension_mappings',
  'enable_target_info',
  'target_info_excluded_dimensions',
  'enable_instance_label',
];
const HISTOGRAM_MODES: readonly HistogramMode[] = ['classic', 'native', 'both'];

/** `base` is what stands where the section is silent. */
export function readMetricsGenerator(
  node: YamlNode,
  base: MetricsGeneratorSettings,
  warnings: Warnings,
): MetricsGeneratorSettings {
  const fields = node.fields(KEYS);
  for (const key of FOREIGN_KEYS) {
    const value = fields.get(key);
    if (value) warnings.add(value, 'has no meaning here and is ignored');
  }
  const registry = fields.get('registry')?.fields(REGISTRY_KEYS);
  const processor = fields.get('processor')?.fields(['service_graphs', 'span_metrics', 'host_info']);
  const host = processor?.get('host_info');
  if (host) warnings.add(host, 'is not supported and is ignored');
  const slackMs = fields.read('metrics_ingestion_time_range_slack', (v) => v.anyDurationMs(), base.slackMs);
  const interval = registry?.read('collection_interval', readSpan, base.collectionIntervalMs);
  const { nativeHistograms: native } = base;
  return {
    processors: fields.read('processors', (v) => v.list().map((p) => p.oneOf(PROCESSORS)), base.processors),
    serviceGraphs:
      processor?.read(
        'service_graphs',
        (v) => readServiceGraphs(v, base.serviceGraphs, warnings),
        undefined,
      ) ?? base.serviceGraphs,
    spanMetrics:
      processor?.read('span_metrics', (v) => readSpanMetrics(v, base.spanMetrics), undefined) ??
      base.spanMetrics,
    histograms: fields.read('generate_native_histograms', (v) => v.oneOf(HISTOGRAM_MODES), base.histograms),
    nativeHistograms: {
      bucketFactor: fields.read('native_histogram_bucket_factor', readFactor, native.bucketFactor),
      maxBuckets: fields.read('native_histogram_max_bucket_number', (v) => v.count(), native.maxBuckets),
      minResetMs: fields.read(
        'native_histogram_min_reset_duration',
        (v) => v.anyDurationMs(),
        native.minResetMs,
      ),
    },
    collectionIntervalMs: fields.read('collection_interval', readSpan, interval ?? base.collectionIntervalMs),
    promptMs: fields.read('prompt_interval', (v) => v.anyDurationMs(), base.promptMs),
    staleMs: registry?.read('stale_duration', readSpan, undefined) ?? base.staleMs,
    slackMs: fields.read('ingestion_time_range_slack', (v) => v.anyDurationMs(), slackMs),
    maxActiveSeries: fields.read('max_active_series', (v) => v.count(), base.maxActiveSeries),
    externalLabels: registry?.read('external_labels', readStringMap, undefined) ?? base.externalLabels,
    injectTenantIdAs:
      registry?.read('inject_tenant_id_as', (v) => v.string(), undefined) ?? base.injectTenantIdAs,
    traceIdLabel: fields.read('trace_id_label_name', readLabelName, base.traceIdLabel),
    labelNameMaxBytes:
      registry?.read('max_label_name_length', (v) => v.count(), undefined) ?? base.labelNameMaxBytes,
    labelValueMaxBytes:
      registry?.read('max_label_value_length', (v) => v.count(), undefined) ?? base.labelValueMaxBytes,
  };
}

/** Longer than none, also in Go's form. */
function readSpan(node: YamlNode): number {
  const ms = node.anyDurationMs();
  return ms > 0 ? ms : node.parsed(parseSpanMs);
}

function readFactor(node: YamlNode): number {
  const factor = node.number();
  return factor > 1 ? factor : node.fail(`expected a number above 1, got ${factor}`);
}

function readLabelName(node: YamlNode): string {
  const name = node.string();
  if (!/^[a-zA-Z0-9_]+$/.test(name)) node.fail(`expected a label name, got ${JSON.stringify(name)}`);
  return name;
}

/** Ascending. */
function readBuckets(node: YamlNode): number[] {
  const buckets = node.list().map((bucket) => bucket.number());
  buckets.forEach((bucket, i) => {
    if (i > 0 && bucket <= buckets[i - 1]!) node.fail(`${bucket} does not ascend behind ${buckets[i - 1]}`);
  });
  return buckets;
}

function readShared(fields: Fields, base: ServiceGraphSettings | SpanMetricsSettings) {
  return {
    histogramBuckets: fields.read('histogram_buckets', readBuckets, base.histogramBuckets),
    dimensions: fields.read('dimensions', (v) => v.strings(), base.dimensions),
    filterPolicies: fields.read('filter_policies', (v) => v.list().map(readPolicy), base.filterPolicies),
    spanMultiplierKey: fields.read('span_multiplier_key', (v) => v.string(), base.spanMultiplierKey),
  };
}

function readServiceGraphs(
  node: YamlNode,
  base: ServiceGraphSettings,
  warnings: Warnings,
): ServiceGraphSettings {
  const fields = node.fields(SERVICE_GRAPH_KEYS);
  const flag = (key: string, fallback: boolean) => fields.read(key, (v) => v.boolean(), fallback);
  const workers = fields.get('workers');
  if (workers) warnings.add(workers, 'has no meaning here and is ignored');
  return {
    ...readShared(fields, base),
    waitMs: fields.read('wait', readSpan, base.waitMs),
    maxItems: fields.read('max_items', (v) => v.count(), base.maxItems),
    enableClientServerPrefix: flag('enable_client_server_prefix', base.enableClientServerPrefix),
    enableVirtualNodeLabel: flag('enable_virtual_node_label', base.enableVirtualNodeLabel),
    enableMessagingSystemLatencyHistogram: flag(
      'enable_messaging_system_latency_histogram',
      base.enableMessagingSystemLatencyHistogram,
    ),
    peerAttributes: fields.read('peer_attributes', (v) => v.strings(), base.peerAttributes),
    databaseNameAttributes: fields.read(
      'database_name_attributes',
      (v) => v.strings(),
      base.databaseNameAttributes,
    ),
  };
}

function readSpanMetrics(node: YamlNode, base: SpanMetricsSettings): SpanMetricsSettings {
  const fields = node.fields(SPAN_METRICS_KEYS);
  const flag = (key: string, fallback: boolean) => fields.read(key, (v) => v.boolean(), fallback);
  const own = fields.get('intrinsic_dimensions')?.fields(INTRINSIC_DIMENSIONS);
  const intrinsicDimensions = { ...base.intrinsicDimensions };
  for (const dimension of INTRINSIC_DIMENSIONS) {
    const on = own?.get(dimension)?.boolean();
    if (on !== undefined) intrinsicDimensions[dimension] = on;
  }
  return {
    ...readShared(fields, base),
    intrinsicDimensions,
    dimensionMappings: fields.read(
      'dimension_mappings',
      (v) => v.list().map(readMapping),
      base.dimensionMappings,
    ),
    enableTargetInfo: flag('enable_target_info', base.enableTargetInfo),
    targetInfoExcludedDimensions: fields.read(
      'target_info_excluded_dimensions',
      (v) => v.strings(),
      base.targetInfoExcludedDimensions,
    ),
    enableInstanceLabel: flag('enable_instance_label', base.enableInstanceLabel),
  };
}

function readMapping(node: YamlNode): DimensionMapping {
  // Tempo's own source has `source_labels`; some of its pages say `source_label`.
  const fields = node.fields(['name', 'source_labels', 'join']);
  const sources = fields.require('source_labels');
  const sourceLabels = sources.strings();
  if (sourceLabels.length === 0) sources.fail('names no attribute');
  const name = fields.require('name').string();
  if (name === '') node.fail('the name is empty');
  return { name, sourceLabels, join: fields.read('join', (v) => v.string(), '') };
}

function readPolicy(node: YamlNode): FilterPolicy {
  const fields = node.fields(['include', 'include_any', 'exclude']);
  const policy = {
    include: fields.get('include') && readMatch(fields.require('include')),
    includeAny: fields.get('include_any') && readMatch(fields.require('include_any')),
    exclude: fields.get('exclude') && readMatch(fields.require('exclude')),
  };
  if (!policy.include && !policy.includeAny && !policy.exclude) {
    node.fail('a policy needs include, include_any or exclude');
  }
  return policy;
}

function readMatch(node: YamlNode): PolicyMatch {
  const fields = node.fields(['match_type', 'attributes']);
  const isRegex = fields.require('match_type').oneOf(['strict', 'regex'] as const) === 'regex';
  return fields.read('attributes', (v) => v.list().map((a) => readAttribute(a, isRegex)), []);
}

const PROPERTIES: Readonly<Record<string, 'name' | 'kind' | 'status'>> = {
  name: 'name',
  'span:name': 'name',
  kind: 'kind',
  'span:kind': 'kind',
  status: 'status',
  'span:status': 'status',
};

function readAttribute(node: YamlNode, isRegex: boolean): PolicyAttribute {
  const fields = node.fields(['key', 'value']);
  const keyNode = fields.require('key');
  const valueNode = fields.require('value');
  const key = keyNode.string();
  const property = PROPERTIES[key];
  const found = /^(span|resource)\.(?:"((?:[^"\\]|\\.)*)"|(.+))$/.exec(key);
  if (!property && !found) {
    keyNode.fail(`expected name, kind, status, span.NAME or resource.NAME, got ${JSON.stringify(key)}`);
  }
  const target = property
    ? { scope: property, key: '' }
    : { scope: found![1] as 'span' | 'resource', key: found![2]?.replace(/\\(.)/g, '$1') ?? found![3]! };
  if (isRegex) {
    const value = valueNode.string();
    valueNode.parsed(compileSearch);
    return { ...target, value: { type: 'regex', value } };
  }
  const words = property === 'kind' ? KIND_TEXTS : property === 'status' ? STATUS_TEXTS : undefined;
  if (words) return { ...target, value: { type: 'string', value: valueNode.oneOf(words) } };
  if (property) return { ...target, value: { type: 'string', value: valueNode.string() } };
  return { ...target, value: valueNode.typed() };
}
