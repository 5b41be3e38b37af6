/**
 * Whether a rule group can be evaluated: everything about it is looked at, in the originals' words, before anything is
 * stored. Runs where the languages are (a reader thread).
 */

import { TriliteError } from '../model/errors.ts';
import { parseAlertTemplate } from './alert-template.ts';
import type { RuleLanguage } from './languages.ts';
import type { CheckedGroup, GroupDefinition, RuleDefinition } from './rule-group.ts';

/** What is wrong, and with which key of which rule; neither where it is about the group. */
export interface RuleFault {
  readonly message: string;
  readonly rule?: number;
  readonly key?: keyof RuleDefinition;
  /** The keys whose places Prometheus names; empty where it names none. */
  readonly blamed?: readonly (keyof RuleDefinition)[];
}

const LABEL_NAMES = { legacy: /^[a-zA-Z_][a-zA-Z0-9_]*$/, utf8: /./s } as const;
const METRIC_NAMES = { legacy: /^[a-zA-Z_:][a-zA-Z0-9_:]*$/, utf8: /./s } as const;

/** One fault of each rule that has any, as Loki has it, or all of them; the queries are whole where there is none. */
export function checkGroup(
  definition: GroupDefinition,
  language: RuleLanguage,
  which: 'first' | 'all' = 'first',
): { readonly faults: readonly RuleFault[]; readonly checked: CheckedGroup } {
  const faults: RuleFault[] = [...groupFaults(definition, language)];
  const queries: string[] = [];
  definition.rules.forEach((rule, i) => {
    const check = new RuleCheck(rule, definition.name, language);
    for (const fault of check.faults()) {
      faults.push({ ...fault, rule: i });
      if (which === 'first') break;
    }
    if (check.query !== '') queries.push(check.query);
  });
  return { faults, checked: { definition, queries } };
}

/** The groups of one file, of which no two may have the same name. */
export function checkGroups(
  groups: readonly GroupDefinition[],
  language: RuleLanguage,
  which: 'first' | 'all' = 'first',
): { readonly faults: readonly RuleFault[]; readonly checked: CheckedGroup }[] {
  const names = new Set<string>();
  return groups.map((definition) => {
    const { faults, checked } = checkGroup(definition, language, which);
    const isRepeated = names.has(definition.name);
    names.add(definition.name);
    if (!isRepeated) return { faults, checked };
    const message = `groupname: "${definition.name}" is repeated in the same file`;
    return { faults: [{ message }, ...faults], checked };
  });
}

function* groupFaults({ name, labels }: GroupDefinition, { names }: RuleLanguage): Generator<RuleFault> {
  if (name === '') {
    yield {
      message: names === 'legacy' ? 'group 0: Groupname must not be empty' : 'Groupname must not be empty',
    };
  }
  for (const label of Object.keys(labels)) {
    if (!isLabelName(label, names)) yield { message: `invalid label name: ${label}`, blamed: [] };
  }
}

function isLabelName(name: string, names: RuleLanguage['names']): boolean {
  return LABEL_NAMES[names].test(name) && name !== '__name__';
}

/** Finds the faults of one rule, the gravest first, and its expression in canonical form. */
class RuleCheck {
  readonly #rule: RuleDefinition;
  readonly #group: string;
  readonly #language: RuleLanguage;
  query = '';

  constructor(rule: RuleDefinition, group: string, language: RuleLanguage) {
    this.#rule = rule;
    this.#group = group;
    this.#language = language;
  }

  *faults(): Generator<RuleFault> {
    const { record, alert, labels, annotations } = this.#rule;
    const { names } = this.#language;
    const both: RuleFault['blamed'] = ['record', 'alert'];
    if (record !== '' && alert !== '') {
      yield { message: "only one of 'record' and 'alert' must be set", key: 'alert', blamed: both };
    }
    if (record === '' && alert === '') {
      yield { message: "one of 'record' or 'alert' must be set", key: 'expr', blamed: both };
    }
    yield* this.#expressionFaults();
    if (record !== '') yield* this.#recordFaults();
    for (const name of Object.keys(labels)) {
      if (!isLabelName(name, names)) yield unplaced('labels', `invalid label name: ${name}`);
    }
    for (const name of Object.keys(annotations)) {
      if (!LABEL_NAMES[names].test(name)) yield unplaced('annotations', `invalid annotation name: ${name}`);
    }
    if (alert === '') return;
    yield* this.#templateFaults('labels', 'label');
    yield* this.#templateFaults('annotations', 'annotation');
  }

  *#expressionFaults(): Generator<RuleFault> {
    const { expr, record, alert } = this.#rule;
    const fault = (message: string): RuleFault => ({ message, key: 'expr', blamed: ['expr'] });
    if (expr === '') return yield fault("field 'expr' must be set in rule");
    try {
      this.query = this.#language.canonical(expr);
    } catch (error) {
      if (!(error instanceof TriliteError)) throw error;
      const what = record === '' ? `alert '${alert}'` : `record '${record}'`;
      // Loki names the rule here, Prometheus in front of every fault.
      const where = this.#language.names === 'legacy' ? ` for ${what} in group '${this.#group}'` : '';
      yield fault(`could not parse expression${where}: ${error.message}`);
    }
  }

  *#recordFaults(): Generator<RuleFault> {
    const { record, annotations, forMs, keepFiringForMs } = this.#rule;
    const { names } = this.#language;
    const fault = (key: keyof RuleDefinition, message: string): RuleFault => ({
      message,
      key,
      blamed: ['record'],
    });
    const invalid = (key: keyof RuleDefinition, field: string) =>
      fault(key, `invalid field '${field}' in recording rule`);
    if (Object.keys(annotations).length > 0) yield invalid('annotations', 'annotations');
    if (forMs !== 0) yield invalid('forMs', 'for');
    if (keepFiringForMs !== 0) yield invalid('keepFiringForMs', 'keep_firing_for');
    if (!METRIC_NAMES[names].test(record)) yield fault('record', `invalid recording rule name: ${record}`);
    else if (/[{}]/.test(record)) {
      const meant = 'braces present in the recording rule name; should it be in expr?';
      yield fault('record', `${meant}: ${record}`);
    }
  }

  *#templateFaults(key: 'labels' | 'annotations', what: string): Generator<RuleFault> {
    for (const [name, text] of Object.entries(this.#rule[key])) {
      try {
        parseAlertTemplate(text, this.#rule.alert);
      } catch (error) {
        yield unplaced(key, `${what} ${JSON.stringify(name)}: ${(error as Error).message}`);
      }
    }
  }
}

function unplaced(key: keyof RuleDefinition, message: string): RuleFault {
  return { message, key, blamed: [] };
}
