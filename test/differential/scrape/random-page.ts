/**
 * Random expositions: mostly well formed, now and then with something that is not. What they are follows from a seed. Every
 * page is made of few names, so that series come, go and stand twice.
 */

import { Random, seedOf } from '../../../src/bench/random.ts';
import { OPENMETRICS, type Page, TEXT } from './target-server.ts';

const NAMES = ['a', 'b_total', 'c_bucket', 'c_sum', 'c_count', 'd', 'd:e', '_f', 'a_created'] as const;
const LABEL_NAMES = ['x', 'y', 'le', 'quantile', 'instance', 'job', '__z', 'exported_job'] as const;
const LABEL_VALUES = [
  '',
  '1',
  '2.0',
  '+Inf',
  '1e2',
  'ü',
  '\\\\',
  '\\"',
  '\\n',
  '\\t',
  'a b',
  '{',
  '#',
] as const;
const VALUES = [
  '0',
  '1',
  '-1.5',
  '+2',
  '1e3',
  '1E-3',
  '.5',
  '5.',
  'NaN',
  'nan',
  'Inf',
  '+Inf',
  '-inf',
] as const;
const BAD_VALUES = ['0x10', '1_0', 'x', '', '--1', '1e', '1 1 1', '٣', '1,0'] as const;
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped'] as const;
const OM_TYPES = [
  'counter',
  'gauge',
  'histogram',
  'summary',
  'unknown',
  'info',
  'stateset',
  'gaugehistogram',
];
/** Lines that no parser takes, or that only one of the formats does. */
const ODD_LINES = [
  'a{x="1"',
  'a{x=1} 1',
  'a{="1"} 1',
  'a{x="1",,y="2"} 1',
  'a{,} 1',
  'a{x="1" y="2"} 1',
  'a{x="1",} 1',
  'a {x="1"} 1',
  'a\t1',
  'a 1 ',
  'a 1\r',
  '{} 1',
  '1a 1',
  'a-b 1',
  'a{x="1",x="2"} 1',
  'a{x="\\q"} 1',
  '# a comment',
  '#',
  '# TYPE a',
  '# TYPE a nothing',
  '# HELP a',
  '# HELP 1a x',
  '# UNIT a seconds',
  '',
  '# EOF',
];
const UTF8_LINES = [
  '{"a.b"} 1',
  '{"a.b","x y"="1"} 2',
  '{"a",x="1"} 3',
  '{"a.b",} 1',
  '{"a" "b"} 1',
  '{x="1"} 1',
];

export interface PageKind {
  readonly openMetrics: boolean;
  /** Whether quoted names may stand in it. */
  readonly utf8: boolean;
  /** The chance of each line to be an odd one. */
  readonly oddity: number;
}

/** Page `n` of the path with that seed. */
export function randomPage(seed: number, n: number, kind: PageKind): Page {
  const random = new Random(seedOf(seed, n));
  const odd = random.chance(0.4) ? kind.oddity : 0;
  const lines: string[] = [];
  for (let i = 2 + random.int(8); i > 0; i--) lines.push(randomLine(random, kind, odd));
  let body = `${lines.join('\n')}\n`;
  if (kind.openMetrics) body += random.chance(0.95) ? '# EOF\n' : '';
  else if (random.chance(0.1)) body = body.slice(0, -1);
  return { body, contentType: kind.openMetrics ? OPENMETRICS : TEXT };
}

function randomLine(random: Random, kind: PageKind, odd: number): string {
  if (random.chance(odd)) return random.pick(ODD_LINES);
  if (kind.utf8 && random.chance(0.05)) return random.pick(UTF8_LINES);
  if (random.chance(0.2)) return metadataLine(random, kind);
  const value = random.chance(odd) ? random.pick(BAD_VALUES) : random.pick(VALUES);
  const line = `${random.pick(NAMES)}${randomLabels(random)} ${value}`;
  if (kind.openMetrics && random.chance(0.15))
    return `${line} # {t="${random.int(3)}"} 1 ${1_600_000_000 + n3(random)}`;
  return line;
}

const n3 = (random: Random) => random.int(1000);

function randomLabels(random: Random): string {
  if (random.chance(0.4)) return '';
  const labels: string[] = [];
  for (let i = random.int(4); i > 0; i--) {
    const name = random.pick(LABEL_NAMES);
    // Twice the same label is an error of its own.
    if (labels.some((l) => l.startsWith(`${name}=`)) && random.chance(0.9)) continue;
    labels.push(`${name}="${random.pick(LABEL_VALUES)}"`);
  }
  return `{${labels.join()}${random.chance(0.1) && labels.length > 0 ? ',' : ''}}`;
}

function metadataLine(random: Random, kind: PageKind): string {
  const family = random.pick(['a', 'b', 'b_total', 'c', 'd']);
  if (random.chance(0.3)) return `# HELP ${family} ${random.pick(['Help.', 'with \\n \\\\ \\"', 'ü'])}`;
  return `# TYPE ${family} ${random.pick(kind.openMetrics ? OM_TYPES : TYPES)}`;
}
