/** Brackets and quotes that come by themselves; `|` is the cursor, `‹` and `›` enclose what is selected. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bracketsAt, type Edit, editOfBackspace, editOfTyping } from '../../../src/ui/editor/brackets.ts';
import { queryLanguage } from '../../../src/ui/editor/query-tokens.ts';

const language = queryLanguage({ keywords: [], functions: [] });

function parsed(marked: string) {
  const cursor = marked.indexOf('|');
  const from = cursor >= 0 ? cursor : marked.indexOf('‹');
  const text = marked.replaceAll(/[|‹›]/g, '');
  const to = cursor >= 0 ? cursor : marked.indexOf('›') - 1;
  return { text, selection: { from, to } };
}

function written(text: string, { from, to, insert, selection }: Edit): string {
  const after = text.slice(0, from) + insert + text.slice(to);
  const middle = after.slice(selection.from, selection.to);
  const marked = selection.from === selection.to ? '|' : `‹${middle}›`;
  return after.slice(0, selection.from) + marked + after.slice(selection.to);
}

function typed(marked: string, sign: string): string {
  const { text, selection } = parsed(marked);
  const plain = {
    ...selection,
    insert: sign,
    selection: { from: selection.from + 1, to: selection.from + 1 },
  };
  return written(text, editOfTyping(text, language(text), selection, sign) ?? plain);
}

function erased(marked: string): string {
  const { text, selection } = parsed(marked);
  const at = selection.from - 1;
  const plain = { from: at, to: at + 1, insert: '', selection: { from: at, to: at } };
  return written(text, editOfBackspace(text, language(text), selection) ?? plain);
}

test('a closing one comes with the opening one, where nothing stands that it would enclose', () => {
  assert.equal(typed('|', '{'), '{|}');
  assert.equal(typed('rate(up|)', '['), 'rate(up[|])');
  assert.equal(typed('{a=|}', '"'), '{a="|"}');
  assert.equal(typed('{a=|, b="c"}', "'"), `{a='|', b="c"}`);
  assert.equal(typed('|up', '('), '(|up');
  assert.equal(typed('|"a"', '"'), '"|"a"');
  assert.equal(typed('rate|up)', '('), 'rate(|up)');
  assert.equal(typed('rate|)', '('), 'rate(|)', 'the one that is there has waited for it');
});

test('none comes in strings and comments, nor behind a word that a quote ends', () => {
  assert.equal(typed('{a="|"}', '('), '{a="(|"}');
  assert.equal(typed('{a="|', '('), '{a="(|');
  assert.equal(typed('# why |', '('), '# why (|');
  assert.equal(typed('it|', "'"), "it'|");
  assert.equal(typed('{a="b|', '"'), '{a="b"|');
});

test('one that is there is typed over, unless one is missing', () => {
  assert.equal(typed('sum(up|)', ')'), 'sum(up)|');
  assert.equal(typed('sum(rate(up|)', ')'), 'sum(rate(up)|)');
  assert.equal(typed('{a="b|"}', '"'), '{a="b"|}');
  assert.equal(typed('{a="b|', '"'), '{a="b"|');
  assert.equal(typed('{a="(|)"}', ')'), '{a="()|)"}', 'in a string it is but a sign');
});

test('Backspace takes both of an empty pair', () => {
  assert.equal(erased('rate(|)'), 'rate|');
  assert.equal(erased('{a="|"}'), '{a=|}');
  assert.equal(erased('{a="(|)"}'), '{a="|)"}');
  assert.equal(erased('(|up)'), '|up)');
  assert.equal(erased('"a"|"b"'), '"a|"b"');
});

test('a selection is put between', () => {
  assert.equal(typed('sum ‹up + 1›', '('), 'sum (‹up + 1›)');
  assert.equal(typed('{a=‹b›}', '"'), '{a="‹b›"}');
  assert.equal(typed('‹up›', 'x'), 'x|');
});

test('brackets find each other, also over others', () => {
  const at = (marked: string) => {
    const { text, selection } = parsed(marked);
    return bracketsAt(text, language(text), selection.from);
  };
  assert.deepEqual(at('sum(|rate(up[5m]))'), [3, 16]);
  assert.deepEqual(at('sum(rate(up[5m])|)'), [8, 15]);
  assert.deepEqual(at('sum(rate(up[5m]))|'), [3, 16]);
  assert.deepEqual(at('|(a'), [0]);
  assert.deepEqual(at('(a]|'), [2]);
  assert.deepEqual(at('{a="(|)"}'), []);
  assert.deepEqual(at('up|'), []);
});

test('whatever is typed and erased, what was there stays there', () => {
  const sign = fc.constantFrom(...'ab "\'`()[]{}=,#\\\n'.split(''));
  fc.assert(
    fc.property(fc.array(sign, { maxLength: 20 }), fc.nat(20), sign, (signs, place, one) => {
      const text = signs.join('');
      const at = Math.min(place, text.length);
      const cursor = { from: at, to: at };
      const edit = editOfTyping(text, language(text), cursor, one);
      if (!edit) return;
      const after = text.slice(0, edit.from) + edit.insert + text.slice(edit.to);
      // The sign stands before the cursor, once, and nothing else was taken.
      assert.equal(after[edit.selection.from - 1], one);
      assert.ok(after.startsWith(text.slice(0, at)) && after.endsWith(text.slice(at)));
      if (edit.insert === '') return;
      const back = editOfBackspace(after, language(after), edit.selection);
      if (back) assert.equal(after.slice(0, back.from) + after.slice(back.to), text);
    }),
    { numRuns: 2000 },
  );
});
