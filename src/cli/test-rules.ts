/** `trilite test rules FILE…`: runs promtool's unit tests of rules, in its words and with its exit codes. */

import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { RULE_YAML } from '../config/rule-group-yaml.ts';
import { parseRuleTests } from '../config/rule-test-yaml.ts';
import { formatDuration } from '../model/duration.ts';
import type { SearchRegex } from '../model/regex.ts';
import { checkRuleFile } from '../rules/check-file.ts';
import { runRuleTest, type TestedGroup } from '../rules/unit-test/run-test.ts';
import type { RuleTestFile } from '../rules/unit-test/test-file.ts';
import { EXIT_FAILED } from './check-rules.ts';
import { type JunitSuite, junitXml } from './junit.ts';
import type { Output } from './output.ts';
import { dumpLines, failureText } from './rule-test-text.ts';

export interface RuleTestOptions {
  /** Only tests whose names match are run. */
  readonly run: SearchRegex | undefined;
  readonly isDiff: boolean;
  readonly isDebug: boolean;
  readonly unknownKeys: 'refused' | 'ignored';
  readonly junitFile: string | undefined;
}

/** Resolves with the exit code. */
export async function testRuleFiles(
  files: readonly string[],
  options: RuleTestOptions,
  output: Output,
): Promise<number> {
  const suites: JunitSuite[] = [];
  // Made before anything runs: where it cannot be, nobody waits in vain.
  if (options.junitFile !== undefined) writeFileSync(options.junitFile, '');
  for (const file of files) {
    const suite = await testFile(file, options, output);
    const problems = suite.error === undefined ? suite.cases.flatMap((one) => one.failures) : [suite.error];
    if (problems.length > 0) {
      output.err('  FAILED:');
      for (const problem of problems) {
        output.err(problem);
        output.out('');
      }
    } else output.out('  SUCCESS');
    output.out('');
    suites.push(suite);
  }
  if (options.junitFile !== undefined) writeFileSync(options.junitFile, junitXml(suites));
  const isFailed = suites.some((s) => s.error !== undefined || s.cases.some((c) => c.failures.length > 0));
  return isFailed ? EXIT_FAILED : 0;
}

async function testFile(file: string, options: RuleTestOptions, output: Output): Promise<JunitSuite> {
  let tests: RuleTestFile;
  try {
    tests = parseRuleTests(file, readFileSync(file, 'utf8'));
  } catch (error) {
    return { name: file, timestamp: '', cases: [], error: (error as Error).message };
  }
  const timestamp = new Date().toISOString().slice(0, 19);
  const ruleFiles = tests.ruleFiles.flatMap((pattern) => matching(pattern, output));
  const cases: { name: string; failures: string[] }[] = [];
  for (const [i, test] of tests.tests.entries()) {
    if (options.run && !options.run.test(test.name)) continue;
    const name = test.name || `unnamed#${i}`;
    cases.push({ name, failures: await runOne(name, i, tests, ruleFiles, options, output) });
  }
  return { name: file, timestamp, cases };
}

function matching(pattern: string, output: Output): string[] {
  const found = globSync(pattern).sort();
  if (found.length === 0) output.err(`  WARNING: no file match pattern ${pattern}`);
  return found;
}

async function runOne(
  name: string,
  index: number,
  tests: RuleTestFile,
  ruleFiles: readonly string[],
  { isDiff, isDebug, unknownKeys }: RuleTestOptions,
  output: Output,
): Promise<string[]> {
  const began = performance.now();
  if (isDebug) output.err(`DEBUG: Starting test ${name}`);
  const { groups, faults } = await loadGroups(ruleFiles, unknownKeys);
  if (faults.length > 0) return [...faults];
  const failures = await runRuleTest(tests.tests[index]!, {
    yaml: RULE_YAML,
    groups: inOrder(groups, tests.groupOrder),
    evaluationIntervalMs: tests.evaluationIntervalMs,
    fuzzyCompare: tests.fuzzyCompare,
    onDump: isDebug
      ? (all) => {
          output.err('DEBUG: Dump of all data (input_series and rules):');
          for (const line of dumpLines(all)) output.err(line);
        }
      : undefined,
  });
  if (isDebug) {
    const took = formatDuration(Math.round(performance.now() - began));
    output.err(`DEBUG: Test ${name} finished, took ${took}`);
  }
  return failures.map((failure) => failureText(failure, isDiff));
}

/** The groups of all files; of the first file that is not whole its faults. */
async function loadGroups(
  files: readonly string[],
  unknownKeys: RuleTestOptions['unknownKeys'],
): Promise<{ readonly groups: readonly TestedGroup[]; readonly faults: readonly string[] }> {
  const groups: TestedGroup[] = [];
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    const found = await checkRuleFile('promql', file, text, RULE_YAML, unknownKeys);
    if (found.faults.length > 0) return { groups: [], faults: found.faults };
    groups.push(...found.groups.map((checked) => ({ file, checked })));
  }
  return { groups, faults: [] };
}

/** Groups that are named come as they are named, the first of them beside those that are not. */
function inOrder(groups: readonly TestedGroup[], order: readonly string[]): TestedGroup[] {
  const rank = ({ checked }: TestedGroup) => Math.max(0, order.indexOf(checked.definition.name));
  return groups.toSorted((a, b) => rank(a) - rank(b));
}
