/** A file of rule groups, read and checked whole: its groups, or every fault in the original's words. */

import { ruleLanguage } from './languages.ts';
import type { FileGroups, RuleYaml } from './reader-services.ts';
import type { CheckedGroup, RuleLanguageName } from './rule-group.ts';
import { checkGroups, type RuleFault } from './validate.ts';

export interface CheckedFile {
  readonly groups: readonly CheckedGroup[];
  /** `FILE: LINE:COLUMN: what is wrong`; one may have several lines. */
  readonly faults: readonly string[];
}

export async function checkRuleFile(
  language: RuleLanguageName,
  file: string,
  text: string,
  yaml: RuleYaml,
  unknownKeys: 'refused' | 'ignored' = 'refused',
): Promise<CheckedFile> {
  let found: FileGroups;
  try {
    found = yaml.parseFile(file, text, unknownKeys);
  } catch (error) {
    return { groups: [], faults: [(error as Error).message] };
  }
  const checks = checkGroups(found.groups, await ruleLanguage(language), 'all');
  return {
    groups: checks.map((check) => check.checked),
    faults: checks.flatMap((check, i) => check.faults.map((fault) => faultText(found, file, i, fault))),
  };
}

function faultText(found: FileGroups, file: string, index: number, fault: RuleFault): string {
  const { message, rule, blamed } = fault;
  const group = found.groups[index]!;
  if (rule === undefined) {
    return blamed
      ? `${file}: ${message}`
      : `${found.position(index, fault).replace(/:(?=\d+:\d+$)/, ': ')}: ${message}`;
  }
  const { record, alert } = group.rules[rule]!;
  const places = (blamed ?? []).map((key) => `${found.place(index, rule, key)}: `).join('');
  const [groupName, ruleName] = [group.name, alert || record].map((name) => JSON.stringify(name));
  return `${file}: ${places}group ${groupName}, rule ${rule + 1}, ${ruleName}: ${message}`;
}
