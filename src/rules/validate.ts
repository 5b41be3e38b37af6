/**
 * Whether a rule group can be evaluated: everything about it is looked at, in the originals' words, before anything is
 * stored. Runs where the languages are (a reader thread).
 */

import { TriliteError } from '../model/errors.ts';
import { parseAlertTemplate } from './alert-template.ts';
import type { RuleLanguage } from './languages.ts';
import type { CheckedGroup, GroupDefinition, RuleDefinition } from './rule-group.ts';

/** What is wrong, and with which key of which rule; neither where it is the group's name or labels. */
export interface RuleFault {
  readonly message: string;
  readonly rule?: number;
  readonly key?: keyof RuleDefinition;
  /** Another key that is at fault too. */
  readonly otherKey?: keyof RuleDefinition;
}

const LABEL_NAMES = { legacy: /^[a-zA-Z_][a-zA-Z0-9_]*$/, utf8: /./s } as const;
const METRIC_NAMES = { legacy: /^[a-zA-Z_:][a-zA-Z0-9_:]*$/, utf8: /./s } as const;

/** All faults (of LogQL one of each rule, as Loki tells them); the queries are whole where there is none. */
export function checkGroup(
  definition: GroupDefinition,
  language: RuleLanguage,
): { readonly faults: readonly RuleFault[]; readonly checked: CheckedGroup } {
  const faults: RuleFault[] = [];
  const ofLoki = language.name === 'logql';
  if (definition.name === '') {
    faults.push({ message: `${ofLoki ? 'group 0: ' : ''}Groupname must not be empty` });
  }
  if (!ofLoki)
    faults.push(...labelFaults(definition.labels, language).map((fault) => ({ message: fault.message })));
  const queries: string[] = [];
  definition.rules.forEach((rule, i) => {
    const found = [...ruleFaults(rule, definition.name, language, (query) => queries.push(query))];
    for (const fault of ofLoki ? found.slice(0, 1) : found) faults.push({ ...fault, rule: i });
  });
  return { faults, checked: { definition, queries } };
}

type Fault = Omit<RuleFault, 'rule'>;

/** In the order in which the originals look. `keep` takes the canonical form of the expression. */
function* ruleFaults(
  rule: RuleDefinition,
  group: string,
  language: RuleLanguage,
  keep: (query: string) => void,
): Generator<Fault> {
  const { record, alert } = rule;
  if (record !== '' && alert !== '') {
    yield { message: "only one of 'record' and 'alert' must be set", key: 'record', otherKey: 'alert' };
  }
  if (record === '' && alert === '') yield { message: "one of 'record' or 'alert' must be set" };
  yield* expressionFaults(rule, group, language, keep);
  if (record !== '') yield* recordFaults(rule, language);
  yield* labelFaults(rule.labels, language);
  for (const name of Object.keys(rule.annotations)) {
    if (!LABEL_NAMES[language.names].test(name)) {
      yield { message: `invalid annotation name: ${name}`, key: 'annotations' };
    }
  }
  if (alert !== '') {
    yield* templateFaults('labels', 'label', rule);
    yield* templateFaults('annotations', 'annotation', rule);
  }
}

function* expressionFaults(
  { expr, record, alert }: RuleDefinition,
  group: string,
  language: RuleLanguage,
  keep: (query: string) => void,
): Generator<Fault> {
  if (expr === '') {
    yield { message: "field 'expr' must be set in rule", key: 'expr' };
    return;
  }
  try {
    keep(language.canonical(expr));
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    const named = record === '' ? `alert '${alert}'` : `record '${record}'`;
    const of = language.name === 'logql' ? ` for ${named} in group '${group}'` : '';
    yield { message: `could not parse expression${of}: ${error.message}`, key: 'expr' };
  }
}

function* recordFaults(rule: RuleDefinition, { names, name }: RuleLanguage): Generator<Fault> {
  const { record, annotations, forMs, keepFiringForMs } = rule;
  const given = {
    annotations: Object.keys(annotations).length > 0,
    for: forMs !== 0,
    keep_firing_for: keepFiringForMs !== 0,
  };
  for (const [field, isGiven] of Object.entries(given)) {
    if (isGiven) yield { message: `invalid field '${field}' in recording rule`, key: 'record' };
  }
  if (!METRIC_NAMES[names].test(record)) {
    yield { message: `invalid recording rule name: ${record}`, key: 'record' };
  }
  if (name === 'promql' && /[{}]/.test(record)) {
    const message = `braces present in the recording rule name; should it be in expr?: ${record}`;
    yield { message, key: 'record' };
  }
}

function labelFaults(labels: Readonly<Record<string, string>>, { names }: RuleLanguage): Fault[] {
  return Object.keys(labels)
    .filter((name) => !LABEL_NAMES[names].test(name) || name === '__name__')
    .map((name) => ({ message: `invalid label name: ${name}`, key: 'labels' }));
}

function* templateFaults(
  key: 'labels' | 'annotations',
  what: string,
  rule: RuleDefinition,
): Generator<Fault> {
  for (const [name, text] of Object.entries(rule[key])) {
    try {
      parseAlertTemplate(text, rule.alert);
    } catch (error) {
      yield { message: `${what} ${JSON.stringify(name)}: ${(error as Error).message}`, key };
    }
  }
}
