/** `trilite check config FILE…`: a configuration with everything that it names, as promtool checks it. */

import { globSync, readFileSync, statSync } from 'node:fs';
import { ConfigError } from '../config/config-error.ts';
import { type NamedFiles, type NamedRules, readNamedFiles } from '../config/named-files.ts';
import { readTargetFile } from '../config/target-file.ts';
import { readConfig } from '../config.ts';
import { formatDuration } from '../model/duration.ts';
import type { RuleLanguageName } from '../rules/rule-group.ts';
import type { ScrapeConfig } from '../scrape/scrape-config.ts';
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
  readonly rules: readonly { readonly file: string; readonly language: RuleLanguageName }[];
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
    for (const { file: ruleFile, language } of found.rules) {
      const verdict = await checkRuleFiles([ruleFile], { ...options.rules, language }, output);
      hasErrors ||= verdict.hasErrors;
      hasLint ||= verdict.hasLint;
    }
  }
  return exitCode({ hasErrors, hasLint }, options.rules.lint.fatal);
}

/** Throws `ConfigError`, or the system's error of a file that is named. */
async function checkOne(file: string, options: ConfigCheckOptions, output: Output): Promise<Found> {
  const { isSyntaxOnly, isAgent } = options;
  const config = await readConfig(file);
  const named = readNamedFiles(config, readFileSync(file, 'utf8'), isAgent);
  for (const warning of config.warnings) output.out(`  WARNING: ${warning}`);
  const rules = isSyntaxOnly ? [] : named.rules.flatMap(ruleFilesOf);
  const jobs = isSyntaxOnly ? config.scrapeConfigs : [...config.scrapeConfigs, ...named.furtherJobs()];
  for (const job of jobs) {
    if (!isSyntaxOnly) checkCredentials(job);
    checkJobTargets(job, isSyntaxOnly, output);
  }
  for (const alertmanagers of named.alertmanagers) checkAlertmanagers(alertmanagers, isSyntaxOnly, output);
  return { rules, jobs };
}

function ruleFilesOf({ pattern, language }: NamedRules): Found['rules'] {
  const files = globSync(pattern).sort();
  // A glob may well match nothing yet; a plain name is meant.
  if (files.length === 0 && !pattern.includes('*')) {
    throw new ConfigError(`${JSON.stringify(pattern)} does not point to an existing file`);
  }
  return files.map((file) => ({ file, language }));
}

/** The server reads these when it scrapes, and would go on without them. */
function checkCredentials({ client }: ScrapeConfig): void {
  const { authorization, tls } = client;
  mustExist(authorization?.credentials.file, 'authorization credentials or bearer token file');
  mustExist(tls?.cert?.file, 'client cert file');
  mustExist(tls?.key?.file, 'client key file');
}

function mustExist(file: string | undefined, what: string): void {
  if (file === undefined || file === '') return;
  try {
    statSync(file);
  } catch (error) {
    throw new ConfigError(`error checking ${what} ${JSON.stringify(file)}: ${(error as Error).message}`);
  }
}

function checkJobTargets(job: ScrapeConfig, isSyntaxOnly: boolean, output: Output): void {
  checkScrapeTargets(job.staticConfigs, job);
  if (isSyntaxOnly) return;
  const where = `for file_sd in scrape job ${JSON.stringify(job.jobName)}`;
  for (const file of targetFiles(job.fileDiscovery, where, output)) {
    checkScrapeTargets(targetsOf(file), job);
  }
}

function checkAlertmanagers(
  alertmanagers: NamedFiles['alertmanagers'][number],
  isSyntaxOnly: boolean,
  output: Output,
): void {
  const { staticConfigs, fileDiscovery, relabelConfigs } = alertmanagers;
  checkAlertmanagerTargets(staticConfigs, relabelConfigs);
  if (isSyntaxOnly) return;
  for (const file of targetFiles(fileDiscovery, 'for file_sd in alertmanager config', output)) {
    checkAlertmanagerTargets(targetsOf(file), relabelConfigs);
  }
}

/** The files that are there; of a pattern without any there is a warning. */
function targetFiles(discovery: ScrapeConfig['fileDiscovery'], where: string, output: Output): string[] {
  return discovery.flatMap(({ files }) =>
    files.flatMap((pattern) => {
      const found = globSync(pattern).sort();
      if (found.length === 0) {
        output.out(`  WARNING: file ${JSON.stringify(pattern)} ${where} does not exist`);
      }
      return found;
    }),
  );
}

function targetsOf(file: string) {
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
