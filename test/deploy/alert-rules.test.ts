/** The rule files of `deploy/rules`: every alert has a guard, a test that fires it with all its texts, and one in which it must not. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { RULE_YAML } from '../../src/config/rule-group-yaml.ts';
import { parseRuleTests } from '../../src/config/rule-test-yaml.ts';
import { checkRuleFile } from '../../src/rules/check-file.ts';
import { duplicateRules } from '../../src/rules/duplicate-rules.ts';
import type { CheckedGroup, RuleDefinition, RuleLanguageName } from '../../src/rules/rule-group.ts';
import { runRuleTest } from '../../src/rules/unit-test/run-test.ts';
import { PROMTOOL, PROMTOOL_MISSING } from '../support/promtool.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const RULES = path.join(ROOT, 'deploy/rules');
/** What is counted by events, or is wrong from the first moment: waiting would only hide it. */
const AT_ONCE = new Set([
  ...['NodeOutOfMemoryKill', 'NodeRebooted', 'ContainerOutOfMemory', 'KubeContainerOutOfMemory'],
  ...['TriliteDamagedPages', 'LogPanic', 'LogOutOfMemory'],
]);

const filesOf = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yml'))
    .map((name) => path.join(folder, name));

async function groupsOf(file: string, language: RuleLanguageName): Promise<readonly CheckedGroup[]> {
  const { groups, faults } = await checkRuleFile(language, file, readFileSync(file, 'utf8'), RULE_YAML);
  assert.deepEqual(faults, []);
  return groups;
}

const alertsOf = (groups: readonly CheckedGroup[]): RuleDefinition[] =>
  groups.flatMap(({ definition }) => definition.rules.filter(({ alert }) => alert !== ''));

/** With the recording rules and the alert alone: no alert looks at another. */
function only(groups: readonly CheckedGroup[], alert: string): CheckedGroup[] {
  return groups.map(({ definition, queries }) => {
    const kept = definition.rules.flatMap((rule, i) =>
      rule.alert === '' || rule.alert === alert ? [{ rule, query: queries[i]! }] : [],
    );
    const rules = kept.map(({ rule }) => rule);
    return { definition: { ...definition, rules }, queries: kept.map(({ query }) => query) };
  });
}

const written: { readonly language: RuleLanguageName; readonly file: string }[] = [
  ...filesOf(RULES).map((file) => ({ language: 'promql' as const, file })),
  ...filesOf(path.join(RULES, 'logs')).map((file) => ({ language: 'logql' as const, file })),
];
const page = readFileSync(path.join(ROOT, 'docs/alerts.md'), 'utf8');

describe('every alert', () => {
  for (const { language, file } of written) {
    it(`of ${path.relative(RULES, file)} has a guard, texts, a severity, and what to do on the page`, async () => {
      const groups = await groupsOf(file, language);
      for (const { alert, forMs, labels, annotations } of alertsOf(groups)) {
        assert.equal(forMs === 0, AT_ONCE.has(alert), `${alert}: for`);
        assert.match(labels.severity ?? '', /^(info|warning|critical)$/, alert);
        assert.deepEqual(Object.keys(annotations), ['summary', 'description'], alert);
        assert.match(page, new RegExp(`^### ${alert}$`, 'm'), `docs/alerts.md has no ${alert}`);
      }
      assert.deepEqual(duplicateRules(groups.map(({ definition }) => definition)), []);
    });
  }

  it('has a name of its own, and the page has no other', async () => {
    const all = await Promise.all(
      written.map(async (one) => alertsOf(await groupsOf(one.file, one.language))),
    );
    const names = all.flat().map(({ alert }) => alert);
    assert.deepEqual([...new Set(names)], names);
    const told = [...page.matchAll(/^### (\w+)$/gm)].map(([, name]) => name!);
    assert.deepEqual(told.toSorted(), names.toSorted());
  });
});

describe('tests of alerts', () => {
  for (const file of filesOf(RULES)) {
    const name = path.basename(file, '.yml');
    it(`${name}: each has one that fires it with its texts and one that must not, and all hold`, async () => {
      const groups = await groupsOf(file, 'promql');
      const testFile = path.join(RULES, 'tests', `${name}_test.yml`);
      const parsed = parseRuleTests(testFile, readFileSync(testFile, 'utf8'));
      assert.deepEqual(parsed.ruleFiles, [file]);
      const fires = new Set<string>();
      const quiet = new Set<string>();
      for (const test of parsed.tests) {
        const [{ alertname, expected }, ...others] = test.alertTests as [(typeof test.alertTests)[number]];
        assert.deepEqual(others, [], `${test.name} is about one alert`);
        (expected.length > 0 ? fires : quiet).add(alertname);
        const failures = await runRuleTest(test, {
          yaml: RULE_YAML,
          groups: only(groups, alertname).map((checked) => ({ file, checked })),
          evaluationIntervalMs: parsed.evaluationIntervalMs,
          fuzzyCompare: false,
        });
        assert.deepEqual(failures, [], test.name);
        for (const { annotations } of expected)
          assert.deepEqual(Object.keys(annotations), ['summary', 'description'], test.name);
      }
      const names = alertsOf(groups).map(({ alert }) => alert);
      assert.deepEqual([...fires], names);
      assert.deepEqual([...quiet], names);
    });
  }

  // It takes seconds, and the same tests hold above.
  const skip = !PROMTOOL
    ? PROMTOOL_MISSING
    : process.env.TRILITE_TEST_PROMTOOL
      ? false
      : 'TRILITE_TEST_PROMTOOL is not set';
  it('hold for promtool', { skip }, () => {
    const tests = filesOf(path.join(RULES, 'tests'));
    const { status, stdout, stderr } = spawnSync(PROMTOOL!, ['test', 'rules', ...tests], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout + stderr);
  });
});
