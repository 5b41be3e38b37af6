/** `trilite check config FILE…`: a configuration with everything that it names, as promtool checks it. */

import { globSync, readFileSync } from 'node:fs';
import type { ServerTlsSettings } from '../base/server-tls.ts';
import { readServerMaterial } from '../base/server-tls-material.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Config, RuleSource } from '../config/settings.ts';
import { readTargetFile } from '../config/target-file.ts';
import { checkUnheededSections } from '../config/unheeded-sections.ts';
import { readConfig } from '../config.ts';
import { formatDuration } from '../model/duration.ts';
import type { RuleFileForm } from '../rules/check-file.ts';
import type { RuleLanguageName } from '../rules/rule-group.ts';
import type { FileDiscoveryConfig } from '../scrape/discovery/discovery-config.ts';
import { expandPattern } from '../scrape/discovery/path-pattern.ts';
import type { ScrapeConfig } from '../scrape/scrape-config.ts';
import type { TargetGroup } from '../scrape/target.ts';
import { checkClientFiles } from './check-client-files.ts';
import { checkRuleFiles, exitCode, type RuleCheckOptions } from './check-rules.ts';
import { checkAlertmanagerTargets, checkScrapeTargets } from './check-targets.ts';
import type { Output } from './output.ts';

export interface ConfigCheckOptions {
  /** Nothing that the file names is looked at. */
  readonly isSyntaxOnly: boolean;
  readonly isAgent: boolean;
  readonly rules: Omit<RuleCheckOptions, 'language'>;
  /** A scrape interval from here on is too long; 0: none is. */
  readonly lookbackMs: number;
}

interface Found {
  readonly rules: readonly {
    readonly file: string;
    readonly language: RuleLanguageName;
    readonly form?: RuleFileForm | undefined;
  }[];
  readonly jobs: readonly ScrapeConfig[];
}

const NOTHING: Found = { rules: [], jobs: [] };

/** Resolves with the exit code. */
export async function checkConfigFiles(
  files: readonly string[],
  options: ConfigCheckOptions,
  output: Output,
): Promise<number> {
  let [hasErrors, hasLint] = [false, false];
  for (const file of files) {
    output.out(`Checking ${file}`);
    let found = NOTHING;
    try {
      found = await checkOne(file, options, output);
      if (found.rules.length > 0) output.out(`  SUCCESS: ${found.rules.length} rule files found`);
      output.out(` SUCCESS: ${file} is valid prometheus config file syntax`);
    } catch (error) {
      const { name, code, message } = error as NodeJS.ErrnoException;
      if (name !== 'ConfigError' && code === undefined) throw error;
      output.err(`  FAILED: ${message}`);
      hasErrors = true;
    }
    output.out('');
    if (options.isSyntaxOnly) continue;
    hasLint = lintIntervals(found.jobs, options.lookbackMs, output) || hasLint;
    for (const { file: ruleFile, language, form } of found.rules) {
      const verdict = await checkRuleFiles([ruleFile], { ...options.rules, language, form }, output);
      hasErrors ||= verdict.hasErrors;
      hasLint ||= verdict.hasLint;
    }
  }
  return exitCode({ hasErrors, hasLint }, options.rules.lint.fatal);
}

/** Throws `ConfigError`, or the system's error of a file that is named. */
async function checkOne(file: string, options: ConfigCheckOptions, output: Output): Promise<Found> {
  const { isSyntaxOnly, isAgent } = options;
  const config = await readConfig(file, isSyntaxOnly ? 'this file' : 'all files');
  checkUnheededSections(file, readFileSync(file, 'utf8'), isAgent);
  for (const warning of config.warnings) output.out(`  WARNING: ${warning}`);
  const rules = isSyntaxOnly ? [] : config.ruleSources.flatMap(ruleFilesOf);
  for (const job of config.scrapeConfigs) checkScrapeTargets(job.staticConfigs, job);
  const { alertmanagers, nameValidation } = config.alerting;
  for (const set of alertmanagers) checkAlertmanagerTargets(set.staticConfigs, set, nameValidation);
  if (!isSyntaxOnly) {
    checkClientFiles(config, output);
    if (config.tls) await checkServerTls(config.tls);
    await checkTargetFiles(config, output);
  }
  return { rules, jobs: config.scrapeConfigs };
}

/** Whether the server could start with it. */
async function checkServerTls(settings: ServerTlsSettings): Promise<void> {
  try {
    await readServerMaterial(settings);
  } catch (error) {
    throw new ConfigError(`cannot serve TLS: ${(error as Error).message}`);
  }
}

function ruleFilesOf({ files, language, form }: RuleSource): Found['rules'] {
  return files.flatMap(({ pattern }) => {
    const found = globSync(pattern).sort();
    // A glob may well match nothing yet; a plain name is meant.
    if (found.length === 0 && !pattern.includes('*')) {
      throw new ConfigError(`${JSON.stringify(pattern)} does not point to an existing file`);
    }
    return found.map((file) => ({ file, language, form }));
  });
}

async function checkTargetFiles({ scrapeConfigs, alerting }: Config, output: Output): Promise<void> {
  for (const job of scrapeConfigs) {
    const where = `for file_sd in scrape job ${JSON.stringify(job.jobName)}`;
    for (const file of await targetFiles(job.fileDiscovery, where, output)) {
      checkScrapeTargets(targetsOf(file), job);
    }
  }
  for (const set of alerting.alertmanagers) {
    const where = 'for file_sd in alertmanager config';
    for (const file of await targetFiles(set.fileDiscovery, where, output)) {
      checkAlertmanagerTargets(targetsOf(file), set, alerting.nameValidation);
    }
  }
}

/** The files that are there; of a pattern without any there is a warning. */
async function targetFiles(
  discovery: readonly FileDiscoveryConfig[],
  where: string,
  output: Output,
): Promise<string[]> {
  const all: string[] = [];
  for (const pattern of discovery.flatMap(({ files }) => files)) {
    const found = await expandPattern(pattern);
    if (found.length === 0) {
      output.out(`  WARNING: file ${JSON.stringify(pattern)} ${where} does not exist`);
    }
    all.push(...found);
  }
  return all;
}

function targetsOf(file: string): TargetGroup[] {
  try {
    return readTargetFile(file);
  } catch (error) {
    throw new ConfigError(`checking SD file ${JSON.stringify(file)}: ${(error as Error).message}`);
  }
}

/** Whether some job is scraped so seldom that its samples are forgotten before the next. */
function lintIntervals(jobs: readonly ScrapeConfig[], lookbackMs: number, output: Output): boolean {
  const slow = lookbackMs > 0 ? jobs.find((job) => job.scrapeIntervalMs >= lookbackMs) : undefined;
  if (!slow) return false;
  const what = 'too long scrape interval found, data point will be marked as stale';
  const interval = formatDuration(slow.scrapeIntervalMs);
  output.err(`  FAILED: ${what} - job: ${slow.jobName}, interval: ${interval}`);
  return true;
}
