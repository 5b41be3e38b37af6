/** Completion of LogQL: what is offered where, and by what it is narrowed. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { logqlCompleter } from '../../../src/ui/views/logs/logql-completion.ts';

/** `¦` is the cursor. Returns what is offered, what would be put in, and what was asked of the source. */
async function complete(marked: string, isExplicit = true) {
  const at = marked.indexOf('¦');
  const text = marked.replace('¦', '');
  const asked: string[] = [];
  const note = <T>(what: string, answer: T): Promise<T> => {
    asked.push(what);
    return Promise.resolve(answer);
  };
  const completer = logqlCompleter({
    labels: (selector) => note(`labels ${selector}`, ['app', 'pod']),
    values: (label, selector) => note(`values ${label} ${selector}`, ['x', 'y"z']),
    fields: (query) =>
      note(`fields ${query}`, [
        { label: 'status', type: 'int', parsers: ['json'] },
        { label: 'user', type: 'string', parsers: null },
      ]),
    fieldValues: (field, query) => note(`field values ${field} ${query}`, ['500']),
  });
  const found = await completer({ text, at, isExplicit });
  const labels = found?.options.map(({ label }) => label) ?? [];
  const insert = (label: string) => {
    const option = found!.options.find((one) => one.label === label)!;
    return text.slice(0, found!.from) + (option.insert ?? option.label) + text.slice(found!.to ?? at);
  };
  return { labels, asked, insert };
}

describe('in a selector', () => {
  test('labels, of the streams that the other matchers leave', async () => {
    const { labels, asked, insert } = await complete('{app="x", p¦}');
    assert.deepEqual(labels, ['app', 'pod']);
    assert.deepEqual(asked, ['labels {app="x"}']);
    assert.equal(insert('pod'), '{app="x", pod}');
  });

  test('operators behind a label', async () => {
    assert.deepEqual((await complete('{app¦}')).labels, ['app', 'pod']);
    assert.deepEqual((await complete('{app ¦}')).labels, ['=', '!=', '=~', '!~']);
  });

  test('values, narrowed by the matchers before and behind, but not by their own', async () => {
    const { labels, asked, insert } = await complete('rate({pod="p", app="¦", z!="1"}[5m])');
    assert.deepEqual(labels, ['x', 'y"z']);
    assert.deepEqual(asked, ['values app {pod="p", z!="1"}']);
    assert.equal(insert('y"z'), 'rate({pod="p", app="y\\"z", z!="1"}[5m])');
    assert.equal((await complete('{app=¦}')).insert('x'), '{app="x"}');
    assert.equal((await complete('{app="¦')).insert('x'), '{app="x"');
    assert.deepEqual((await complete('{app="¦"}')).asked, ['values app undefined']);
  });
});

describe('behind a selector', () => {
  test('line filters and stages', async () => {
    const { labels } = await complete('{app="x"} ¦');
    assert.ok(labels.includes('|=') && labels.includes('| json'));
    assert.deepEqual((await complete('{app="x"} |= "a¦"')).labels, []);
  });

  test('behind a pipe stages and fields, of what the stages before find', async () => {
    const { labels, asked } = await complete('{app="x"} | json | st¦');
    assert.ok(labels.includes('logfmt') && labels.includes('status'));
    assert.deepEqual(asked, ['fields {app="x"} | json']);
  });

  test('a field with its parser where the query has none, metadata without', async () => {
    const { insert } = await complete('{app="x"} | st¦');
    assert.equal(insert('status'), '{app="x"} | json | status');
    assert.equal(insert('user'), '{app="x"} | user');
    assert.equal((await complete('{app="x"} | json | ¦')).insert('status'), '{app="x"} | json | status');
  });

  test('operators and values of a field', async () => {
    assert.ok((await complete('{app="x"} | json | status ¦')).labels.includes('>='));
    const { asked, insert } = await complete('{app="x"} | json | status="¦"');
    assert.deepEqual(asked, ['field values status {app="x"} | json']);
    assert.equal(insert('500'), '{app="x"} | json | status="500"');
  });

  test('numbers to unwrap, ranges, labels to group by', async () => {
    assert.deepEqual((await complete('avg_over_time({app="x"} | json | unwrap ¦')).labels, ['status']);
    assert.equal((await complete('rate({app="x"}[¦')).insert('5m'), 'rate({app="x"}[5m]');
    const { labels } = await complete('sum by (¦) (rate({app="x"}[5m]))');
    assert.deepEqual(labels, ['app', 'pod', 'status', 'user']);
  });
});

test('functions where a query begins; nothing unasked where nothing is expected', async () => {
  const { labels, insert } = await complete('ra¦');
  assert.ok(labels.includes('rate') && labels.includes('{'));
  assert.equal(insert('rate'), 'rate(');
  assert.deepEqual((await complete('¦', false)).labels, []);
  assert.deepEqual((await complete('{app="x"}¦', false)).labels, []);
  assert.deepEqual((await complete('{¦}', false)).labels, ['app', 'pod']);
});
