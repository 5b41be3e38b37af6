/** What can be expected of one item, and in which words it is said that it does not hold. */

import type { SearchRegex } from '../model/regex.ts';
import { allHold, type Comparisons, comparisonText } from './comparison.ts';
import { cut, type Item } from './item.ts';

/** Of a text; all that is given must hold. */
export interface TextCondition {
  readonly equals?: string;
  readonly not?: string;
  readonly contains?: readonly string[];
  readonly matches?: readonly { readonly pattern: string; readonly regex: SearchRegex }[];
  readonly number?: Comparisons;
  /** Of a label: whether it is there at all. */
  readonly present?: boolean;
}

export interface ItemCondition {
  /** A series' value. */
  readonly value?: Comparisons;
  /** A line, or a span's name. */
  readonly text?: TextCondition;
  readonly labels: readonly (readonly [name: string, condition: TextCondition])[];
}

/** What does not hold; undefined where all does. `word` is what the text of such items is called in the file. */
export function itemFault(item: Item, { value, text, labels }: ItemCondition): string | undefined {
  if (value && !allHold(item.value ?? Number.NaN, value))
    return `value ${item.value} is not ${comparisonText(value)}`;
  const fault = text && textFault(item.text, text);
  if (fault !== undefined) return `${item.kind === 'line' ? 'line' : 'name'} ${fault}`;
  for (const [name, condition] of labels) {
    const found = Object.hasOwn(item.labels, name) ? item.labels[name] : undefined;
    const wrong = textFault(found, condition);
    if (wrong !== undefined) return `${name} ${wrong}`;
  }
  return undefined;
}

function textFault(found: string | undefined, condition: TextCondition): string | undefined {
  const { equals, not, contains = [], matches = [], number, present } = condition;
  if (present === false) return found === undefined ? undefined : `is there: ${quoted(found)}`;
  if (found === undefined) return not === undefined || present ? 'is missing' : undefined;
  if (equals !== undefined && found !== equals) return `is ${quoted(found)}, not ${quoted(equals)}`;
  if (not !== undefined && found === not) return `is ${quoted(found)}`;
  const missing = contains.find((part) => !found.includes(part));
  if (missing !== undefined) return `${quoted(found)} does not contain ${quoted(missing)}`;
  const unmatched = matches.find(({ regex }) => !regex.test(found));
  if (unmatched) return `${quoted(found)} does not match ${quoted(unmatched.pattern)}`;
  if (number && !(found.trim() !== '' && allHold(Number(found), number)))
    return `${quoted(found)} is not ${comparisonText(number)}`;
  return undefined;
}

function quoted(text: string): string {
  return JSON.stringify(cut(text));
}
