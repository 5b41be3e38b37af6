/** Looking for words within a trace: in names, services, ids, attributes, events and messages of its spans. */

import type { SpanTree } from './span-tree.ts';
import type { Attributes, Span } from './spans.ts';

/** Rows with every word of the text in them, ascending; none where the text is empty. `key=value` looks at one attribute. */
export function findInTrace({ rows }: SpanTree, text: string): number[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  return rows.filter(({ span }) => words.every((word) => has(span, word))).map(({ index }) => index);
}

function has(span: Span, word: string): boolean {
  const within = (text: string) => text.toLowerCase().includes(word);
  if (within(span.name) || within(span.resource.service) || span.id === word) return true;
  if (within(span.statusMessage) || (word === 'error' && span.status === 'error') || span.kind === word)
    return true;
  if (inAttributes(span.attributes, word) || inAttributes(span.resource.attributes, word)) return true;
  return span.events.some(({ name, attributes }) => within(name) || inAttributes(attributes, word));
}

function inAttributes(attributes: Attributes, word: string): boolean {
  return attributes.some(
    ([name, value]) =>
      name.toLowerCase().includes(word) ||
      value.toLowerCase().includes(word) ||
      // Only a word with the sign between can mean both.
      (word.includes('=') && `${name}=${value}`.toLowerCase().includes(word)),
  );
}
