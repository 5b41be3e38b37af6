/**
 * The jobs that both servers have, and the pages of their targets. A job's path is `/NAME`; every series carries `t`, the
 * name of the path it came from, where the job is not about that. `START` of explicit times is the run's.
 */

import { exposed } from './protobuf-pages.ts';
import { type PageKind, randomPage } from './random-page.ts';
import { OPENMETRICS, type PageOf, TEXT } from './target-server.ts';

export interface ScrapeJob {
  readonly name: string;
  /** More keys of the entry in `scrape_configs`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** By path; without one, `/NAME` is all there is. */
  readonly pages: Readonly<Record<string, PageOf>>;
  /** Targets, where they are not the server's one address. */
  readonly staticConfigs?: (address: string) => readonly object[];
  /** The version that has what it is about. */
  readonly since?: 3 | 3.14;
}

/** Random pages per format. */
const RANDOM_TARGETS = 6;

const text = (name: string, body: (n: number) => string): Record<string, PageOf> => ({
  [`/${name}`]: (n) => ({ body: body(n), contentType: TEXT }),
});
const openMetrics = (name: string, body: (n: number) => string): Record<string, PageOf> => ({
  [`/${name}`]: (n) => ({ body: `${body(n)}# EOF\n`, contentType: OPENMETRICS }),
});
const relabel = (...rules: object[]) => ({ metric_relabel_configs: rules });

function plain(n: number): string {
  const lines = [
    '# HELP requests_total Requests.\n# TYPE requests_total counter',
    `requests_total{t="text",code="200"} ${(n % 7) * 13 + 5}`,
    `requests_total{t="text",code="500"} ${n}`,
    '# TYPE temperature gauge',
    ...['NaN', '+Inf', '-Inf', '-0', '1e-300', '0.1'].map((v) => `temperature{t="text",v="${v}"} ${v}`),
    `temperature{t="text",v="ü \\"q\\" \\\\ \\n"} ${Math.sin(n)}`,
    '# TYPE lat histogram',
    ...['0.1', '1.0', '+Inf'].map((le, i) => `lat_bucket{t="text",le="${le}"} ${n * (i + 1)}`),
    `lat_sum{t="text"} ${n / 3}`,
    `lat_count{t="text"} ${n * 3}`,
  ];
  for (let i = 0; i < 4; i++) if ((n + i) % 4 < 2) lines.push(`comes_and_goes{t="text",i="${i}"} ${n}`);
  return `${lines.join('\n')}\n`;
}

function open(n: number): string {
  return [
    '# TYPE jobs counter\n# UNIT jobs \n# HELP jobs Jobs.',
    `jobs_total{t="open"} ${n} # {trace_id="a${n}"} 0.5 ${1_600_000_000 + n}.25`,
    'jobs_created{t="open"} 1600000000.5',
    '# TYPE wait_seconds histogram\n# UNIT wait_seconds seconds',
    `wait_seconds_bucket{t="open",le="1.0"} ${n} # {trace_id="b${n}"} 0.9 ${1_600_000_000 + n}`,
    `wait_seconds_bucket{t="open",le="+Inf"} ${n + 1}`,
    `wait_seconds_count{t="open"} ${n + 1}`,
    `wait_seconds_sum{t="open"} ${n / 2}`,
    '# TYPE build info',
    'build_info{t="open",v="1"} 1',
    '# TYPE state stateset',
    `state{t="open",state="on"} ${n % 2}`,
    '# TYPE size_bytes summary',
    `size_bytes{t="open",quantile="0.5"} ${n}`,
    `size_bytes_count{t="open"} ${n}`,
    '',
  ].join('\n');
}

/** Whatever can go wrong with a scrape, in turn, with good ones between. */
const failing: PageOf = (n) => {
  const body = `f{t="failing",n="${n % 2}"} ${n}\ng{t="failing"} ${n}\n`;
  const good = { body, contentType: TEXT };
  const bad = [
    { ...good, status: 500 },
    { ...good, body: `%\n${body}` },
    { ...good, body: '' },
    { ...good, delayMs: 1500 },
    { ...good, cut: true },
    { ...good, encoding: 'broken gzip' as const },
    { ...good, body: '# nothing\n' },
    { ...good, encoding: 'gzip' as const },
  ];
  return n % 2 === 0 ? good : bad[((n - 1) / 2) % bad.length]!;
};

/** Times of the samples themselves: `startMs` and a second for each scrape, never on a whole ten. */
function timed(startMs: number): ScrapeJob[] {
  const at = (n: number) => startMs + n * 1000 + 7;
  const body = (name: string) => (n: number) =>
    [
      `own{t="${name}"} ${n} ${at(n)}`,
      `late{t="${name}"} ${n} ${at(n % 5 === 4 ? n - 3 : n)}`,
      `same{t="${name}"} ${n} ${at(n - (n % 3))}`,
      n % 6 < 3 ? `sometimes{t="${name}"} ${n} ${at(n)}` : '',
      n % 6 < 3 ? `without{t="${name}"} ${n}` : '',
      `ahead{t="${name}"} ${n} ${n % 2 === 0 ? at(n) : Date.now() + 7_200_000}`,
      `twice{t="${name}"} ${n} ${at(n)}\ntwice{t="${name}"} ${n + 1} ${at(n) + 1}`,
      '',
    ].join('\n');
  const job = (name: string, config: object): ScrapeJob => ({
    name,
    config: { ...config },
    pages: text(name, body(name)),
  });
  return [
    job('timed', {}),
    { ...job('timed_tracked', { track_timestamps_staleness: true }), since: 3 },
    job('timed_not', { honor_timestamps: false }),
  ];
}

function limits(): ScrapeJob[] {
  const job = (name: string, config: object, body: (n: number) => string): ScrapeJob => ({
    name,
    config: { ...config },
    pages: text(name, body),
  });
  const many = (name: string, n: number) =>
    Array.from({ length: 3 + (n % 4) }, (_, i) => `m{t="${name}",i="${i}"} ${n}\n`).join('');
  return [
    job('sample_limit', { sample_limit: 4 }, (n) => many('sample_limit', n)),
    {
      ...job('sample_limit_same', { sample_limit: 2 }, (n) => `m{t="sample_limit_same"} ${n}\n`.repeat(4)),
      since: 3,
    },
    job(
      'sample_limit_relabelled',
      { sample_limit: 4, ...relabel({ source_labels: ['i'], regex: '[0-2]', action: 'drop' }) },
      (n) => many('sample_limit_relabelled', n),
    ),
    job('body_limit', { body_size_limit: '40B' }, (n) => `m{t="body_limit"} 1\n${'#'.repeat(n % 30)}\n`),
    job(
      'label_limit',
      { label_limit: 5 },
      (n) => `m{t="label_limit"${n % 3 === 2 ? ',a="1",b="2"' : ''}} ${n}\n`,
    ),
    job(
      'label_limit_new',
      { label_limit: 5 },
      (n) =>
        `k{t="label_limit_new"} ${n}\nm{t="label_limit_new"${n % 3 === 2 ? `,a="${n}",b="2"` : ''}} ${n}\n`,
    ),
    job(
      'label_name_limit',
      { label_name_length_limit: 10 },
      (n) => `m{t="label_name_limit"${n % 3 === 2 ? ',a2345678901="1"' : ''}} ${n}\n`,
    ),
    job(
      'label_value_limit',
      { label_value_length_limit: 20 },
      (n) => `m{t="label_value_limit"${n % 3 === 2 ? ',a="üüüüüüüüüüü"' : ''}} ${n}\n`,
    ),
    {
      name: 'target_limit',
      config: { target_limit: 1 },
      pages: text('target_limit', (n) => `m ${n}\n`),
      staticConfigs: (address) => [{ targets: [address] }, { targets: [address], labels: { two: '2' } }],
    },
  ];
}

function labels(): ScrapeJob[] {
  const clash = (name: string) => (n: number) =>
    [
      `m{t="${name}",job="own",instance="",exported_instance="e"} ${n}`,
      `n{t="${name}",job="",zone="",exported_zone="z"} ${n}`,
      `o{t="${name}",zone="scraped",exported_zone="y",exported_exported_zone="x"} ${n}`,
      '',
    ].join('\n');
  const zoned = (address: string) => [{ targets: [address], labels: { zone: 'configured' } }];
  return [
    { name: 'clash', pages: text('clash', clash('clash')), staticConfigs: zoned },
    {
      name: 'honor',
      config: { honor_labels: true },
      pages: text('honor', clash('honor')),
      staticConfigs: zoned,
    },
    {
      name: 'relabelled',
      config: relabel(
        { source_labels: ['__name__'], regex: 'dropped_.*', action: 'drop' },
        { regex: 'gone_.*', action: 'labeldrop' },
        {
          source_labels: ['a', 'b'],
          separator: '-',
          target_label: 'ab',
          regex: '(.*)-(.*)',
          replacement: '$2/$1-x$$',
        },
        { source_labels: ['a'], target_label: 'low', action: 'lowercase' },
        { source_labels: ['a'], target_label: 'UP', action: 'uppercase' },
        { source_labels: ['a', 'b'], target_label: 'hash', modulus: 1000, action: 'hashmod' },
        { regex: 'map_(.+)', action: 'labelmap' },
        { source_labels: ['__name__'], regex: 'old_(.*)', target_label: '__name__', replacement: 'new_$1' },
        { source_labels: ['a'], regex: '(.+)', target_label: 'dyn_$1', replacement: 'y' },
        { source_labels: ['e'], target_label: 'f', action: 'dropequal' },
      ),
      pages: text('relabelled', (n) =>
        [
          `dropped_m{t="relabelled"} ${n}`,
          `old_m{t="relabelled",a="Äb",b="C d",gone_x="1",map_q="Q"} ${n}`,
          `merged{t="relabelled",gone_i="1"} ${n}\nmerged{t="relabelled",gone_i="2"} ${n + 1}`,
          `kept{t="relabelled",e="1",f="2"} ${n}\ndropped{t="relabelled",e="1",f="1"} ${n}`,
          n % 3 === 0 ? `bad{t="relabelled",a="k"} ${n}` : '',
          '',
        ].join('\n'),
      ),
    },
    {
      name: 'unnamed',
      config: relabel({
        source_labels: ['drop_name'],
        regex: 'yes',
        target_label: '__name__',
        replacement: '',
      }),
      pages: text('unnamed', (n) => `m{t="unnamed"${n % 3 === 2 ? ',drop_name="yes"' : ''}} ${n}\n`),
    },
    {
      name: 'targets',
      config: {
        params: { module: ['a', 'b c'], 'x[]': ['1'] },
        relabel_configs: [
          { source_labels: ['role'], regex: 'drop', action: 'drop' },
          { source_labels: ['role'], regex: 'slow', target_label: '__scrape_interval__', replacement: '2s' },
          {
            source_labels: ['role'],
            regex: 'slow',
            target_label: '__scrape_timeout__',
            replacement: '500ms',
          },
          { source_labels: ['role'], regex: 'path', target_label: '__metrics_path__', replacement: 'other' },
          { source_labels: ['role'], regex: '(param)', target_label: '__param_module', replacement: '$1 ü' },
          { source_labels: ['role'], regex: 'named', target_label: 'instance', replacement: 'name' },
          {
            source_labels: ['role', '__meta_x'],
            regex: 'hidden;(.*)',
            target_label: '__tmp',
            replacement: '$1',
          },
          { source_labels: ['role'], regex: 'bad', target_label: '__scrape_timeout__', replacement: '1h' },
        ],
      },
      // Some of them have one URL, and so see each other's pages.
      pages: { ...text('targets', () => 'm 1\n'), ...text('other', () => 'o 1\n') },
      staticConfigs: (address) =>
        ['drop', 'slow', 'path', 'param', 'named', 'hidden', 'bad', ''].map((role) => ({
          targets: [address],
          labels: { role, ...(role === 'hidden' && { __meta_x: 'v' }) },
        })),
    },
    ...['shared_a', 'shared_b'].map((name) => ({
      name,
      config: { honor_labels: true },
      pages: text(name, (n) => `shared{t="shared",job="shared",instance="x",from="${name}"} ${n}\n`),
    })),
  ];
}

function formats(): ScrapeJob[] {
  const native = { scrape_native_histograms: true };
  const histogram = (name: string) => ({ [`/${name}`]: exposed(name) });
  const classic = (name: string, n: number) =>
    [
      '# TYPE cl histogram',
      `cl_bucket{t="${name}",le="1"} ${n}`,
      `cl_bucket{t="${name}",le="2.5"} ${n % 5 === 4 ? n - 1 : 2 * n}`,
      `cl_bucket{t="${name}",le="+Inf"} ${3 * n}`,
      `cl_count{t="${name}"} ${3 * n}`,
      `cl_sum{t="${name}"} ${n / 4}`,
      '',
    ].join('\n');
  const convert = { convert_classic_histograms_to_nhcb: true };
  return [
    { name: 'native', config: native, pages: histogram('native'), since: 3.14 },
    {
      name: 'native_both',
      config: { ...native, always_scrape_classic_histograms: true },
      pages: histogram('native_both'),
      since: 3.14,
    },
    {
      name: 'native_limited',
      config: { ...native, native_histogram_bucket_limit: 3, native_histogram_min_bucket_factor: 1.5 },
      pages: histogram('native_limited'),
      since: 3.14,
    },
    { name: 'native_not', pages: histogram('native_not'), since: 3.14 },
    {
      name: 'native_relabelled',
      config: {
        relabel_configs: [{ target_label: '__scrape_native_histograms__', replacement: 'true' }],
      },
      pages: histogram('native_relabelled'),
      since: 3.14,
    },
    { name: 'custom', config: convert, pages: text('custom', (n) => classic('custom', n)), since: 3.14 },
    {
      name: 'custom_open',
      config: { ...convert, always_scrape_classic_histograms: true },
      pages: openMetrics('custom_open', (n) => classic('custom_open', n)),
      since: 3.14,
    },
    {
      name: 'utf8',
      pages: text('utf8', (n) => `{"a.b",t="utf8","l ü"="v"} ${n}\n{"c",t="utf8"} ${n}\n`),
      since: 3,
    },
    {
      name: 'legacy',
      config: { metric_name_validation_scheme: 'legacy', metric_name_escaping_scheme: 'underscores' },
      pages: text('legacy', (n) => (n % 3 === 2 ? `{"a.b",t="legacy"} ${n}\n` : `a{t="legacy"} ${n}\n`)),
      since: 3,
    },
    {
      name: 'fallback',
      config: { fallback_scrape_protocol: 'OpenMetricsText1.0.0' },
      pages: {
        '/fallback': (n) => ({
          body: `a{t="fallback"} ${n}\n${n % 3 === 2 ? '' : '# EOF\n'}`,
          contentType: ['', 'text/html', 'text/plain; charset'][n % 3]!,
        }),
      },
      since: 3,
    },
    {
      name: 'unknown_type',
      pages: {
        '/unknown_type': (n) => ({
          body: `a{t="unknown_type"} ${n}\n`,
          contentType: ['', 'text/html', TEXT, 'text/plain; charset'][n % 4]!,
        }),
      },
      since: 3,
    },
    {
      name: 'extra',
      config: { extra_scrape_metrics: true, sample_limit: 10, body_size_limit: '30B' },
      pages: text('extra', (n) => `a{t="extra"} ${n}\n${'#'.repeat(n % 4 === 3 ? 40 : n % 4)}\n`),
      since: 3.14,
    },
  ];
}

/** The last lines are broken now and then, behind some that are not. */
const partial = (n: number) => {
  const head = `p{t="partial",i="1"} ${n}\nq{t="partial",n="${n % 3}"} ${n}\n`;
  return n % 4 < 2 ? `${head}r{t="partial"} ${n}\n` : `${head}r{ ${n}\n`;
};

function random(seed: number, utf8: boolean): ScrapeJob[] {
  const target = (name: string, number: number, kind: PageKind): ScrapeJob => ({
    name,
    pages: { [`/${name}`]: (n) => randomPage(seed * 100 + number, n, kind) },
  });
  return Array.from({ length: RANDOM_TARGETS }, (_, i) => [
    target(`random_text_${i}`, i, { openMetrics: false, utf8, oddity: 0.15 }),
    target(`random_open_${i}`, 50 + i, { openMetrics: true, utf8, oddity: 0.15 }),
  ]).flat();
}

export function makeJobs(seed: number, startMs: number, version: number): ScrapeJob[] {
  const all: ScrapeJob[] = [
    { name: 'text', pages: text('text', plain) },
    { name: 'open', pages: openMetrics('open', open) },
    // An error is to be seen for a while before the next scrape.
    { name: 'failing', config: { scrape_timeout: '500ms' }, pages: { '/failing': failing } },
    { name: 'partial', pages: text('partial', partial) },
    {
      name: 'slow',
      pages: { '/slow': (n) => ({ body: 's 1\n', contentType: TEXT, delayMs: n % 3 === 2 ? 1500 : 0 }) },
    },
    {
      name: 'twice',
      pages: text('twice', (n) => `d{t="twice"} ${n}\nd{t="twice"} ${n % 2}\ne{t="twice"} 1\n`),
    },
    ...timed(startMs),
    ...limits(),
    ...labels(),
    ...formats(),
    // Before 3.0 the parsers took and refused other things.
    ...(version < 3 ? [] : random(seed, true)),
  ];
  return all.filter(({ since = 0 }) => version >= since);
}
