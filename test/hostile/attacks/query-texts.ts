/** Texts of queries that cost: nested far, regular expressions that explode, tiny steps, everything at once. */

import type { Strike } from '../attack.ts';

export const REGEXES = [
  '(a{1000}){1000}',
  '((a{100}){100}){100}',
  '(x+x+)+y',
  '(.{1,1000}|b){1,1000}',
  Array.from({ length: 300 }, (_, i) => `.{1,${900 + (i % 100)}}${i}`).join('|'),
  `(?i)(?:${Array.from({ length: 3000 }, (_, i) => `a${i}.*b`).join('|')})`,
  `${'('.repeat(900)}a${')'.repeat(900)}`,
  `${'('.repeat(2000)}a${')'.repeat(2000)}`,
  `${'(?:a|'.repeat(5000)}b${')'.repeat(5000)}`,
  '[\\pL\\pN]{500}[^\\pL]{500}',
  '(\\pL{1000})',
  'a**',
  'a{1001}',
  '(?P<a>.)'.repeat(3000),
  '(((((((((.*)*)*)*)*)*)*)*)*)*',
  '.*.*.*.*.*.*.*.*.*.*=.*',
  '\\C{1000}',
  'x{2}'.repeat(20_000),
];

export const many = (n: number, make: (i: number) => string, by = ',') =>
  Array.from({ length: n }, (_, i) => make(i)).join(by);
const wrap = (open: string, core: string, close: string, depth: number) =>
  open.repeat(depth) + core + close.repeat(depth);

export const PROMQL: readonly ((s: Strike) => string)[] = [
  ({ random }) => wrap('(', '1', ')', random.pick([100, 2000, 100_000])),
  ({ random }) => `${'-'.repeat(random.pick([100, 5000, 100_000]))}up`,
  ({ random }) => many(random.pick([100, 5000, 50_000]), () => '1', '+'),
  ({ random }) => many(random.pick([100, 3000]), () => 'up', ' or '),
  () => many(300, () => 'honest_total', ' or '),
  ({ random }) => wrap('abs(', 'up', ')', random.pick([100, 3000, 30_000])),
  ({ random }) => wrap('sum by (a) (', 'up', ')', random.pick([100, 3000])),
  () => wrap('max_over_time(', 'up', '[5m:1s])', 50),
  () => 'max_over_time(honest_total[1y:1ms])',
  () => 'sum_over_time(sum_over_time(honest_total[1d:1s])[1d:1s])',
  () => `sum by (${many(20_000, (i) => `l${i}`)}) (honest_total)`,
  () => 'topk(1e18, {__name__=~".+"})',
  () => 'quantile_over_time(0.5, {__name__=~".+"}[100y])',
  () => '{__name__=~".+"} * on() group_left {__name__=~".+"}',
  () => 'honest_total * on() group_left() honest_total',
  () => `up offset ${'9'.repeat(30)}y`,
  () => 'up offset 290y',
  () => 'up[290y:1ms]',
  () => 'up @ 1e300',
  () => 'up @ -9223372036854775808',
  ({ random }) =>
    `label_replace({__name__=~".+"}, "a", "$1$1$1$1$1$1$1$1", "__name__", ${JSON.stringify(random.pick(REGEXES))})`,
  ({ random }) => `{__name__=~${JSON.stringify(random.pick(REGEXES))}}`,
  ({ random }) => `up{a!~${JSON.stringify(random.pick(REGEXES))}}`,
  () => `label_join(up, "x", ",", ${many(10_000, () => '"instance"')})`,
  () =>
    wrap(
      'label_join(',
      'label_replace(honest_total, "a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", "")',
      ', "a", "", "a", "a", "a", "a", "a", "a", "a", "a")',
      12,
    ),
  () => `count_values("x", {__name__=~".+"})`,
  () => `{${many(5000, (i) => `l${i}="v"`)}}`,
  () => 'absent_over_time(x[1y:1s])',
  () => 'holt_winters(up[1y:1s], 0.5, 0.5)',
  () => 'predict_linear(honest_total[1y:10ms], 1e300)',
  () => `"${'\\x41'.repeat(100_000)}"`,
  () => '"\\ud800\\x00" == bool',
  () => 'up{a="\u0000"}',
  () => 'round(vector(1), 0) ^ 1e308 ^ 1e308 % 0',
  () => 'sort_by_label({__name__=~".+"}, "a")',
];

export const LOGQL: readonly ((s: Strike) => string)[] = [
  ({ random }) => `{app=~${JSON.stringify(random.pick(REGEXES))}}`,
  ({ random }) => `{app=~".+"} |~ ${JSON.stringify(random.pick(REGEXES))}`,
  ({ random }) => `{app=~".+"} | regexp ${JSON.stringify(random.pick(REGEXES))}`,
  () => `{app=~".+"} | pattern "${'<a>'.repeat(2000)}"`,
  () => `{app=~".+"} | pattern "${many(2000, (i) => `<a${i}>`, ' ')}"`,
  () => `{app=~".+"} | line_format "${'{{ range }}'.repeat(100)}"`,
  () => '{app=~".+"} | line_format `{{ printf "%1000000000d" 1 }}`',
  () => '{app=~".+"} | line_format `{{ repeat 1000000000 "a" }}`',
  () => `{app=~".+"} | line_format \`${'{{ repeat 1000 (repeat 1000 "a") }}'.repeat(50)}\``,
  () => '{app=~".+"} | line_format `{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}`',
  () => `{app=~".+"} | line_format \`${'{{ if true }}'.repeat(5000)}${'{{ end }}'.repeat(5000)}\``,
  () => '{app=~".+"} | line_format `{{ regexReplaceAll "(x+x+)+y" __line__ (repeat 1000 "$1") }}`',
  () => `{app=~".+"}${' | line_format `{{ __line__ }}{{ __line__ }}`'.repeat(40)}`,
  () => `{app=~".+"}${' | label_format a=`{{.a}}{{.a}}{{.a}}x`'.repeat(60)}`,
  () => `{app=~".+"}${' | json | unpack | logfmt'.repeat(100)}`,
  ({ random }) => `{app=~".+"} ${'|= "a"'.repeat(random.pick([100, 20_000]))}`,
  () => `{app=~".+"} | json ${many(5000, (i) => `a${i}="b[${i}]"`)}`,
  () => `{app=~".+"} | json x="${'a.'.repeat(5000)}b"`,
  ({ random }) => wrap('(', 'sum(rate({app=~".+"}[1m]))', ')', random.pick([100, 20_000])),
  () => many(500, () => 'count_over_time({app=~".+"}[1y])', ' + '),
  () => 'count_over_time({app=~".+"}[290y])',
  () => 'topk(1000000000, sum by (a) (count_over_time({app=~".+"} | json [1y])))',
  () => 'quantile_over_time(0.99, {app=~".+"} | unwrap bytes(x) [1y]) by (x)',
  () => `{app=~".+"} | ${many(3000, (i) => `a${i}="b"`, ' or ')}`,
  () => `{app=~".+"} | ${wrap('(', 'a="b"', ')', 10_000)}`,
  () => `{${many(5000, (i) => `l${i}="v"`)}}`,
  () => 'label_replace(rate({app=~".+"}[1m]), "a", "$1", "app", "(x+x+)+y")',
  () =>
    `{app=~".+"} | decolorize | line_format \`{{ range $i := (fromJson "[${'1,'.repeat(3000)}1]") }}{{ repeat 1000 "x" }}{{ end }}\``,
];

export const TRACEQL: readonly ((s: Strike) => string)[] = [
  ({ random }) => wrap('(', '{}', ')', random.pick([50, 1000, 50_000])),
  ({ random }) => many(random.pick([20, 500, 10_000]), () => '{}', ' >> '),
  () => many(500, () => '{ name = "a" }', ' && '),
  () => `{ ${many(5000, (i) => `.a${i} = "b"`, ' || ')} }`,
  () => `{ ${wrap('(', 'name = "a"', ')', 20_000)} }`,
  () => `{ ${'!'.repeat(20_000)}true }`,
  ({ random }) => `{ name =~ ${JSON.stringify(random.pick(REGEXES))} }`,
  () => `{} | by(${many(500, (i) => `.a${i}`)})`,
  () => `{} | select(${many(5000, (i) => `.a${i}`)})`,
  () => `{}${' | by(name)'.repeat(1000)}`,
  () => '{} | rate() by (span:id, trace:id, name, .x, .y)',
  () => `{} | quantile_over_time(duration, ${many(1000, () => '.9')}) by (name)`,
  () => '{} | compare({ status = error }, 1000000000)',
  () => `{ duration > ${'9'.repeat(40)}h }`,
  () => `{ . = ${'-'.repeat(10_000)}1 }`,
  () => '{} &>> {} &>> {} !>> {} ~ {} < {} << {}',
];

