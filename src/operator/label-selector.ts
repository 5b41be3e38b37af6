/** Label selectors of Kubernetes: whether labels meet one, and what one looks like in a request. */

import { TriliteError } from '../model/errors.ts';
import type { LabelRequirement, LabelSelector } from './resources.ts';

type Operator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
const OPERATORS: readonly string[] = ['In', 'NotIn', 'Exists', 'DoesNotExist'] satisfies Operator[];

/** As the API server takes them: what would mean something else in a request is not let into one. */
const KEY = /^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9](?:[-\w.]*[A-Za-z0-9])?$/;
const VALUE = /^(?:[A-Za-z0-9](?:[-\w.]*[A-Za-z0-9])?)?$/;

/** Throws `bad_data` where it is none that Kubernetes would take. */
export function checkSelector(selector: LabelSelector): void {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  for (const [key, value] of Object.entries(matchLabels)) checkPair(key, [value]);
  for (const { key, operator, values = [] } of matchExpressions) {
    if (!OPERATORS.includes(operator))
      refuse(`${JSON.stringify(operator)} is not a valid label selector operator`);
    const wantsValues = operator === 'In' || operator === 'NotIn';
    if (wantsValues && values.length === 0) refuse(`for 'in', 'notin' operators, values set can't be empty`);
    if (!wantsValues && values.length > 0) refuse('values set must be empty for exists and does not exist');
    checkPair(key, values);
  }
}

function checkPair(key: string, values: readonly string[]): void {
  if (!KEY.test(key)) refuse(`${JSON.stringify(key)} is not a label key`);
  const wrong = values.find((value) => !VALUE.test(value));
  if (wrong !== undefined) refuse(`${JSON.stringify(wrong)} is not a label value`);
}

function refuse(what: string): never {
  throw new TriliteError('bad_data', `label selector: ${what}`);
}

/** An empty selector is met by everything. */
export function meetsSelector(
  labels: Readonly<Record<string, string>>,
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((requirement) => meets(labels, requirement))
  );
}

/** What is not there is not in any set. */
function meets(labels: Readonly<Record<string, string>>, { key, operator, values = [] }: LabelRequirement) {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator as Operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** As a request and `selectors` of `kubernetes_sd_configs` have it: `app=web,tier in (a,b),!old`, by the keys. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const equal = Object.entries(matchLabels).map(([key, value]) => [key, `${key}=${value}`] as const);
  const others = matchExpressions.map(
    (requirement) => [requirement.key, requirementText(requirement)] as const,
  );
  const all = [...equal, ...others].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return all.map(([, text]) => text).join(',');
}

function requirementText({ key, operator, values = [] }: LabelRequirement): string {
  switch (operator as Operator) {
    case 'In':
      return `${key} in (${[...values].sort().join(',')})`;
    case 'NotIn':
      return `${key} notin (${[...values].sort().join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
  }
}

export function isEmptySelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}
