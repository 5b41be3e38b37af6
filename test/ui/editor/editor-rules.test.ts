/** What keys do, what taking an option writes, and which values are but echoes of typing. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedOption } from '../../../src/ui/editor/accepted-option.ts';
import type { CompletionOption } from '../../../src/ui/editor/completion.ts';
import { editorAction, type PressedKey } from '../../../src/ui/editor/editor-keys.ts';
import type { Offer } from '../../../src/ui/editor/suggestions.ts';
import { TypedTexts } from '../../../src/ui/editor/typed-texts.ts';

const OPEN: Offer = {
  from: 0,
  behind: 0,
  options: [{ option: { label: 'up', kind: 'metric' }, found: [] }],
  more: 0,
  chosen: undefined,
};
const CHOSEN: Offer = { ...OPEN, chosen: 0 };

function press(key: string, more: Partial<PressedKey> = {}): PressedKey {
  const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false };
  return { key, code: key, keyCode: 0, ...none, ...more };
}

test('Enter runs until an option was looked at; with a modifier always', () => {
  assert.equal(editorAction(press('Enter'), undefined), 'run');
  assert.equal(editorAction(press('Enter'), OPEN), 'run');
  assert.equal(editorAction(press('Enter'), CHOSEN), 'accept');
  assert.equal(editorAction(press('Enter', { metaKey: true }), CHOSEN), 'run');
  assert.equal(editorAction(press('Enter', { shiftKey: true }), CHOSEN), undefined);
});

test('Escape closes, or leaves; Tab takes what is on offer', () => {
  assert.equal(editorAction(press('Escape'), OPEN), 'close');
  assert.equal(editorAction(press('Escape'), undefined), 'leave');
  assert.equal(editorAction(press('Tab'), OPEN), 'accept');
  assert.equal(editorAction(press('Tab'), undefined), undefined);
  assert.equal(editorAction(press('Tab', { shiftKey: true }), OPEN), undefined);
});

test('arrows are for the list while there is one, Home and End once somebody is in it', () => {
  assert.equal(editorAction(press('ArrowDown'), OPEN), 'next');
  assert.equal(editorAction(press('ArrowDown'), undefined), undefined);
  assert.equal(editorAction(press('Home'), OPEN), undefined);
  assert.equal(editorAction(press('Home'), CHOSEN), 'first');
});

test('keys of an input method are its own', () => {
  assert.equal(editorAction(press('Enter', { isComposing: true }), CHOSEN), undefined);
  assert.equal(editorAction(press('Enter', { keyCode: 229 }), undefined), undefined);
});

function accepted(marked: string, option: Omit<CompletionOption, 'kind'>, behind = 0): string {
  const at = marked.indexOf('|');
  const text = marked.replace('|', '').replace('^', '');
  const from = marked.indexOf('^');
  const cursor = at - 1;
  const edit = acceptedOption(text, cursor, { from, behind }, { kind: 'value', ...option });
  const after = text.slice(0, edit.from) + edit.insert + text.slice(edit.to);
  return `${after.slice(0, edit.selection.from)}|${after.slice(edit.selection.from)}`;
}

test('an option takes the place of the word, from `^` on', () => {
  assert.equal(accepted('sum(^u|)', { label: 'up' }), 'sum(up|)');
  assert.equal(accepted('^ra|', { label: 'rate', insert: 'rate()', caretBack: 1 }), 'rate(|)');
  assert.equal(accepted('^http|_req + 1', { label: 'http_x' }, 4), 'http_x| + 1');
});

test('a closing bracket is not doubled, one that belongs to what is put in is not shared', () => {
  assert.equal(accepted('rate(up[^|])', { label: '5m', insert: '5m]' }), 'rate(up[5m]|)');
  assert.equal(accepted('rate(up[^|', { label: '5m', insert: '5m]' }), 'rate(up[5m]|');
  assert.equal(accepted('sum(^ra|)', { label: 'rate', insert: 'rate()', caretBack: 1 }), 'sum(rate(|))');
});

test('a value that was typed is an echo, once; another is not', () => {
  const texts = new TypedTexts();
  for (const text of ['a', 'ab', 'abc']) texts.add(text);
  assert.ok(texts.takeEcho('ab'), 'the one before was not drawn');
  assert.ok(!texts.takeEcho('a'), 'which it never will be');
  assert.ok(texts.takeEcho('abc'));
  assert.ok(!texts.takeEcho('abc'));
  texts.add('x');
  texts.forget();
  assert.ok(!texts.takeEcho('x'));
});
