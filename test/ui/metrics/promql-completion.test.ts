/** What is completed where in a PromQL query; `|` is the cursor. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AGGREGATORS } from '../../../src/query/lang/promql/ast.ts';
import { FUNCTIONS as SIGNATURES } from '../../../src/query/lang/promql/functions.ts';
import { type NameSource, promqlCompleter } from '../../../src/ui/views/metrics/promql-completion.ts';
import { fixedLabels, promqlContext } from '../../../src/ui/views/metrics/promql-context.ts';
import { AGGREGATIONS, FUNCTIONS } from '../../../src/ui/views/metrics/promql-words.ts';

function at(marked: string) {
  const cursor = marked.indexOf('|');
  return promqlContext(marked.replace('|', ''), cursor);
}

test('every function and aggregation of the language is described', () => {
  assert.deepEqual(FUNCTIONS.map(({ name }) => name).sort(), [...SIGNATURES.keys()].sort());
  assert.deepEqual(AGGREGATIONS.map(({ name }) => name).sort(), [...AGGREGATORS].sort());
});

test('metrics, functions and words stand where an expression may', () => {
  for (const query of ['ht|', 'sum(ht|', 'a + ht|', 'sum by (x) (ht|', 'rate(x[5m]) > ht|']) {
    const found = at(query)!;
    assert.equal(found.kind, 'expression', query);
    assert.equal(found.word, 'ht', query);
  }
  assert.equal(at('http_req|uests_total{a="b"}')!.to, 19, 'the rest of the word is replaced');
});

test('labels stand in braces, narrowed by what is said already', () => {
  assert.deepEqual(at('up{|'), { kind: 'label', from: 3, to: 3, word: '', selector: '{__name__="up"}' });
  const second = at('up{job="a", ins|, env!~"x"}')!;
  assert.equal(second.kind, 'label');
  assert.equal(second.kind === 'label' && second.selector, '{__name__="up",job="a",env!~"x"}');
  assert.equal(at('up{job|}')!.kind, 'label');
  assert.equal(at('{jo|}')!.kind, 'label');
  assert.equal(at('up{job =|'), undefined);
});

test('values stand between quotes, narrowed by the other matchers', () => {
  const found = at('rate(up{job="a", instance=~"lo|"}[5m])');
  assert.deepEqual(found, {
    kind: 'value',
    from: 28,
    to: 30,
    word: 'lo',
    label: 'instance',
    selector: '{__name__="up",job="a"}',
    quote: '"',
  });
  const open = at("{'my.label'='v|");
  assert.equal(open?.kind === 'value' && open.label, 'my.label');
  assert.equal(at('up{job="|"}')?.kind, 'value');
});

test('names in quotes may be metrics or labels', () => {
  const metric = at('{"mem|"}');
  assert.deepEqual([metric?.kind, metric?.word], ['quoted name', 'mem']);
  const label = at('{"memory.utf8", "ho|"}');
  assert.equal(label?.kind === 'quoted name' && label.selector, '{__name__="memory.utf8"}');
});

test('groupings take labels of the metrics of the query', () => {
  for (const query of ['sum by (|) (rate(up[5m]))', 'sum(up) by (a, |)', 'x * on (|) group_left () up']) {
    const found = at(query);
    assert.equal(found?.kind, 'grouping', query);
    assert.ok(found.metrics.includes('up'), query);
    assert.ok(!found.metrics.includes('rate') && !found.metrics.includes('a'), query);
  }
});

test('durations stand in brackets and behind offset', () => {
  for (const query of ['rate(up[|', 'rate(up[5|])', 'up offset |', 'up offset 5|', 'max_over_time(up[1h:5|'])
    assert.equal(at(query)?.kind, 'duration', query);
  assert.equal(at('max_over_time(up[1h:5|')?.word, '5');
});

test('nothing stands in numbers, comments and plain strings', () => {
  for (const query of ['12|', '1e|', 'up # com|', 'label_replace(up, "ds|', 'up{job="a"} > 5|'])
    assert.equal(at(query), undefined, query);
});

test('whatever is typed brings no fault, and a word that the text has', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'ab1 _:."\'`\\{}()[],=~!+#\n') }),
      fc.nat(),
      (text, place) => {
        const cursor = text.length === 0 ? 0 : place % (text.length + 1);
        const found = promqlContext(text, cursor);
        if (!found) return;
        assert.ok(0 <= found.from && found.from <= cursor && cursor <= found.to && found.to <= text.length);
        assert.equal(text.slice(found.from, cursor), found.word);
      },
    ),
  );
});

const source: NameSource = {
  metrics: async () => ['http_requests_total', 'memory.utf8'],
  families: async () =>
    new Map([['http_requests_total', { type: 'counter', help: 'Requests served', unit: '' }]]),
  labels: async (selector) => (selector.includes('utf8') ? ['host.name'] : ['code', 'job']),
  values: async (label, selector) => [`${label} of ${selector}`, 'a"b'],
};
const complete = promqlCompleter(source);
const optionsAt = async (marked: string, isExplicit = false) => {
  const text = marked.replace('|', '');
  return (await complete({ text, at: marked.indexOf('|'), isExplicit }))?.options ?? [];
};

test('options say what they are and what they put in', async () => {
  const options = await optionsAt('m|');
  const of = (label: string) => options.find((option) => option.label === label);
  assert.equal(of('http_requests_total')?.detail, 'counter');
  assert.equal(of('http_requests_total')?.info, 'Requests served');
  assert.equal(of('memory.utf8')?.insert, '{"memory.utf8"}');
  assert.deepEqual([of('rate')?.insert, of('rate')?.caretBack], ['rate()', 1]);
  assert.match(of('rate')!.info!, /^rate\(v\[…\]\)\n/);
  assert.equal((await optionsAt('ra|(x)')).find(({ label }) => label === 'rate')?.insert, undefined);
  assert.equal((await optionsAt('{"memory.utf8", |}'))[0]?.insert, '"host.name"=""');
  assert.deepEqual((await optionsAt('up[15|')).map(({ label }) => label).slice(0, 2), ['15s', '15m']);
});

test('values are escaped for the quotes that they stand in', async () => {
  assert.equal((await optionsAt('up{x="|"}'))[1]?.insert, 'a\\"b');
  assert.equal((await optionsAt("up{x='|'}"))[1]?.insert, 'a"b');
  assert.equal((await optionsAt('up{x=`|`}'))[1]?.insert, 'a"b');
});

test('an empty place in an expression is left alone until it is asked for', async () => {
  assert.deepEqual(await optionsAt('sum(|)'), []);
  assert.ok((await optionsAt('sum(|)', true)).length > 50);
});

test('labels that matchers fix hold for what comes out of an aggregation', () => {
  assert.deepEqual(
    fixedLabels('sum(rate(x{service="cart",code=~"5.."}[5m])) / sum(rate(y{service="cart"}[5m]))'),
    {
      service: 'cart',
    },
  );
  assert.deepEqual(fixedLabels('x{job="a"} / y{job="b"}'), {});
});
