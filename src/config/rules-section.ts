/** `rule_files` and `trilite.rules`: files of rule groups, by the language of their expressions; and finding the files. */

import { globSync, readFileSync } from 'node:fs';
import { RULE_LANGUAGES } from '../rules/rule-group.ts';
import { type AlertSettings, DEFAULT_ALERT_SETTINGS } from '../rules/rule-settings.ts';
import { ConfigError } from './config-error.ts';
import type { RuleSource } from './settings.ts';
import type { YamlNode } from './yaml-node.ts';

export function readRuleSources(node: YamlNode): RuleSource[] {
  return node.list().map((item) => {
    const fields = item.fields(['language', 'files']);
    return {
      language: fields.require('language').oneOf(RULE_LANGUAGES),
      files: fields
        .require('files')
        .list()
        .map((file) => ({ pattern: file.filePath(), position: file.position })),
    };
  });
}

/** Asterisks in the last part of a path alone, as Prometheus has it. */
const GLOB = /^[^*]*(\*[^/]*)?$/;

/** `rule_files`: PromQL. */
export function readRuleFileGlobs(node: YamlNode): RuleSource[] {
  const files = node.list().map((item) => {
    const path = item.string();
    if (!GLOB.test(path)) item.fail(`invalid rule file path ${JSON.stringify(path)}`);
    return { pattern: item.filePath(), position: item.position };
  });
  return files.length === 0 ? [] : [{ language: 'promql', files, allowsMissing: true }];
}

/** `trilite.slo_files` */
export function readSloFiles(node: YamlNode): RuleSource[] {
  const files = node.list().map((file) => ({ pattern: file.filePath(), position: file.position }));
  return files.length === 0 ? [] : [{ language: 'promql', form: 'slo', files }];
}

/** `trilite.alerts` */
export function readRuleAlerts(node: YamlNode): AlertSettings {
  const d = DEFAULT_ALERT_SETTINGS;
  const fields = node.fields(['for_outage_tolerance', 'for_grace_period', 'resend_delay']);
  const duration = (key: string, fallback: number) => fields.read(key, (v) => v.durationMs(), fallback);
  return {
    outageToleranceMs: duration('for_outage_tolerance', d.outageToleranceMs),
    gracePeriodMs: duration('for_grace_period', d.gracePeriodMs),
    resendDelayMs: duration('resend_delay', d.resendDelayMs),
  };
}

export interface RuleFile {
  readonly file: string;
  readonly text: string;
}

/**
 * The files of a source, each once, in the order of their names within a glob. Throws `ConfigError`. `onMissing` is told of a
 * file that is named and may be missing.
 */
export function readRuleFiles(
  { files, allowsMissing }: RuleSource,
  onMissing: (what: string) => void = () => {},
): RuleFile[] {
  const found = new Set<string>();
  for (const { pattern, position } of files) {
    const matches = globSync(pattern).sort();
    // A glob may well match nothing yet; a plain name is meant.
    if (matches.length === 0 && !/[*?[{]/.test(pattern)) {
      const what = `${position}: there is no file ${pattern}`;
      if (!allowsMissing) throw new ConfigError(what);
      onMissing(what);
    }
    for (const match of matches) found.add(match);
  }
  return [...found].map((file) => ({ file, text: readText(file) }));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`cannot read ${file}: ${(error as Error).message}`);
  }
}
