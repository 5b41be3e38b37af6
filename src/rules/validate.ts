/**
 * Whether a rule group can be evaluated: everything about it is looked at, in the originals' words, before anything is
 * stored. Runs where the languages are (a reader thread).
 */

import { TriliteError } from '../model/errors.ts';
import { parseAlertTemplate } from './alert-template.ts';
import type { RuleLanguage } from './languages.ts';
import type { CheckedGroup, GroupDefinition, RuleDefinition } from './rule-group.ts';

/** What is wrong, and with which key of which rule; neither where it is the group's name. */
export interface RuleFault {
  readonly message: string;
  readonly rule?: number;
  readonly key?: keyof RuleDefinition;
}

const LABEL_NAMES = { legacy: /^[a-zA-Z_][a-zA-Z0-9_]*$/, utf8: /./s } as const;
const METRIC_NAMES = { legacy: /^[a-zA-Z_:][a-zA-Z0-9_:]*$/, utf8: /./s } as const;

/** One fault of each rule that has any; the queries are whole where there is none. */
export function checkGroup(
  definition: GroupDefinition,
  language: RuleLanguage,
): { readonly faults: readonly RuleFault[]; readonly checked: CheckedGroup } {
  const faults: RuleFault[] = [];
  if (definition.name === '') faults.push({ message: 'group 0: Groupname must not be empty' });
  const queries: string[] = [];
  definition.rules.forEach((rule, i) => {
    try {
      queries.push(checkRule(rule, definition.name, language));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      faults.push({ message: error.message, rule: i, key: error.key });
    }
  });
  return { faults, checked: { definition, queries } };
}

class Fault extends Error {
  readonly key: keyof RuleDefinition;
  constructor(key: keyof RuleDefinition, message: string) {
    super(message);
    this.key = key;
  }
}

/** The canonical form of its expression. */
function checkRule(rule: RuleDefinition, group: string, language: RuleLanguage): string {
  const { record, alert } = rule;
  if (record !== '' && alert !== '') {
    throw new Fault('alert', "only one of 'record' and 'alert' must be set");
  }
  if (record === '' && alert === '') throw new Fault('expr', "one of 'record' or 'alert' must be set");
  const query = checkExpression(rule, group, language);
  const labelNames = LABEL_NAMES[language.names];
  if (record !== '') checkRecord(rule, METRIC_NAMES[language.names]);
  for (const name of Object.keys(rule.labels)) {
    if (!labelNames.test(name) || name === '__name__') {
      throw new Fault('labels', `invalid label name: ${name}`);
    }
  }
  for (const name of Object.keys(rule.annotations)) {
    if (!labelNames.test(name)) throw new Fault('annotations', `invalid annotation name: ${name}`);
  }
  if (alert !== '') {
    checkTemplates('labels', 'label', rule);
    checkTemplates('annotations', 'annotation', rule);
  }
  return query;
}

function checkExpression({ expr, record, alert }: RuleDefinition, group: string, language: RuleLanguage) {
  if (expr === '') throw new Fault('expr', "field 'expr' must be set in rule");
  try {
    return language.canonical(expr);
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    const what = record === '' ? `alert '${alert}'` : `record '${record}'`;
    const message = `could not parse expression for ${what} in group '${group}': ${error.message}`;
    throw new Fault('expr', message);
  }
}

function checkRecord(rule: RuleDefinition, names: RegExp): void {
  const { record, annotations, forMs, keepFiringForMs } = rule;
  const invalid = (key: keyof RuleDefinition, field: string) =>
    new Fault(key, `invalid field '${field}' in recording rule`);
  if (Object.keys(annotations).length > 0) throw invalid('annotations', 'annotations');
  if (forMs !== 0) throw invalid('forMs', 'for');
  if (keepFiringForMs !== 0) throw invalid('keepFiringForMs', 'keep_firing_for');
  if (!names.test(record)) throw new Fault('record', `invalid recording rule name: ${record}`);
}

function checkTemplates(key: 'labels' | 'annotations', what: string, rule: RuleDefinition): void {
  for (const [name, text] of Object.entries(rule[key])) {
    try {
      parseAlertTemplate(text, rule.alert);
    } catch (error) {
      throw new Fault(key, `${what} ${JSON.stringify(name)}: ${(error as Error).message}`);
    }
  }
}
