/**
 * Rule groups as they are defined: plain data, which is read from YAML (`config/rule-group-yaml.ts`), checked
 * (`validate.ts`), stored as JSON and evaluated (`group.ts`).
 */

/** The languages that expressions may be of. */
export const RULE_LANGUAGES = ['logql', 'promql'] as const;
export type RuleLanguageName = (typeof RULE_LANGUAGES)[number];

type LabelSet = Readonly<Record<string, string>>;

/** Of `record` and `alert` one is '' in a rule that was checked. */
export interface RuleDefinition {
  readonly record: string;
  readonly alert: string;
  /** As it was written. */
  readonly expr: string;
  /** How long an element must have been there before its alert fires. */
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
}

export interface GroupDefinition {
  readonly name: string;
  /** 0: the default of the configuration. */
  readonly intervalMs: number;
  /** Undefined: the default of the configuration. */
  readonly queryOffsetMs?: number | undefined;
  /** Series or alerts that one rule may have; 0 or less: any number. */
  readonly limit: number;
  /** For all of the group's rules, which may override them. */
  readonly labels: LabelSet;
  readonly rules: readonly RuleDefinition[];
}

/** A definition that was found good, with its expressions in canonical form: entry i belongs to rule i. */
export interface CheckedGroup {
  readonly definition: GroupDefinition;
  readonly queries: readonly string[];
}

/** What names a group. */
export interface GroupId {
  readonly tenant: string;
  readonly language: RuleLanguageName;
  readonly namespace: string;
  readonly name: string;
}

/** Equal for equal ids alone. */
export function groupKey({ tenant, language, namespace, name }: GroupId): string {
  return JSON.stringify([tenant, language, namespace, name]);
}

/** The labels that a rule adds: its own before its group's. */
export function rulesLabels(group: GroupDefinition, rule: RuleDefinition): LabelSet {
  return { ...group.labels, ...rule.labels };
}
