/** A file of rule groups, read and checked whole: its groups, or every fault in the original's words. */

import { ruleLanguage } from './languages.ts';
import type { CheckedGroup, GroupDefinition, RuleLanguageName } from './rule-group.ts';
import { checkGroup, type RuleFault } from './validate.ts';

/** Reads and writes definitions as YAML; the parser is not this room's. */
export interface RuleYaml {
  /** One group, as it is posted: what is not known is passed over. Throws `bad_data` where it is none. */
  parseGroup(text: string): GroupDefinition;
  /**
   * A file of groups, read strictly but for keys that are not known, where those are to be passed over. Throws an error that
   * says the file and all that is wrong with its shape.
   */
  parseFile(file: string, text: string, unknownKeys?: UnknownKeys): FileGroups;
  /** The groups of a file of service level objectives. Throws as `parseFile` does. */
  parseSloFile(file: string, text: string): FileGroups;
  /** A group, or a mapping of namespaces to lists of groups. */
  print(value: GroupDefinition | Readonly<Record<string, readonly GroupDefinition[]>>): string;
}

/** What is in a file: groups, or objectives that groups are made of. */
export type RuleFileForm = 'rules' | 'slo';

export type UnknownKeys = 'refused' | 'ignored';

export interface FileGroups {
  readonly groups: readonly GroupDefinition[];
  /** `line:column` of a fault that was found in group `i`. */
  position(group: number, fault: RuleFault): string;
}

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
  unknownKeys: UnknownKeys = 'refused',
): Promise<CheckedFile> {
  let found: FileGroups;
  try {
    found = yaml.parseFile(file, text, unknownKeys);
  } catch (error) {
    return { groups: [], faults: [(error as Error).message] };
  }
  const known = await ruleLanguage(language);
  const groups: CheckedGroup[] = [];
  const faults: string[] = [];
  const names = new Set<string>();
  for (const [i, definition] of found.groups.entries()) {
    const { faults: own, checked } = checkGroup(definition, known);
    const { name } = definition;
    const repeated = { message: `groupname: "${name}" is repeated in the same file` };
    for (const fault of names.has(name) ? [repeated, ...own] : own) {
      faults.push(`${file}: ${placeOf(found, i, fault)}${fault.message}`);
    }
    names.add(name);
    groups.push(checked);
  }
  return { groups, faults };
}

/** The same of a file of service level objectives. A query that is wrong is so in every window, and is told of once. */
export async function checkSloFile(file: string, text: string, yaml: RuleYaml): Promise<CheckedFile> {
  const { parseSloFile } = yaml;
  const { groups, faults } = await checkRuleFile('promql', file, text, { ...yaml, parseFile: parseSloFile });
  const seen = new Set<string>();
  const once = faults.filter((fault) => {
    const place = fault.slice(0, fault.indexOf(': group ') + 1) || fault;
    return !seen.has(place) && seen.add(place);
  });
  return { groups, faults: once };
}

/** `8:15: group "g", rule 1, "r": ` */
function placeOf(found: FileGroups, group: number, fault: RuleFault): string {
  const { rule, otherKey, ...rest } = fault;
  const at = `${found.position(group, fault)}: `;
  if (rule === undefined) return at;
  const other = otherKey ? `${found.position(group, { ...rest, rule, key: otherKey })}: ` : '';
  const { name, rules } = found.groups[group]!;
  const { alert, record } = rules[rule]!;
  return `${at}${other}group ${JSON.stringify(name)}, rule ${rule + 1}, ${JSON.stringify(alert || record)}: `;
}
