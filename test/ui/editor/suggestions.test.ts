/** When options are asked for, and which are on offer. */

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { CompletionOption, CompletionQuestion, Completions } from '../../../src/ui/editor/completion.ts';
import { type Offer, Suggestions } from '../../../src/ui/editor/suggestions.ts';

const PAUSE_MS = 120;

interface Asked {
  readonly question: CompletionQuestion;
  answer(found: Completions | undefined): Promise<void>;
  fail(): Promise<void>;
}

function started(t: { after(done: () => void): void }) {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const asked: Asked[] = [];
  const shown: (Offer | undefined)[] = [];
  const suggestions = new Suggestions(
    (question) =>
      new Promise((resolve, reject) => {
        asked.push({
          question,
          answer(found) {
            resolve(found);
            return setImmediate();
          },
          fail() {
            reject(new Error('none'));
            return setImmediate();
          },
        });
      }),
    (offer) => shown.push(offer),
  );
  const labels = () => suggestions.offer?.options.map(({ option }) => option.label);
  return { asked, shown, suggestions, labels };
}

function options(...labels: string[]): readonly CompletionOption[] {
  return labels.map((label) => ({ label, kind: 'metric' }));
}

test('asks once after a pause, and offers the best without choosing one', async (t) => {
  const { asked, suggestions, labels } = started(t);
  suggestions.typed('u', 1);
  mock.timers.tick(PAUSE_MS - 1);
  suggestions.typed('up', 2);
  mock.timers.tick(PAUSE_MS - 1);
  assert.equal(asked.length, 0);
  mock.timers.tick(1);
  assert.deepEqual(
    asked.map(({ question }) => question),
    [{ text: 'up', at: 2, isExplicit: false }],
  );
  await asked[0]!.answer({ from: 0, options: options('group', 'up', 'other') });
  assert.deepEqual(labels(), ['up', 'group']);
  assert.equal(suggestions.offer!.chosen, undefined);
});

test('an answer that comes too late is dropped, and so is one that fails', async (t) => {
  const { asked, shown, suggestions } = started(t);
  suggestions.asked('u', 1);
  suggestions.asked('up', 2);
  await asked[0]!.answer({ from: 0, options: options('up') });
  assert.deepEqual(shown, []);
  await asked[1]!.fail();
  assert.deepEqual(shown, []);
  suggestions.asked('up', 2);
  suggestions.close();
  await asked[2]!.answer({ from: 0, options: options('up') });
  assert.deepEqual(shown, []);
});

test('what is on offer is narrowed at once as the word grows, and kept until the next answer', async (t) => {
  const { asked, suggestions, labels } = started(t);
  suggestions.asked('r', 1);
  await asked[0]!.answer({ from: 0, options: options('rate', 'resets', 'round') });
  assert.equal(suggestions.offer!.chosen, 0, 'whoever asks wants one');
  suggestions.move('next');
  suggestions.typed('re', 2);
  assert.deepEqual(labels(), ['resets', 'rate']);
  assert.equal(suggestions.offer!.chosen, 0, 'the chosen one stays chosen');
  mock.timers.tick(PAUSE_MS);
  assert.equal(asked[1]!.question.isExplicit, true);
  suggestions.typed('re(', 3);
  assert.equal(suggestions.offer, undefined);
});

test('taking signs away narrows what is open, and opens nothing', async (t) => {
  const { asked, suggestions, labels } = started(t);
  suggestions.shortened('u', 1);
  mock.timers.tick(PAUSE_MS);
  assert.equal(asked.length, 0);
  suggestions.asked('a + up', 6);
  await asked[0]!.answer({ from: 4, options: options('up', 'umount') });
  suggestions.shortened('a + u', 5);
  assert.deepEqual(labels(), ['up', 'umount']);
  suggestions.shortened('a +', 3);
  assert.equal(suggestions.offer, undefined, 'the word is gone');
});

test('keys move through the list', async (t) => {
  const { asked, suggestions } = started(t);
  suggestions.typed('a', 1);
  mock.timers.tick(PAUSE_MS);
  await asked[0]!.answer({ from: 0, options: options(...Array.from({ length: 20 }, (_, i) => `a${i}`)) });
  const after = (...moves: Parameters<typeof suggestions.move>[0][]) => {
    for (const move of moves) suggestions.move(move);
    return suggestions.offer!.chosen;
  };
  assert.equal(after('previous'), 19);
  assert.equal(after('next'), 0);
  assert.equal(after('page down'), 8);
  assert.equal(after('page down', 'page down'), 19);
  assert.equal(after('page up'), 11);
  assert.equal(after('first'), 0);
  assert.equal(after('last'), 19);
});

test('a hundred of many are drawn, and how many more there are is told', async (t) => {
  const { asked, suggestions } = started(t);
  suggestions.asked('', 0);
  const many = options(...Array.from({ length: 5000 }, (_, i) => `name_${i}`));
  await asked[0]!.answer({ from: 0, options: many });
  assert.equal(suggestions.offer!.options.length, 100);
  assert.equal(suggestions.offer!.more, 4900);
});
