/**
 * The configuration file: a `prometheus.yml` as it is, plus `trilite:` (and Tempo's `metrics_generator:`, which may also
 * stand there as it is in Tempo's file). What Prometheus knows and Trilite has no
 * use for is named in a warning; any other key is an error. Sections that are not built are checked no deeper
 * than their presence.
 */

import { readFileSync } from 'node:fs';
import type { OtlpTranslationStrategy } from '../model/otlp-options.ts';
import type { NameValidation } from '../model/relabel.ts';
import { DEFAULT_SCRAPE_CONFIG, type ScrapeConfig } from '../scrape/scrape-config.ts';
import { readAlerting } from './alerting-section.ts';
import { ConfigError } from './config-error.ts';
import type { Environment } from './environment.ts';
import { maskSecrets } from './masked.ts';
import { readStringMap } from './node-values.ts';
import { readOwnSection } from './own-section.ts';
import { readRuleFileGlobs } from './rules-section.ts';
import { readScrapeFileGlobs, readScrapeFiles } from './scrape-files.ts';
import { JOB_DEFAULT_KEYS, readJobDefaults, readScrapeConfigs } from './scrape-section.ts';
import { type Config, DEFAULT_CONFIG } from './settings.ts';
import { Warnings } from './warnings.ts';
import { parseYaml, type YamlNode } from './yaml-node.ts';

const ROOT_KEYS: readonly string[] = [
  'global',
  'runtime',
  'scrape_configs',
  'scrape_config_files',
  'rule_files',
  'alerting',
  'remote_write',
  'remote_read',
  'storage',
  'otlp',
  'tracing',
  'metrics_generator',
  'trilite',
];

const UNSUPPORTED_SECTIONS: readonly string[] = ['runtime', 'tracing'];

const GLOBAL_KEYS: readonly string[] = [
  'evaluation_interval',
  'query_log_file',
  'external_labels',
  'rule_query_offset',
  ...JOB_DEFAULT_KEYS,
];

/** Whose jobs are read: those of the files that `scrape_config_files` names too, or of this file alone. */
export type JobSources = 'all files' | 'this file';

/** Reads the file over the defaults. Throws `ConfigError`. */
export async function readConfigFile(
  file: string,
  environment: Environment,
  jobSources: JobSources = 'all files',
): Promise<Config> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError(`cannot read ${file}: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  }
  return parseConfigFile(file, text, environment, jobSources);
}

/** As `readConfigFile`, from the text. */
export async function parseConfigFile(
  file: string,
  text: string,
  environment: Environment,
  jobSources: JobSources = 'all files',
): Promise<Config> {
  const yaml = await import('yaml');
  const root = parseYaml(yaml, file, text, environment);
  const foreign = root && (await foreignName(file, root));
  if (foreign) throw new ConfigError(`${file} is ${foreign}`);
  const base: Config = { ...DEFAULT_CONFIG, file, fileText: maskSecrets(yaml, text), selfScrape: false };
  return root ? readRoot(yaml, root, base, environment, jobSources) : base;
}

/** What the file is where its first key that is not ours makes it look like another system's. */
async function foreignName(file: string, root: YamlNode): Promise<string | undefined> {
  const isOurs = !root.isMap || root.entries().every(([key]) => ROOT_KEYS.includes(key));
  if (isOurs) return undefined;
  return (await import('./originals/foreign-file.ts')).foreignFile(file, root.plain());
}

async function readRoot(
  yaml: typeof import('yaml'),
  root: YamlNode,
  base: Config,
  environment: Environment,
  jobSources: JobSources,
): Promise<Config> {
  const warnings = new Warnings();
  const fields = root.fields(ROOT_KEYS);
  for (const key of UNSUPPORTED_SECTIONS) {
    const value = fields.get(key);
    if (value) warnings.add(value, 'is not supported and is ignored');
  }
  const global = fields.get('global')?.fields(GLOBAL_KEYS);
  const jobDefaults: ScrapeConfig = global
    ? readJobDefaults(global, DEFAULT_SCRAPE_CONFIG)
    : DEFAULT_SCRAPE_CONFIG;
  const main = fields.read('scrape_configs', (v) => readScrapeConfigs(v, jobDefaults, warnings), []);
  const jobs = { main, defaults: jobDefaults };
  const scrapeFiles = fields.read('scrape_config_files', readScrapeFileGlobs, []);
  const further =
    jobSources === 'this file'
      ? []
      : fields.read('scrape_config_files', (v) => readScrapeFiles(yaml, v, jobs, warnings), []);
  let config: Config = {
    ...base,
    scrapeConfigs: [...main, ...further],
    scrapeFiles,
    monitorDefaults: global ? readJobDefaults(global, base.monitorDefaults) : base.monitorDefaults,
    ruleSources: fields.read('rule_files', readRuleFileGlobs, base.ruleSources),
    alerting: fields.read(
      'alerting',
      (v) => readAlerting(v, base.alerting, jobDefaults.nameValidation, warnings),
      base.alerting,
    ),
    otlp: fields.read('otlp', (v) => readOtlp(v, base.otlp, jobDefaults.nameValidation), base.otlp),
  };
  if (global) {
    const duration = (key: string, fallback: number) => global.read(key, (v) => v.durationMs(), fallback);
    const evaluationIntervalMs = duration('evaluation_interval', base.evaluationIntervalMs);
    config = {
      ...config,
      evaluationIntervalMs,
      query: { ...base.query, subqueryStepMs: evaluationIntervalMs || base.query.subqueryStepMs },
      queryLog: {
        ...base.queryLog,
        file: global.read('query_log_file', (v) => (v.string() === '' ? undefined : v.filePath()), undefined),
      },
      ruleQueryOffsetMs: duration('rule_query_offset', base.ruleQueryOffsetMs),
      externalLabels: global.read('external_labels', (v) => readExternalLabels(v, environment, warnings), {}),
    };
  }
  const remoteWrites = fields.get('remote_write');
  if (remoteWrites) {
    const { readRemoteWrites } = await import('./remote-write-section.ts');
    config = {
      ...config,
      remoteWrites: readRemoteWrites(remoteWrites, jobDefaults.nameValidation, warnings),
    };
  }
  const remoteReads = fields.get('remote_read');
  if (remoteReads) {
    const { readRemoteReads } = await import('./remote-read-section.ts');
    config = { ...config, remoteReads: readRemoteReads(remoteReads, warnings) };
  }
  const storage = fields.get('storage');
  if (storage) config = readStorage(storage, config, warnings);
  const generator = fields.get('metrics_generator');
  if (generator) {
    const { readMetricsGenerator } = await import('./metrics-generator-section.ts');
    const settings = readMetricsGenerator(generator, config.metricsGenerator, warnings);
    config = { ...config, metricsGenerator: settings };
  }
  const own = fields.get('trilite');
  if (own) config = await readOwnSection(own, config, environment, warnings);
  return { ...config, warnings: [...config.warnings, ...warnings.lines] };
}

/** `$NAME`, `${NAME}` and `$$` are expanded, here and nowhere else. */
function readExternalLabels(
  node: YamlNode,
  environment: Environment,
  warnings: Warnings,
): Record<string, string> {
  const out = readStringMap(node);
  for (const [name, value] of Object.entries(out)) {
    if (name === '') node.fail('"" is not a valid label name');
    out[name] = value.replace(
      /\$(?:(\$)|(\w+)|\{([^}]*)\})/g,
      (_, dollar?: string, bare?: string, braced?: string) => {
        if (dollar) return '$';
        const variable = bare ?? braced ?? '';
        const found = environment[variable];
        if (found === undefined) warnings.add(node, `uses $${variable}, which is not set`);
        return found ?? '';
      },
    );
  }
  return out;
}

function readStorage(node: YamlNode, config: Config, warnings: Warnings): Config {
  const fields = node.fields(['tsdb', 'exemplars']);
  const tsdb = fields
    .get('tsdb')
    ?.fields([
      ...['out_of_order_time_window', 'retention', 'stale_series_compaction_threshold', 'chunk_encoding'],
    ]);
  const outOfOrderWindowMs = tsdb?.get('out_of_order_time_window')?.durationMs();
  const threshold = tsdb?.get('stale_series_compaction_threshold');
  if (threshold) warnings.add(threshold, 'has no meaning here and is ignored');
  const encoding = tsdb?.get('chunk_encoding');
  encoding?.fields(['floats']).read('floats', (v) => v.oneOf(['', 'xor', 'xor2']), '');
  if (encoding) warnings.add(encoding, 'has no meaning here and is ignored');
  const retention = tsdb?.get('retention')?.fields(['time', 'size', 'percentage']);
  const percentage = retention?.get('percentage');
  if (percentage && !(percentage.number() <= 100)) percentage.fail('must be in the range [0, 100]');
  if (percentage) warnings.add(percentage, 'is not supported and is ignored: give a size');
  const size = retention?.get('size')?.sizeBytes();
  const time = retention?.get('time')?.durationMs();
  const exemplars = fields.get('exemplars')?.fields(['max_exemplars'])?.get('max_exemplars');
  if (exemplars) warnings.add(exemplars, 'has no meaning here: exemplars are kept as long as samples');
  return {
    ...config,
    outOfOrderWindowMs,
    retentionMs: time === undefined ? config.retentionMs : { ...config.retentionMs, metrics: time },
    ...(size !== undefined && { retention: { ...config.retention, sizeBytes: { metrics: size } } }),
  };
}

const TRANSLATION_STRATEGIES: readonly OtlpTranslationStrategy[] = [
  'UnderscoreEscapingWithSuffixes',
  'UnderscoreEscapingWithoutSuffixes',
  'NoUTF8EscapingWithSuffixes',
  'NoTranslation',
];

function readOtlp(node: YamlNode, base: Config['otlp'], names: NameValidation): Config['otlp'] {
  const fields = node.fields([
    ...['translation_strategy', 'promote_resource_attributes', 'promote_all_resource_attributes'],
    ...['ignore_resource_attributes', 'keep_identifying_resource_attributes', 'promote_scope_metadata'],
    ...['convert_histograms_to_nhcb', 'label_name_underscore_sanitization'],
    'label_name_preserve_multiple_underscores',
  ]);
  const flag = (key: string, fallback: boolean) => fields.read(key, (v) => v.boolean(), fallback);
  const all = flag('promote_all_resource_attributes', base.promoteAllResourceAttributes);
  const promoted = fields.read('promote_resource_attributes', readAttributeNames, []);
  const ignored = fields.read('ignore_resource_attributes', readAttributeNames, []);
  if (all && promoted.length > 0) {
    node.fail('promote_all_resource_attributes and promote_resource_attributes exclude each other');
  }
  if (!all && ignored.length > 0) {
    node.fail('ignore_resource_attributes needs promote_all_resource_attributes');
  }
  const strategy = fields.read('translation_strategy', (v) => v.oneOf(TRANSLATION_STRATEGIES), base.strategy);
  if (names === 'legacy' && strategy.startsWith('No')) {
    node.fail(`the translation strategy ${JSON.stringify(strategy)} makes names that are not allowed here`);
  }
  return {
    ...base,
    strategy,
    promoteResourceAttributes: promoted,
    promoteAllResourceAttributes: all,
    ignoreResourceAttributes: ignored,
    keepIdentifyingResourceAttributes: fields.read(
      'keep_identifying_resource_attributes',
      (v) => v.boolean(),
      base.keepIdentifyingResourceAttributes,
    ),
    promoteScopeMetadata: flag('promote_scope_metadata', base.promoteScopeMetadata),
    convertHistogramsToNhcb: flag('convert_histograms_to_nhcb', base.convertHistogramsToNhcb),
    labelNameUnderscoreSanitization: flag(
      'label_name_underscore_sanitization',
      base.labelNameUnderscoreSanitization,
    ),
    labelNamePreserveMultipleUnderscores: flag(
      'label_name_preserve_multiple_underscores',
      base.labelNamePreserveMultipleUnderscores,
    ),
  };
}

/** Trimmed; none empty, none twice. */
function readAttributeNames(node: YamlNode): string[] {
  const seen = new Set<string>();
  return node.list().map((item) => {
    const name = item.string().trim();
    if (name === '') item.fail('an attribute name is empty');
    if (seen.has(name)) item.fail(`${JSON.stringify(name)} is named twice`);
    seen.add(name);
    return name;
  });
}
