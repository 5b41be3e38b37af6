/** `global:` and `scrape_configs:` of the configuration file: from YAML to `ScrapeConfig`, defaults filled in. */

import {
  compileRelabel,
  DEFAULT_RELABEL_CONFIG,
  isTargetTemplate,
  type NameValidation,
  RELABEL_ACTIONS,
  type RelabelConfig,
} from '../model/relabel.ts';
import {
  DEFAULT_SCRAPE_CONFIG,
  defaultProtocols,
  type NameEscaping,
  SCRAPE_PROTOCOLS,
  type ScrapeConfig,
  type ScrapeProtocol,
} from '../scrape/scrape-config.ts';
import { checkStaticTargets, DISCOVERY_KEYS, readDiscovery } from './discovery-section.ts';
import { HTTP_CLIENT_KEYS, readHttpClient } from './http-client-section.ts';
import type { Warnings } from './warnings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

/** Stand in `global:` as the default of every job, and in a job for itself. */
export const JOB_DEFAULT_KEYS: readonly string[] = [
  'scrape_interval',
  'scrape_timeout',
  'scrape_protocols',
  'body_size_limit',
  'sample_limit',
  'label_limit',
  'label_name_length_limit',
  'label_value_length_limit',
  'target_limit',
  'keep_dropped_targets',
  'metric_name_validation_scheme',
  'metric_name_escaping_scheme',
  'scrape_native_histograms',
  'convert_classic_histograms_to_nhcb',
  'always_scrape_classic_histograms',
  'extra_scrape_metrics',
  'scrape_failure_log_file',
];

const ESCAPINGS: readonly NameEscaping[] = ['allow-utf-8', 'underscores', 'dots', 'values'];

const JOB_KEYS: readonly string[] = [
  ...['job_name', 'metrics_path', 'scheme', 'params', 'honor_labels', 'honor_timestamps'],
  ...['track_timestamps_staleness', 'enable_compression', 'fallback_scrape_protocol'],
  ...['native_histogram_bucket_limit', 'native_histogram_min_bucket_factor'],
  ...['relabel_configs', 'metric_relabel_configs'],
  ...JOB_DEFAULT_KEYS,
  ...HTTP_CLIENT_KEYS,
  ...DISCOVERY_KEYS,
];

/** What `global:` says of jobs, and a job of itself, over `base`. */
export function readJobDefaults(fields: Fields, base: ScrapeConfig): ScrapeConfig {
  const count = (key: string, fallback: number) => fields.read(key, (v) => v.count(), fallback);
  const flag = (key: string, fallback: boolean) => fields.read(key, (v) => v.boolean(), fallback);
  // 0 says nothing, as for the original.
  const duration = (key: string) => fields.read(key, (v) => v.durationMs(), 0);
  const interval = duration('scrape_interval') || base.scrapeIntervalMs;
  const timeoutNode = fields.get('scrape_timeout');
  const timeout = duration('scrape_timeout') || Math.min(base.scrapeTimeoutMs, interval);
  if (timeout > interval) timeoutNode?.fail('the scrape timeout is greater than the scrape interval');
  const failureLog = fields.get('scrape_failure_log_file');
  const native = flag('scrape_native_histograms', base.scrapeNativeHistograms);
  return {
    ...base,
    ...readNames(fields, base),
    scrapeIntervalMs: interval,
    scrapeTimeoutMs: timeout,
    scrapeNativeHistograms: native,
    scrapeProtocols: fields.read(
      'scrape_protocols',
      readProtocols,
      defaultProtocols(base.scrapeProtocols, native),
    ),
    convertClassicHistogramsToNhcb: flag(
      'convert_classic_histograms_to_nhcb',
      base.convertClassicHistogramsToNhcb,
    ),
    alwaysScrapeClassicHistograms: flag(
      'always_scrape_classic_histograms',
      base.alwaysScrapeClassicHistograms,
    ),
    extraScrapeMetrics: flag('extra_scrape_metrics', base.extraScrapeMetrics),
    bodySizeLimitBytes: fields.read('body_size_limit', readBodySize, base.bodySizeLimitBytes),
    sampleLimit: count('sample_limit', base.sampleLimit),
    labelLimit: count('label_limit', base.labelLimit),
    labelNameLengthLimit: count('label_name_length_limit', base.labelNameLengthLimit),
    labelValueLengthLimit: count('label_value_length_limit', base.labelValueLengthLimit),
    targetLimit: count('target_limit', base.targetLimit),
    keepDroppedTargets: count('keep_dropped_targets', base.keepDroppedTargets),
    ...(failureLog && failureLog.string() !== '' && { failureLogFile: failureLog.filePath() }),
  };
}

/** Without a unit it may mean anything, and the original does not take it. */
function readBodySize(node: YamlNode): number {
  const size = node.sizeBytes();
  return size > 0 && /^\d+$/.test(node.string()) ? node.fail('expected a size with a unit, as 10MB') : size;
}

/** Which names are taken, and how targets are asked to write the others. */
function readNames(
  fields: Fields,
  base: ScrapeConfig,
): { nameValidation: NameValidation; nameEscaping: NameEscaping } {
  const told = fields.get('metric_name_validation_scheme')?.oneOf<NameValidation>(['utf8', 'legacy']);
  const nameValidation = told ?? base.nameValidation;
  const natural = nameValidation === 'legacy' ? 'underscores' : 'allow-utf-8';
  const escaping = fields.get('metric_name_escaping_scheme');
  const nameEscaping = escaping?.oneOf(ESCAPINGS) ?? (told === undefined ? base.nameEscaping : natural);
  if (nameEscaping === 'allow-utf-8' && nameValidation === 'legacy') {
    escaping?.fail('allow-utf-8 needs the validation scheme utf8');
  }
  return { nameValidation, nameEscaping };
}

/** `defaults` is what `global:` says; `elsewhere` has the names of jobs in other files, and where those stand. */
export function readScrapeConfigs(
  node: YamlNode,
  defaults: ScrapeConfig,
  warnings: Warnings,
  elsewhere: ReadonlyMap<string, string> = new Map(),
): ScrapeConfig[] {
  const seen = new Set<string>();
  return node.list().map((item) => {
    const fields = item.fields(JOB_KEYS);
    const config = readJob(fields, defaults, warnings);
    const { jobName } = config;
    const twice = `found multiple scrape configs with job name ${JSON.stringify(jobName)}`;
    if (seen.has(jobName)) fields.require('job_name').fail(twice);
    const first = elsewhere.get(jobName);
    if (first !== undefined) fields.require('job_name').fail(`${twice}, first found in ${first}`);
    seen.add(jobName);
    return config;
  });
}

function readJob(fields: Fields, defaults: ScrapeConfig, warnings: Warnings): ScrapeConfig {
  const flag = (key: string, fallback: boolean) => fields.read(key, (v) => v.boolean(), fallback);
  const jobName = fields.require('job_name').string();
  if (jobName === '') fields.require('job_name').fail('a job needs a name');
  const base = readJobDefaults(fields, defaults);
  const d = DEFAULT_SCRAPE_CONFIG;
  const fallback = fields.read('fallback_scrape_protocol', (v) => v.oneOf(SCRAPE_PROTOCOLS), undefined);
  const relabelConfigs = (key: string) =>
    fields.read(key, (v) => v.list().map((r) => readRelabel(r, base.nameValidation)), []);
  const statics = fields.get('static_configs');
  if (statics && relabelConfigs('relabel_configs').length === 0) checkStaticTargets(statics);
  return {
    ...base,
    jobName,
    metricsPath: fields.read('metrics_path', (v) => v.string(), d.metricsPath),
    scheme: fields.read('scheme', (v) => v.oneOf(['http', 'https'] as const), d.scheme),
    params: fields.read('params', readParams, d.params),
    honorLabels: flag('honor_labels', d.honorLabels),
    honorTimestamps: flag('honor_timestamps', d.honorTimestamps),
    trackTimestampsStaleness: flag('track_timestamps_staleness', d.trackTimestampsStaleness),
    enableCompression: flag('enable_compression', d.enableCompression),
    nativeHistogramBucketLimit: fields.read('native_histogram_bucket_limit', (v) => v.count(), 0),
    nativeHistogramMinBucketFactor: fields.read('native_histogram_min_bucket_factor', (v) => v.number(), 0),
    ...(fallback && { fallbackScrapeProtocol: fallback }),
    ...readDiscovery(fields, warnings),
    relabelConfigs: relabelConfigs('relabel_configs'),
    metricRelabelConfigs: relabelConfigs('metric_relabel_configs'),
    client: readHttpClient(fields, warnings),
  };
}

/** In the order given. */
function readProtocols(node: YamlNode): ScrapeProtocol[] {
  const all = node.list().map((item) => item.oneOf(SCRAPE_PROTOCOLS));
  if (all.length === 0) node.fail('at least one protocol is needed');
  if (new Set(all).size !== all.length) node.fail('a protocol is named twice');
  return all;
}

function readParams(node: YamlNode): Record<string, readonly string[]> {
  const out: Record<string, readonly string[]> = {};
  for (const [name, values] of node.entries()) out[name] = values ? values.strings() : [];
  return out;
}

/** The action may be written in any case; a rule that contradicts itself is refused here. */
export function readRelabel(node: YamlNode, validation: NameValidation): RelabelConfig {
  const fields = node.fields([
    ...['source_labels', 'separator', 'regex', 'modulus', 'target_label', 'replacement', 'action'],
  ]);
  const d = DEFAULT_RELABEL_CONFIG;
  const text = (key: string, fallback: string) => fields.read(key, (v) => v.string(), fallback);
  const action = fields.read(
    'action',
    (v) =>
      RELABEL_ACTIONS.find((a) => a === v.string().toLowerCase()) ??
      v.fail(`expected one of ${RELABEL_ACTIONS.join(', ')}, got ${JSON.stringify(v.string())}`),
    d.action,
  );
  const config: RelabelConfig = {
    sourceLabels: fields.read('source_labels', (v) => v.strings(), d.sourceLabels),
    separator: text('separator', d.separator),
    regex: text('regex', d.regex),
    modulus: fields.read('modulus', (v) => v.count(), d.modulus),
    targetLabel: text('target_label', d.targetLabel),
    replacement: text('replacement', d.replacement),
    action,
  };
  try {
    compileRelabel([config]);
  } catch (error) {
    node.fail((error as Error).message);
  }
  if (config.targetLabel !== '' && !isTargetTemplate(config.targetLabel, validation)) {
    fields.require('target_label').fail(`${JSON.stringify(config.targetLabel)} is no label name`);
  }
  if (action === 'labelmap' && !isTargetTemplate(config.replacement, validation)) {
    node.fail(`${JSON.stringify(config.replacement)} is invalid 'replacement' for labelmap action`);
  }
  return config;
}
