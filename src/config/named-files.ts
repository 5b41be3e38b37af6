/**
 * What a configuration names outside of itself, for who checks it whole: rule files, jobs in files of their own, targets of
 * Alertmanagers. The configuration has been read, and is known to be good, by `file.ts`.
 */

import * as yaml from 'yaml';
import type { RelabelConfig } from '../model/relabel.ts';
import { RULE_LANGUAGES, type RuleLanguageName } from '../rules/rule-group.ts';
import type { DiscoveryConfig } from '../scrape/discovery/discovery-config.ts';
import { DEFAULT_SCRAPE_CONFIG, type ScrapeConfig } from '../scrape/scrape-config.ts';
import { ConfigError } from './config-error.ts';
import { DISCOVERY_KEYS, readDiscovery } from './discovery-section.ts';
import { readScrapeConfigFiles } from './scrape-config-files.ts';
import { JOB_DEFAULT_KEYS, readJobDefaults, readRelabel } from './scrape-section.ts';
import type { Config } from './settings.ts';
import { checkUnheededSections } from './unheeded-sections.ts';
import { Warnings } from './warnings.ts';
import { type Fields, parseYaml, type YamlNode } from './yaml-node.ts';

const KEYS: readonly string[] = [
  ...[
    'global',
    'alerting',
    'rule_files',
    'scrape_config_files',
    'remote_read',
    'tracing',
    'runtime',
    'trilite',
  ],
];
/** Asterisks in the last part of a path alone. */
const GLOB = /^[^*]*(\*[^/]*)?$/;

export interface NamedRules {
  readonly language: RuleLanguageName;
  /** A path or a glob. */
  readonly pattern: string;
}

export interface NamedAlertmanagers extends DiscoveryConfig {
  readonly relabelConfigs: readonly RelabelConfig[];
}

export interface NamedFiles {
  readonly rules: readonly NamedRules[];
  /** Those of `scrape_config_files`. */
  readonly furtherJobs: () => ScrapeConfig[];
  readonly alertmanagers: readonly NamedAlertmanagers[];
}

/** `isAgent`: what an agent does not do may not stand there. Throws `ConfigError`. */
export function readNamedFiles({ file, scrapeConfigs }: Config, text: string, isAgent: boolean): NamedFiles {
  const warnings = new Warnings();
  const fields = parseYaml(yaml, file!, text)?.known(KEYS);
  if (!fields) return { rules: [], furtherJobs: () => [], alertmanagers: [] };
  if (isAgent) refuseForAgent(fields);
  checkUnheededSections(fields, warnings);
  const defaults = fields.read(
    'global',
    (v) => readJobDefaults(v.known(JOB_DEFAULT_KEYS), DEFAULT_SCRAPE_CONFIG, warnings),
    DEFAULT_SCRAPE_CONFIG,
  );
  const globs = fields.read('scrape_config_files', (v) => v.list().map(readGlob('scrape config')), []);
  return {
    rules: [
      ...fields.read('rule_files', (v) => v.list().map(readGlob('rule')), []).map(ofPromql),
      ...fields.read('trilite', readOwnRules, []),
    ],
    furtherJobs: () => readScrapeConfigFiles(globs, { yaml, defaults, jobs: scrapeConfigs, warnings }),
    alertmanagers: fields.read('alerting', (v) => readAlertmanagers(v, defaults, warnings), []),
  };
}

function refuseForAgent(fields: Fields): void {
  for (const key of ['alerting', 'rule_files', 'remote_read']) {
    const node = fields.get(key);
    const isGiven = node?.isList ? node.list().length > 0 : node?.isMap && node.entries().length > 0;
    if (isGiven) throw new ConfigError(`field ${key} is not allowed in agent mode`);
  }
}

function readGlob(what: string): (node: YamlNode) => string {
  return (node) => {
    const path = node.string();
    return GLOB.test(path) ? node.filePath() : node.fail(`invalid ${what} file path ${JSON.stringify(path)}`);
  };
}

function ofPromql(pattern: string): NamedRules {
  return { language: 'promql', pattern };
}

function readOwnRules(node: YamlNode): NamedRules[] {
  const sources = node.known(['rules']).read('rules', (v) => v.list(), []);
  return sources.flatMap((source) => {
    const fields = source.known(['language', 'files']);
    const language = fields.require('language').oneOf(RULE_LANGUAGES);
    const files = fields.require('files').list();
    return files.map((file) => ({ language, pattern: file.filePath() }));
  });
}

function readAlertmanagers(
  node: YamlNode,
  { nameValidation }: ScrapeConfig,
  warnings: Warnings,
): NamedAlertmanagers[] {
  const list = node.known(['alertmanagers']).read('alertmanagers', (v) => v.list(), []);
  return list.map((item) => ({
    ...readDiscovery(item.known(DISCOVERY_KEYS), warnings),
    relabelConfigs: item
      .known(['relabel_configs'])
      .read('relabel_configs', (v) => v.list().map((rule) => readRelabel(rule, nameValidation)), []),
  }));
}
