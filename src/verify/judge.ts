/** Whether what was found is what was expected; pure, so that every message can be tried. */

import { allHold, comparisonText } from './comparison.ts';
import { type ItemCondition, itemFault } from './condition.ts';
import type { Expectation } from './expectation.ts';
import type { Found } from './find.ts';
import { type Item, itemText } from './item.ts';

/** Items that a message shows. */
const SHOWN_MAX = 3;

const NOUNS = { promql: 'series', logql: 'result', traceql: 'trace' } as const;

/** Why it does not hold, in lines; undefined where it does. */
export function judge(expectation: Expectation, found: Found): string | undefined {
  const { count, spans, any, every, absentMs } = expectation;
  if (absentMs !== undefined) return judgeAbsent(expectation, found);
  const noun = nounOf(expectation, found);
  if (count && !allHold(found.count, count))
    return withItems(`expected ${comparisonText(count)} ${plural(noun)}, found ${found.count}`, found.items);
  if (!count && found.count === 0) return 'found nothing';
  if (spans && !allHold(found.spans, spans))
    return withItems(`expected ${comparisonText(spans)} spans, found ${found.spans}`, found.items);
  return (every && judgeEvery(every, found)) ?? (any && judgeAny(any, found));
}

function judgeAbsent(expectation: Expectation, found: Found): string | undefined {
  const { any } = expectation;
  const unwanted = any ? found.items.filter((item) => itemFault(item, any) === undefined) : found.items;
  const number = any ? unwanted.length : found.count;
  if (number === 0) return undefined;
  return withItems(`expected none, found ${number} ${plural(nounOf(expectation, found), number)}`, unwanted);
}

function judgeEvery(condition: ItemCondition, { items }: Found): string | undefined {
  const wrong = items.flatMap((item) => {
    const fault = itemFault(item, condition);
    return fault === undefined ? [] : [`${fault}, of ${itemText(item)}`];
  });
  if (wrong.length === 0) return undefined;
  return [
    `of ${items.length} found, ${wrong.length} ${wrong.length === 1 ? 'is' : 'are'} not as expected:`,
    ...some(wrong),
  ].join('\n');
}

/** What comes nearest is what has the fewest things wrong; the first fault of each says which. */
function judgeAny(condition: ItemCondition, { items }: Found): string | undefined {
  const wrong: string[] = [];
  for (const item of items) {
    const fault = itemFault(item, condition);
    if (fault === undefined) return undefined;
    wrong.push(`${fault}, of ${itemText(item)}`);
  }
  if (wrong.length === 0) return 'found nothing of which it could be true';
  if (wrong.length === 1) return wrong[0];
  return [`none of the ${items.length} found is as expected:`, ...some(wrong)].join('\n');
}

function nounOf({ language }: Expectation, { items }: Found): string {
  const [first] = items;
  if (language === 'traceql') return first?.kind === 'series' ? 'series' : 'trace';
  if (first?.kind === 'line') return 'line';
  return NOUNS[language];
}

function plural(noun: string, number = 2): string {
  return noun === 'series' || number === 1 ? noun : `${noun}s`;
}

function withItems(message: string, items: readonly Item[]): string {
  return items.length === 0 ? message : [`${message}:`, ...some(items.map(itemText))].join('\n');
}

function some(lines: readonly string[]): string[] {
  const shown = lines.slice(0, SHOWN_MAX).map((line) => `  ${line}`);
  return lines.length > SHOWN_MAX ? [...shown, `  … and ${lines.length - SHOWN_MAX} more`] : shown;
}
