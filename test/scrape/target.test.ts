/** From discovered labels to a target: defaults, URLs, what relabelling may change. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRelabel, DEFAULT_RELABEL_CONFIG, type RelabelConfig } from '../../src/model/relabel.ts';
import { DEFAULT_SCRAPE_CONFIG, type ScrapeConfig } from '../../src/scrape/scrape-config.ts';
import { buildTarget, discoveredLabels, type Target } from '../../src/scrape/target.ts';
import { targetUrl } from '../../src/scrape/target-url.ts';

function build(
  labels: Record<string, string>,
  rules: readonly Partial<RelabelConfig>[] = [],
  changes: Partial<ScrapeConfig> = {},
  address = 'a:80',
) {
  const config = { ...DEFAULT_SCRAPE_CONFIG, jobName: 'j', ...changes };
  const compiled = compileRelabel(rules.map((rule) => ({ ...DEFAULT_RELABEL_CONFIG, ...rule })));
  return buildTarget(discoveredLabels(address, { targets: [address], labels }, config), config, compiled);
}

function active(...args: Parameters<typeof build>): Target {
  const outcome = build(...args);
  assert.equal(outcome.kind, 'active');
  return (outcome as Extract<typeof outcome, { kind: 'active' }>).target;
}

function problem(...args: Parameters<typeof build>): string {
  const outcome = build(...args);
  return outcome.kind === 'invalid' ? outcome.message : outcome.kind;
}

test('an empty label of discovery is no label: the default of the job stands', () => {
  const target = active({ job: '', __scheme__: '', __metrics_path__: '', zone: '' });
  assert.deepEqual(target.labels.toObject(), { instance: 'a:80', job: 'j' });
  assert.equal(target.url, 'http://a:80/metrics');
  assert.deepEqual(target.discovered.toObject(), {
    __address__: 'a:80',
    __always_scrape_classic_histograms__: 'false',
    __convert_classic_histograms_to_nhcb__: 'false',
    __metrics_path__: '/metrics',
    __scheme__: 'http',
    __scrape_interval__: '1m',
    __scrape_native_histograms__: 'false',
    __scrape_timeout__: '10s',
    job: 'j',
  });
});

test('intervals are kept as they were written', () => {
  const target = active({ __scrape_interval__: '90s', __scrape_timeout__: '1500ms' });
  assert.deepEqual([target.intervalMs, target.timeoutMs], [90_000, 1500]);
  assert.deepEqual([target.intervalText, target.timeoutText], ['90s', '1500ms']);
});

test('what cannot be scraped is told', () => {
  const cases: [Record<string, string>, string][] = [
    [{ __scrape_interval__: '0s' }, 'scrape interval cannot be 0'],
    [{ __scrape_timeout__: '0' }, 'scrape timeout cannot be 0'],
    [{ __scrape_interval__: 'soon' }, 'error parsing scrape interval: not a valid duration string: "soon"'],
    [{ __scrape_interval__: '1s' }, 'scrape timeout cannot be greater than scrape interval ("10s" > "1s")'],
    [
      { __scrape_native_histograms__: 'yes' },
      'error parsing scrape native histograms: strconv.ParseBool: parsing "yes": invalid syntax',
    ],
  ];
  for (const [labels, message] of cases) assert.equal(problem(labels), message);
  assert.equal(problem({}, [{ targetLabel: '__address__', replacement: '' }]), 'no address');
  assert.equal(problem({}, [], {}, 'a/b'), '"a/b" is not a valid hostname');
});

test('relabelling says how a target is asked for histograms', () => {
  const rules = [
    { targetLabel: '__scrape_native_histograms__', replacement: '1' },
    { targetLabel: '__always_scrape_classic_histograms__', replacement: 'T' },
    { targetLabel: '__convert_classic_histograms_to_nhcb__', replacement: 'false' },
  ];
  assert.deepEqual(active({}, rules, { convertClassicHistogramsToNhcb: true }).histograms, {
    scrapeNativeHistograms: true,
    alwaysScrapeClassicHistograms: true,
    convertClassicHistogramsToNhcb: false,
  });
});

test('targets are one where all but their meta labels are equal', () => {
  const one = active({ __meta_a: '1', __tmp: 'x' }).identity;
  assert.equal(active({ __meta_a: '2', __tmp: 'x' }).identity, one);
  assert.notEqual(active({ __meta_a: '1', __tmp: 'y' }).identity, one);
  assert.notEqual(active({ __tmp: 'x' }, [], { params: { a: ['b'] } }).identity, one);
});

test('URLs are put together as Go does it', () => {
  const url = (path: string, params: Record<string, string[]> = {}) =>
    targetUrl({ scheme: 'http', address: 'h:80', path, params: new Map(Object.entries(params)) });
  assert.equal(url('/metrics'), 'http://h:80/metrics');
  assert.equal(url('metrics'), 'http://h:80/metrics');
  assert.equal(url(''), 'http://h:80');
  assert.equal(url('/a?b=c#d'), 'http://h:80/a%3Fb=c%23d');
  assert.equal(url('/a%20b/ü (1)'), 'http://h:80/a%2520b/%C3%BC%20%281%29');
  assert.equal(url('/p', { z: ['1'], a: ['x y', '~*/&'] }), 'http://h:80/p?a=x+y&a=~%2A%2F%26&z=1');
});
