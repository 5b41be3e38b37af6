/** Random selectors and pipelines. Parsers mostly suit the lines that the selector finds. */

import type { Random } from '../../../src/bench/random.ts';
import { FilterGenerator, quoted } from './filters.ts';
import type { Format } from './lines.ts';
import { TemplateGenerator } from './templates.ts';
import * as values from './values.ts';

const FORMATS: readonly Format[] = [
  'json',
  'json',
  'json',
  'logfmt',
  'logfmt',
  'logfmt',
  'access',
  'packed',
  'plain',
  'odd',
];
const NEEDLES = [
  '',
  'e',
  'info',
  'error',
  'GET',
  '"level"',
  'level=',
  '10.0.0',
  '\\',
  '"',
  'é',
  'x',
  'nothing of this',
  'open',
  '\u001b',
  '日',
  ' ',
  '200',
  ':',
];
const LINE_REGEXES = [
  'error',
  '(?i)ERROR',
  'info|warn',
  '^\\{',
  '\\}$',
  '\\d{3}',
  'l.v',
  '.',
  '',
  '^$',
  '[^ -~]',
  'a.*b',
  '(GET|POST) /',
  '(?s).+',
  'took=\\S+',
  '\\bok\\b',
  '\\x1b',
  'x{3}',
  '(?i)é',
  '^(a|b|c)',
  'err.*',
  '.*err',
  '.+',
];
const PATTERNS = [
  '<_>level=<_>',
  '<_>error<_>',
  'GET<_>',
  '<_>"msg":<_>',
  '<_>',
  '<_> - - <_>',
  '',
  '<_>}',
  'x',
  '<_>200<_>',
  '<_>[<_>]<_>',
  'a<_>b<_>c',
  '<_><_>',
  '<a>',
  '<_>\n<_>',
];
const CAPTURES = [
  '<ip> - <user> [<_>] "<method> <path> <_>" <status> <size>',
  '<ip> <_>',
  '<_>"<method> <path>',
  '<first> <rest>',
  '<_> [<ts>]',
  'level=<level> <_>',
  '{"<key>":<val>',
  '<a>=<b>',
  '<ip> - - [<_>] "<method> <_>" <status> <n>',
  '<_>took=<took> <_>',
  '<level>',
  '"<x>"',
  '<a-b> <c>',
  '<_> <_> <a>',
];
const BAD_CAPTURES = ['', 'no captures', '<_>', '<a><b>', '<a> <a>', '<_> <_>', '<a', '<>', '<1>'];
const NAMED_REGEXES = [
  '(?P<ip>\\S+) - (?P<user>\\S+)',
  '"(?P<method>\\w+) (?P<path>[^"]*) HTTP',
  'level=(?P<level>\\w+)',
  '(?P<first>\\w+) (?P<second>\\w+)?',
  '(?P<n>\\d+)',
  '(?P<a>a)?(?P<b>.*)',
  '(?i)(?P<level>error|info)',
  '(?P<all>(?s).*)',
  '(?P<app>\\w+)',
  '(?P<took>[\\d.]+(?:ms|s))',
  '(?P<__error__>e)',
  '(\\d)(?P<x>\\d)',
  '(?P<empty>)',
];
const BAD_NAMED = ['(\\d+)', '(?P<a>x)(?P<a>y)', '(?P<a', '', '(?P<1>x)', '(?P<a-b>x)'];
const JSON_PATHS = [
  'level',
  'msg',
  'req.level',
  'req["n"]',
  'a[0]',
  '["k-e y"]',
  'a.b',
  'user.a',
  'nested',
  '[0]',
  'note',
  'a[2].three',
  'req',
  '["a.b"]',
  'level.x',
  'a[0][0]',
  'n',
  'user[1]',
  '["é"]',
  'a_b',
];
const BAD_JSON_PATHS = [
  '',
  '.',
  'a.',
  'a[',
  '[x]',
  'a b',
  'a..b',
  'a[-1]',
  '"x"',
  'a[1.5]',
  '["x]',
  '1a',
  'a-b',
  'é',
];
const LOGFMT_KEYS = [
  'level',
  'msg',
  'took',
  'n',
  'bare',
  'empty',
  'q',
  'k_e_y',
  'missing',
  'two',
  'user',
  '_0d',
];
const BAD_LOGFMT_KEYS = ['', 'a b', '1x', 'é', 'a.b', '"x"', 'a=b', 'k-e'];
const NAMES = [
  'level',
  'msg',
  'n',
  'x',
  'app',
  'env',
  'lvl',
  'trace_id',
  'took',
  'size',
  'new',
  'service_name',
  'level_extracted',
];

export class StageGenerator {
  readonly #random: Random;
  readonly #filters: FilterGenerator;
  readonly #templates: TemplateGenerator;
  readonly format: Format;

  constructor(random: Random) {
    this.#random = random;
    this.#filters = new FilterGenerator(random);
    this.#templates = new TemplateGenerator(random);
    this.format = random.pick(FORMATS);
  }

  selector(): string {
    const random = this.#random;
    const matchers = [
      random.chance(0.85)
        ? `app="${this.format}"`
        : random.pick([
            'app=~".+"',
            'app!=""',
            'env="prod"',
            'app=~"json|logfmt"',
            'app=~"(json|plain)"',
            'service_name=~"a|b|unknown_service|named|json"',
            'app=~".*fmt"',
            'env=~"pro.*"',
            'app!~"json|^$"',
          ]),
    ];
    if (random.chance(0.3)) {
      matchers.push(
        random.pick([
          'env="prod"',
          'env!="dev"',
          'job=~"a|b"',
          'pod=""',
          'level=""',
          'job!~".*"',
          'env=~"p.*"',
          'job=~"été|a.+"',
          'missing=""',
          'env="prod"',
          'status!="200"',
          `${this.#filters.matcher('env')}`,
        ]),
      );
    }
    return `{${matchers.join(random.chance(0.5) ? ', ' : ',')}}`;
  }

  lineFilter(): string {
    const random = this.#random;
    const op = random.pick(['|=', '|=', '!=', '|~', '|~', '!~', '|>', '!>']);
    const operand = (): string => {
      if ((op === '|=' || op === '!=') && random.chance(0.15))
        return `ip(${quoted(random, this.#filters.ipPattern())})`;
      if (op.endsWith('=')) return quoted(random, random.pick(NEEDLES));
      if (op.endsWith('>')) return quoted(random, random.pick(PATTERNS));
      return quoted(random, random.chance(0.97) ? random.pick(LINE_REGEXES) : this.#filters.regex());
    };
    const operands = [operand()];
    while (random.chance(0.2)) operands.push(operand());
    return `${op} ${operands.join(' or ')}`;
  }

  #extracts(paths: readonly string[], bad: readonly string[]): string {
    const random = this.#random;
    // Of labels with one source the original fills a random one.
    const items = new Map<string, string>();
    for (let i = 1 + random.int(3); i > 0; i--) {
      const name = random.pick(NAMES);
      const path = random.chance(0.3) ? name : random.pick(random.chance(0.97) ? paths : bad);
      items.set(path, path === name ? name : `${name}=${quoted(random, path)}`);
    }
    return [...items.values()].join(', ');
  }

  #json(): string {
    return this.#random.chance(0.7) ? '| json' : `| json ${this.#extracts(JSON_PATHS, BAD_JSON_PATHS)}`;
  }

  #logfmt(): string {
    const random = this.#random;
    const flags = `${random.chance(0.2) ? ' --strict' : ''}${random.chance(0.2) ? ' --keep-empty' : ''}`;
    return random.chance(0.7)
      ? `| logfmt${flags}`
      : `| logfmt${flags} ${this.#extracts(LOGFMT_KEYS, BAD_LOGFMT_KEYS)}`;
  }

  #regexp(): string {
    const random = this.#random;
    return `| regexp ${quoted(random, random.pick(random.chance(0.96) ? NAMED_REGEXES : BAD_NAMED))}`;
  }

  #pattern(): string {
    const random = this.#random;
    return `| pattern ${quoted(random, random.pick(random.chance(0.96) ? CAPTURES : BAD_CAPTURES))}`;
  }

  parser(): string {
    const random = this.#random;
    const format = random.chance(0.85) ? this.format : random.pick(FORMATS);
    switch (format) {
      case 'json':
        return this.#json();
      case 'logfmt':
        return this.#logfmt();
      case 'packed':
        return random.chance(0.8) ? '| unpack' : this.#json();
      case 'access':
        return random.chance(0.5) ? this.#pattern() : this.#regexp();
      default:
        return random.pick([
          () => this.#json(),
          () => this.#logfmt(),
          () => this.#regexp(),
          () => this.#pattern(),
          () => '| unpack',
        ])();
    }
  }

  #labelItems(): string {
    const random = this.#random;
    const items = Array.from({ length: 1 + random.int(4) }, () =>
      random.chance(0.7)
        ? random.pick(random.chance(0.1) ? ['__error__', '__error_details__'] : NAMES)
        : this.#filters.matcher(random.chance(0.5) ? 'level' : undefined),
    );
    return items.join(random.chance(0.5) ? ', ' : ',');
  }

  #template(): string {
    return this.#random.chance(0.96) ? this.#templates.template() : this.#templates.spoilt();
  }

  #labelFormat(): string {
    const random = this.#random;
    const names = random.chance(0.97) ? NAMES : ['__error__', 'a', 'a'];
    const items = Array.from({ length: 1 + random.int(3) }, () =>
      random.chance(0.4)
        ? `${random.pick(names)}=${random.pick(NAMES)}`
        : `${random.pick(names)}=${quoted(random, this.#template())}`,
    );
    return `| label_format ${items.join(',')}`;
  }

  labelFilter(): string {
    return `| ${this.#filters.filter(2)}`;
  }

  stage(): string {
    const random = this.#random;
    const kind = random.int(20);
    if (kind < 5) return this.labelFilter();
    if (kind < 8) return this.parser();
    if (kind < 11) return this.lineFilter();
    if (kind < 14) return `| line_format ${quoted(random, this.#template())}`;
    if (kind < 17) return this.#labelFormat();
    if (kind === 17) return '| decolorize';
    return `| ${kind === 18 ? 'drop' : 'keep'} ${this.#labelItems()}`;
  }

  /** Line filters, then mostly a parser, then anything. */
  stages(most: number): string[] {
    const random = this.#random;
    const out: string[] = [];
    while (random.chance(0.25)) out.push(this.lineFilter());
    if (random.chance(0.7)) out.push(this.parser());
    for (let i = random.int(most + 1); i > 0; i--) out.push(this.stage());
    return out;
  }

  logQuery(most = 4): string {
    return [this.selector(), ...this.stages(most)].join(' ');
  }

  /** `| unwrap …` and filters behind it. */
  unwrap(): string {
    const random = this.#random;
    const label = random.pick(['n', 'n', 'v', 'v', 'status', 'took', 'size', 'missing', 'level']);
    const plain = random.pick(['n', 'v', 'status', label]);
    const form = random.pick([
      plain,
      plain,
      'duration(took)',
      'duration_seconds(took)',
      'bytes(size)',
      `duration(${label})`,
      `bytes(${label})`,
    ]);
    let out = `| unwrap ${form}`;
    if (random.chance(0.75)) out += ' | __error__=""';
    if (random.chance(0.15)) out += ` ${this.labelFilter()}`;
    return out;
  }

  /** A string as a matcher's or a stage's would be. */
  text(): string {
    return values.text(this.#random);
  }
}
