/**
 * Random rule files: recording and alerting rules over the data of `timeline.ts`, some of which fail, are limited, collide or
 * look at what others write. All of it follows from a seed. A group looks at what its own rules write alone: groups have
 * moments of their own, but nobody says which of two that are near each other ends first.
 */

import { Random, seedOf } from '../../../src/bench/random.ts';
import type { Features } from '../features.ts';

const EXPRESSIONS: readonly string[] = [
  'm0',
  'm0 > 3',
  'm1 <= 4',
  'm2',
  'm2 != 2',
  '-m1',
  'm0 / 0',
  'm0 > bool 2',
  'sum by (a) (m0)',
  'avg without (b) (m1)',
  'max by (b) (m2)',
  'count(m2)',
  'm0 + on (a, b) m1',
  'm0 * on (a) group_left max by (a) (m1)',
  'm0 and m2',
  'm0 unless m2',
  'rate(c0_total[4s])',
  'sum by (a) (increase(c0_total[6s]))',
  'm0 offset 2s',
  'count_values("v", m0)',
  'scalar(max(m0))',
  '42',
  'vector(time())',
  'absent(m2)',
  'last_over_time(m2[3s])',
  'max_over_time(m1[5s:1s])',
  'label_replace(m0, "x", "$1", "a", "(.*)")',
  'm0{a="x"} > 2 or m1{a="y"} > 2',
  'sum(m0) > 20',
];

const OF_HISTOGRAMS: readonly string[] = [
  'h',
  'n',
  'sum by (a) (h)',
  'rate(n[5s])',
  'sum by (a) (rate(h[5s]))',
  'histogram_quantile(0.9, sum by (a) (h))',
  'histogram_count(n) > 5',
  'h or m0',
];

const FAILING: readonly string[] = [
  'm0 + on (a) m1',
  'm0[3s]',
  '"text"',
  'label_replace(m0, "a", "", "", "")',
  'm0 * on () group_left m1',
];

const LABELS: readonly Readonly<Record<string, string>>[] = [
  { sev: 'page' },
  { sev: 'page', team: 'a b"c' },
  { b: '' },
  { a: 'fixed' },
  { who: '{{ $labels.a }}' },
  { gone: '{{ $labels.none }}' },
  { v: '{{ $value | humanize }}' },
  { failed: '{{ humanize "x" }}' },
];

const TEXTS: readonly string[] = [
  'plain',
  '{{ $labels.a }}/{{ $labels.b }} is {{ $value }}',
  '{{ $value | humanize }} {{ .Value | humanizeDuration }}',
  '{{ query "sum(m0)" | first | value }}',
  '{{ range query "sum by (a) (m1)" | sortByLabel "a" }}{{ .Labels.a }}={{ .Value }} {{ end }}',
  '{{ with printf "m2{a=%q}" $labels.a | query }}{{ len . }}{{ else }}none{{ end }}',
  '{{ (query "nothing" | first).Value }}',
  '{{ query "sum(" }}',
  '{{ query "m0[5s]" | len }}',
  '{{ query "m0{a=\\"x\\",b=\\"1\\"}" | first | label "b" }} {{ externalURL }}{{ pathPrefix }} {{ $externalLabels.dc }}',
  '{{ humanize "x" }}',
  '{{ humanizePercentage $value }}{{ define "t" }}{{ .arg0 }}{{ end }}{{ template "t" (args $value) }}',
  '{{ tableLink $labels.a }} {{ $labels.none }}',
];

const DURATIONS: readonly string[] = ['1s', '2s', '3s', '5s'];
/** For a restart: longer than all of a run. */
const LONG_FOR = '2m';

export interface RuleFiles {
  /** YAML by file name. */
  readonly texts: Readonly<Record<string, string>>;
  readonly queryOffset: string;
}

export function makeRuleFiles(seed: number, groups: number, features: Features): RuleFiles {
  const random = new Random(seedOf(seed, 2));
  const pool = features.histograms ? [...EXPRESSIONS, ...OF_HISTOGRAMS] : EXPRESSIONS;
  const files: Record<string, object[]> = {};
  for (let g = 0; g < groups; g++) {
    const file = `rules ${g % 2}.yml`;
    (files[file] ??= []).push(group(random, g, pool, features));
  }
  const texts = Object.fromEntries(
    // JSON is YAML.
    Object.entries(files).map(([file, list]) => [file, JSON.stringify({ groups: list }, undefined, 1)]),
  );
  return { texts, queryOffset: random.pick(['0s', '0s', '1s']) };
}

function group(random: Random, g: number, pool: readonly string[], { current }: Features): object {
  const names = Array.from({ length: 3 + random.int(5) }, (_, i) => `rec${g}:${i}`);
  const alerts = `alertname=~"A${g}_.*"`;
  const written = (): string => {
    const name = random.pick(names);
    return random.pick([
      name,
      `${name} * 2`,
      `sum(count_over_time(${name}[2500ms]))`,
      `ALERTS{${alerts}}`,
      `count by (alertname) (ALERTS{${alerts},alertstate="firing"})`,
      `time() - ALERTS_FOR_STATE{${alerts}} > bool 2`,
    ]);
  };
  const ofData = () => (random.chance(0.08) ? random.pick(FAILING) : random.pick(pool));
  const rules = names.map((name, i) =>
    random.chance(0.5)
      ? recording(random, name, names, random.chance(0.3) ? written() : ofData())
      : // Not of what other rules wrote: one that feeds on itself depends on how it began.
        alerting(random, `A${g}_${i}`, ofData()),
  );
  return {
    name: `group ${g}`,
    interval: random.pick(['1s', '1s', '2s']),
    ...(random.chance(0.2) && { limit: 1 + random.int(8) }),
    ...(random.chance(0.3) && current && { query_offset: random.pick(['0s', '1s', '1500ms']) }),
    ...(random.chance(0.25) && current && { labels: random.pick(LABELS) }),
    rules,
  };
}

function recording(random: Random, name: string, names: readonly string[], expr: string): object {
  return {
    // Now and then two rules write the same.
    record: random.chance(0.1) ? random.pick(names) : name,
    expr,
    ...(random.chance(0.4) && { labels: random.pick(LABELS) }),
  };
}

function alerting(random: Random, alert: string, expr: string): object {
  return {
    alert,
    expr,
    ...(random.chance(0.6) && { for: random.chance(0.1) ? LONG_FOR : random.pick(DURATIONS) }),
    ...(random.chance(0.3) && { keep_firing_for: random.pick(DURATIONS) }),
    ...(random.chance(0.6) && { labels: { ...random.pick(LABELS), ...random.pick(LABELS) } }),
    annotations: { one: random.pick(TEXTS), two: random.pick(TEXTS) },
  };
}
