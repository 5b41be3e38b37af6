/** `trilite check rules FILE…`: what promtool says of rule files, in its words and with its exit codes. */

import { readFileSync } from 'node:fs';
import { RULE_YAML } from '../config/rule-group-yaml.ts';
import { checkRuleFile, checkSloFile, type RuleFileForm } from '../rules/check-file.ts';
import { type DuplicateRule, duplicateRules } from '../rules/duplicate-rules.ts';
import type { RuleLanguageName } from '../rules/rule-group.ts';
import type { Output } from './output.ts';

export const EXIT_FAILED = 1;
/** Nothing is wrong, but something is bad style, which was said to matter. */
export const EXIT_LINT = 3;

/** Stands for the file's name. */
const INPUT = 'standard input';

export interface RuleLint {
  readonly duplicates: boolean;
  /** Bad style is an exit code of its own. */
  readonly fatal: boolean;
}

export interface RuleCheckOptions {
  readonly language: RuleLanguageName;
  readonly form?: RuleFileForm | undefined;
  readonly lint: RuleLint;
  readonly unknownKeys: 'refused' | 'ignored';
}

/** Of one file or of several. */
export interface Verdict {
  readonly hasErrors: boolean;
  readonly hasLint: boolean;
}

export function exitCode({ hasErrors, hasLint }: Verdict, isLintFatal: boolean): number {
  if (hasErrors) return EXIT_FAILED;
  return hasLint && isLintFatal ? EXIT_LINT : 0;
}

/** Of each file in turn; a blank line ends what is said of one. */
export async function checkRuleFiles(
  files: readonly string[],
  options: RuleCheckOptions,
  output: Output,
): Promise<Verdict> {
  let [hasErrors, hasLint] = [false, false];
  for (const file of files) {
    output.out(`Checking ${file}`);
    const verdict = await checkOne(file, () => readFileSync(file, 'utf8'), options, output);
    hasErrors ||= verdict.hasErrors;
    hasLint ||= verdict.hasLint;
  }
  return { hasErrors, hasLint };
}

/** The same of what comes on standard input. */
export async function checkRuleInput(options: RuleCheckOptions, output: Output): Promise<Verdict> {
  output.out('Checking standard input');
  return checkOne(INPUT, () => readFileSync(process.stdin.fd, 'utf8'), options, output);
}

async function checkOne(
  file: string,
  read: () => string,
  { language, form, lint, unknownKeys }: RuleCheckOptions,
  output: Output,
): Promise<Verdict> {
  let text: string;
  try {
    text = read();
  } catch (error) {
    return failed([`${file}: ${(error as Error).message}`], output);
  }
  const { faults, groups } = await (form === 'slo'
    ? checkSloFile(file, text, RULE_YAML)
    : checkRuleFile(language, file, text, RULE_YAML, unknownKeys));
  // What comes from nowhere is not named.
  if (faults.length > 0)
    return failed(
      faults.map((fault) => fault.replace(`${INPUT}: `, '')),
      output,
    );
  const definitions = groups.map((group) => group.definition);
  const duplicates = lint.duplicates ? duplicateRules(definitions) : [];
  if (duplicates.length > 0) {
    output.err('  FAILED:');
    for (const line of duplicateLines(duplicates)) output.err(line);
  } else {
    const count = definitions.reduce((sum, { rules }) => sum + rules.length, 0);
    output.out(`  SUCCESS: ${count} rules found`);
  }
  output.out('');
  return { hasErrors: false, hasLint: duplicates.length > 0 };
}

function failed(lines: readonly string[], output: Output): Verdict {
  output.err('  FAILED:');
  for (const line of lines) output.err(line);
  return { hasErrors: true, hasLint: false };
}

function duplicateLines(duplicates: readonly DuplicateRule[]): string[] {
  return [
    `lint error ${duplicates.length} duplicate rule(s) found.`,
    ...duplicates.flatMap(({ name, labels }) => [
      `Metric: ${name}`,
      'Label(s):',
      ...Object.entries(labels.toObject()).map(([label, value]) => `\t${label}: ${value}`),
    ]),
    'Might cause inconsistency while recording expressions',
  ];
}
