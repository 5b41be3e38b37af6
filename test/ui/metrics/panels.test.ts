/** Panels in the address: Prometheus' links open the same, ours come back as they were. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  NEW_PANEL,
  type Panel,
  panelsOf,
  rangeOfPanels,
  withPanels,
} from '../../../src/ui/views/metrics/panels.ts';

const only = (query: string) => panelsOf(new URLSearchParams(query))[0]!;

test('a link in an alert opens its table', () => {
  const panel = only('g0.expr=up+%3D%3D+0&g0.tab=1');
  assert.equal(panel.expr, 'up == 0');
  assert.equal(panel.tab, 'table');
});

test('the tabs of both pages are known', () => {
  assert.equal(only('g0.expr=up&g0.tab=0').tab, 'graph');
  assert.equal(only('g0.expr=up&g0.tab=graph').tab, 'graph');
  assert.equal(only('g0.expr=up&g0.tab=table').tab, 'table');
  assert.equal(only('g0.expr=up&g0.tab=explain').tab, 'explain');
  assert.equal(only('g0.expr=up').tab, 'table');
});

test('what was bookmarked on the classic page is shown', () => {
  const panel = only(
    'g0.expr=up&g0.tab=0&g0.stacked=1&g0.show_exemplars=1&g0.range_input=2h&g0.end_input=2026-01-01%2012%3A00&g0.step_input=30',
  );
  assert.equal(panel.mode, 'stacked');
  assert.equal(panel.showsExemplars, true);
  assert.equal(panel.resolution, 30_000);
});

test('what was bookmarked on the page of version 3 is shown', () => {
  const auto = only(
    'g0.expr=up&g0.tab=graph&g0.res_type=auto&g0.res_density=high&g0.display_mode=heatmap&g0.y_axis_min=0',
  );
  assert.deepEqual([auto.resolution, auto.mode, auto.yMin], ['high', 'heatmap', 0]);
  assert.equal(only('g0.expr=up&g0.res_type=fixed&g0.res_step=60').resolution, 60_000);
  assert.equal(only('g0.expr=up&g0.res_type=custom&g0.res_step=0.5&g0.step_input=7').resolution, 500);
  assert.equal(only('g0.expr=up&g0.res_type=custom&g0.res_step=x').resolution, 'medium');
});

test('panels go as far as they have queries', () => {
  const panels = panelsOf(new URLSearchParams('g0.expr=a&g1.expr=b&g3.expr=d'));
  assert.deepEqual(
    panels.map(({ expr }) => expr),
    ['a', 'b'],
  );
  assert.deepEqual(panelsOf(new URLSearchParams('from=now-3h')), [NEW_PANEL]);
});

test("Prometheus' ranges become the range of the page", () => {
  const range = (query: string) => rangeOfPanels(new URLSearchParams(query));
  const noon = Date.UTC(2026, 0, 1, 12);
  assert.deepEqual(range('g0.expr=up&g0.range_input=6h'), { from: 'now-6h', to: 'now' });
  const ended = { from: String(noon - 3_600_000), to: String(noon) };
  assert.deepEqual(range('g0.expr=up&g0.range_input=1h&g0.end_input=2026-01-01 12:00:00'), ended);
  assert.deepEqual(range('g0.expr=up&g0.moment_input=2026-01-01 12:00'), ended);
  assert.deepEqual(range('g0.expr=up&g1.expr=up&g1.range_input=5m'), { from: 'now-5m', to: 'now' });
  assert.equal(range('g0.expr=up&g0.range_input=never'), undefined);
  assert.equal(
    range('g0.expr=up&g0.range_input=6h&from=now-5m'),
    undefined,
    'the page has a range of its own',
  );
  assert.equal(range('g0.expr=up'), undefined);
});

const panel: fc.Arbitrary<Panel> = fc.record(
  {
    expr: fc.string(),
    tab: fc.constantFrom('graph', 'table', 'explain'),
    mode: fc.constantFrom('lines', 'stacked', 'heatmap'),
    resolution: fc.oneof(fc.constantFrom('low', 'medium', 'high'), fc.integer({ min: 1, max: 1e9 })),
    showsExemplars: fc.boolean(),
    yMin: fc.option(fc.integer(), { nil: undefined }),
    isLogarithmic: fc.boolean(),
    hasColumns: fc.boolean(),
    isClosed: fc.boolean(),
  },
  { noNullPrototype: true },
);

test('what is written is read again, and other parameters stay', () => {
  fc.assert(
    fc.property(fc.array(panel, { minLength: 1, maxLength: 4 }), (panels) => {
      const before = new URLSearchParams('from=now-3h&g0.expr=x&g7.tab=1&g0.range_input=1h&refresh=5s');
      const after = new URLSearchParams(withPanels(before, panels).toString());
      assert.deepEqual(panelsOf(after), panels);
      assert.equal(after.get('from'), 'now-3h');
      assert.equal(after.get('refresh'), '5s');
      assert.equal(after.has('g7.tab'), false);
      assert.equal(after.has('g0.range_input'), false);
    }),
  );
});
