/** Random templates for `line_format` and `label_format`: every function, control structures, variables, trim markers. */

import type { Random } from '../../../src/bench/random.ts';
import * as values from './values.ts';

const FIELDS = [
  ...values.FIELD_NAMES,
  'missing',
  '__error__',
  'nested_a',
  'req_level',
  'a_b',
  'service_name',
];
const LITERALS = ['a', 'e', 'o', '', ' ', 'GET', '/', 'x', 'error', '-', 'é'];
const REGEXES = [
  '[aeiou]',
  '(\\w)(\\w)',
  '\\d+',
  '^.',
  'e*',
  '(?P<first>[a-z]+)',
  '(',
  '.',
  'x|y',
  '(?i)ERROR',
  '[^a-z]',
];
const REPLACEMENTS = ['<$1>', '$' + '{1}x', '$first', '$$', '', '$2$1', '$' + '{0}'];
const LAYOUTS = [
  '2006-01-02',
  '15:04:05',
  '2006-01-02T15:04:05.999999999Z07:00',
  'Jan _2 2006',
  'Mon, 02 Jan 2006 15:04:05 MST',
  '3:04PM',
  '05.000',
  '2006-002',
  '06/1/2 -0700',
  'Monday January',
];
const ZONES = ['UTC', 'America/New_York', 'Asia/Tokyo', 'Nowhere/City', 'Local'];
const EPOCHS = [
  '1700000000',
  '1700000000000',
  '1700000000000000',
  '1700000000123456789',
  '19000',
  '12',
  '-170000000',
];
const VERBS = [
  '%s',
  '%v',
  '%q',
  '%d',
  '%5s',
  '%-5s|',
  '%05d',
  '%x',
  '%.2s',
  '%T',
  '%%',
  '%f',
  '%.2f',
  '%6.2f',
  '%t',
  '%+v',
  '%c',
  '%e',
  '%g',
  '%d%s',
  'no verb',
  '%',
  '%!',
  '%b',
  '%o',
  '%X',
  '%#v',
  '%U',
];
const JSON_TEXTS = [
  '{"a":[1,2.5,"x",null,{"b":true}]}',
  '[3,1,2]',
  '{"k":"v"}',
  'null',
  '1e21',
  '"s"',
  'broken',
  '{"b":1,"a":{"c":2}}',
];

const q = JSON.stringify;
/** A string in the template's own notation. */
const str = (text: string) => (text.includes('`') || !text.includes('\\') ? q(text) : `\`${text}\``);

export class TemplateGenerator {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  #field(): string {
    return this.#random.pick(FIELDS);
  }

  #int(): string {
    return this.#random.pick(['0', '1', '2', '3', '5', '10', '-1', '-3', '1.5', '100']);
  }

  /** Something with a text for a value. */
  #text(depth: number): string {
    const { int, pick } = {
      int: this.#random.int.bind(this.#random),
      pick: this.#random.pick.bind(this.#random),
    };
    const kind = int(depth > 0 ? 10 : 6);
    if (kind < 3) return `.${this.#field()}`;
    if (kind === 3) return '__line__';
    if (kind < 6) return str(pick(kind === 4 ? LITERALS : JSON_TEXTS.slice(2, 4)));
    return `(${this.#textCall(depth - 1)})`;
  }

  #number(depth: number): string {
    const random = this.#random;
    const kind = random.int(depth > 0 ? 8 : 6);
    if (kind < 3) return `.${random.pick(['n', 'v', 'status', 'missing', 'took'])}`;
    if (kind < 5) return this.#int();
    if (kind === 5) return str(values.number(random));
    return `(${this.#numberCall(depth - 1)})`;
  }

  #time(depth: number): string {
    const random = this.#random;
    const kind = random.int(4);
    if (kind < 2) return '__timestamp__';
    if (kind === 2) return `(unixToTime ${str(random.pick(EPOCHS))})`;
    const zone = random.pick(ZONES);
    const date = depth > 0 && random.chance(0.3) ? `.${this.#field()}` : str('2024-02-03');
    return random.chance(0.5)
      ? `(toDate "2006-01-02" ${date})`
      : `(toDateInZone "2006-01-02" "${zone}" ${date})`;
  }

  #textCall(depth: number): string {
    const random = this.#random;
    const t = () => this.#text(depth);
    const lit = () => str(random.pick(LITERALS));
    const re = () => str(random.pick(REGEXES));
    return random.pick<() => string>([
      () => `ToLower ${t()}`,
      () => `ToUpper ${t()}`,
      () => `Replace ${t()} ${lit()} ${lit()} ${this.#int()}`,
      () => `Trim ${t()} ${lit()}`,
      () => `TrimLeft ${t()} ${lit()}`,
      () => `TrimRight ${t()} ${lit()}`,
      () => `TrimPrefix ${t()} ${lit()}`,
      () => `TrimSuffix ${t()} ${lit()}`,
      () => `TrimSpace ${t()}`,
      () => `regexReplaceAll ${re()} ${t()} ${str(random.pick(REPLACEMENTS))}`,
      () => `regexReplaceAllLiteral ${re()} ${t()} ${str(random.pick(['<$1>', '_']))}`,
      () => `urldecode ${t()}`,
      () => `urlencode ${t()}`,
      () => `lower ${t()}`,
      () => `upper ${t()}`,
      () => `title ${t()}`,
      () => `trunc ${this.#int()} ${t()}`,
      () => `substr ${this.#int()} ${this.#int()} ${t()}`,
      () => `indent ${this.#int()} ${t()}`,
      () => `nindent ${this.#int()} ${t()}`,
      () => `replace ${lit()} ${lit()} ${t()}`,
      () => `repeat ${this.#int()} ${t()}`,
      () => `trim ${t()}`,
      () => `trimAll ${lit()} ${t()}`,
      () => `trimSuffix ${lit()} ${t()}`,
      () => `trimPrefix ${lit()} ${t()}`,
      () => `alignLeft ${this.#int()} ${t()}`,
      () => `alignRight ${this.#int()} ${t()}`,
      () => `b64enc ${t()}`,
      () => `b64dec ${random.chance(0.5) ? `(b64enc ${t()})` : t()}`,
      () => `default ${lit()} ${t()}`,
      () => `printf ${str(random.pick(VERBS))} ${t()}`,
      () => `printf ${str(random.pick(VERBS))} ${this.#number(depth)}`,
      () => `print ${t()} ${this.#number(depth)} ${t()}`,
      () => `println ${this.#number(depth)} ${t()}`,
      () => `html ${t()}`,
      () => `js ${t()}`,
      () => `urlquery ${t()}`,
      () => `slice ${t()} ${this.#int()}`,
      () => `date ${str(random.pick(LAYOUTS))} ${this.#time(depth)}`,
      () => `unixEpoch ${this.#time(depth)}`,
      () => `unixEpochMillis ${this.#time(depth)}`,
      () => `unixEpochNanos ${this.#time(depth)}`,
    ])();
  }

  #numberCall(depth: number): string {
    const random = this.#random;
    const n = () => this.#number(depth);
    const i = () => (random.chance(0.6) ? `(int ${n()})` : n());
    const f = () => (random.chance(0.6) ? `(float64 ${n()})` : n());
    return random.pick<() => string>([
      () => `add ${i()} ${i()}`,
      () => `add ${i()} ${i()} ${i()}`,
      () => `sub ${i()} ${i()}`,
      () => `mul ${i()} ${i()}`,
      () => `div ${i()} ${i()}`,
      () => `mod ${i()} ${i()}`,
      () => `addf ${f()} ${f()}`,
      () => `subf ${f()} ${f()} ${f()}`,
      () => `mulf ${f()} ${f()}`,
      () => `divf ${f()} ${f()}`,
      () => `max ${i()} ${i()}`,
      () => `min ${i()} ${i()} ${i()}`,
      () => `maxf ${f()} ${f()}`,
      () => `minf ${f()} ${f()}`,
      () => `ceil ${f()}`,
      () => `floor ${f()}`,
      () => `round ${f()} ${random.pick(['0', '1', '2', '-1'])}`,
      () => `round ${f()} 1 .5`,
      () => `int ${n()}`,
      () => `float64 ${n()}`,
      () => `bytes .${random.pick(['size', 'n', 'msg'])}`,
      () => `duration .took`,
      () => `duration_seconds .${random.pick(['took', 'n'])}`,
      () => `len ${this.#text(depth)}`,
      () => `count ${str(random.pick(REGEXES))} ${this.#text(depth)}`,
      () => `index ${this.#text(depth)} ${this.#int()}`,
    ])();
  }

  #condition(depth: number): string {
    const random = this.#random;
    const t = () => this.#text(depth);
    return random.pick<() => string>([
      () => `eq ${t()} ${t()}`,
      () => `ne ${t()} ${str(values.level(random))}`,
      () => `eq .level "info" "error"`,
      () => `lt ${this.#number(depth)} ${this.#number(depth)}`,
      () => `gt (int .n) ${this.#int()}`,
      () => `le (float64 .v) 1.5`,
      () => `ge ${t()} ${t()}`,
      () => `contains ${str(random.pick(LITERALS))} ${t()}`,
      () => `hasPrefix ${str(random.pick(LITERALS))} ${t()}`,
      () => `hasSuffix ${str(random.pick(LITERALS))} ${t()}`,
      () => `and .level ${t()}`,
      () => `or .missing ${t()}`,
      () => `not ${t()}`,
      () => `.${this.#field()}`,
      () => `and (eq .level "info") (ne .n "1")`,
    ])();
  }

  #pipeline(depth: number): string {
    const random = this.#random;
    const kind = random.int(12);
    if (kind < 3) return `.${this.#field()}`;
    if (kind < 6) return this.#textCall(depth);
    if (kind < 8) return this.#numberCall(depth);
    if (kind === 8)
      return `${this.#text(depth)} | ${random.pick(['ToUpper', 'len', 'printf "%s!"', 'trunc 3', 'default "none"', 'TrimSpace | lower', 'printf "%q"', 'int | add 1', 'b64enc | b64dec', 'urlencode', 'replace "a" "b"'])}`;
    if (kind === 9) return this.#condition(depth);
    if (kind === 10)
      return `${this.#time(depth)}${random.pick(['', '.Unix', '.Year', '.Format "15:04"', '.UTC', '.Weekday', '.Month', '.UnixNano', '.YearDay', '.IsZero'])}`.replace(
        /^(__timestamp__)(\..*)$/,
        '($1)$2',
      );
    return `fromJson ${random.chance(0.5) ? '__line__' : str(random.pick(JSON_TEXTS))}`;
  }

  #block(depth: number): string {
    const random = this.#random;
    const inner = () => this.template(depth - 1, 2);
    const orElse = () => (random.chance(0.5) ? `{{else}}${inner()}` : '');
    return random.pick<() => string>([
      () => `{{if ${this.#condition(1)}}}${inner()}${orElse()}{{end}}`,
      () => `{{if ${this.#condition(1)}}}A{{else if ${this.#condition(0)}}}B{{else}}C{{end}}`,
      () => `{{with ${this.#text(1)}}}[{{.}}]${orElse()}{{end}}`,
      () => `{{with fromJson ${str(random.pick(JSON_TEXTS))}}}{{.a}}{{end}}`,
      () => `{{range fromJson ${str(random.pick(JSON_TEXTS))}}}{{.}};{{else}}none{{end}}`,
      () => `{{range $i, $e := fromJson ${str(random.pick(JSON_TEXTS))}}}{{$i}}={{$e}} {{end}}`,
      () => `{{range $k, $v := .}}{{$k}}:{{$v}},{{end}}`,
      () => `{{range $e := fromJson "[1,2,3]"}}{{if eq $e 2.0}}{{break}}{{end}}{{$e}}{{end}}`,
      () => `{{$x := ${this.#text(1)}}}{{if .level}}{{$x = "set"}}{{end}}{{$x}}`,
      () => `{{define "t"}}<{{.}}>{{end}}{{template "t" .${this.#field()}}}`,
      () => `{{block "b" .}}{{.level}}{{end}}`,
      () => `{{- ${this.#pipeline(1)} -}} `,
      () => `{{/* nothing */}}`,
      () => `{{range $i := 3}}{{$i}}{{end}}`,
      () => `{{with $y := .level}}{{$y}}{{$.msg}}{{else with .msg}}m{{.}}{{end}}`,
    ])();
  }

  /** Up to `parts` pieces of text and actions. */
  template(depth = 2, parts = 3): string {
    const random = this.#random;
    let out = '';
    for (let i = 1 + random.int(parts); i > 0; i--) {
      if (random.chance(0.25)) out += random.pick(['x', ' ', 'level=', '{"a":"', '"}', ' - ', '\n']);
      if (depth > 0 && random.chance(0.2)) out += this.#block(depth);
      else
        out += `{{${random.chance(0.1) ? ' ' : ''}${this.#pipeline(depth)}${random.chance(0.1) ? ' ' : ''}}}`;
    }
    return out;
  }

  /** One that may not compile. */
  spoilt(): string {
    return this.#random.pick([
      '{{',
      '{{.a',
      '{{nosuch .a}}',
      '{{if}}x{{end}}',
      '{{end}}',
      '{{.a.b}}',
      '{{template "no"}}',
      '{{"open}}',
      '{{range}}',
      '{{$x}}',
      '{{.a | }}',
      '{{ToLower}}',
      '{{if .a}}x',
      '{{else}}',
      '{{printf}}',
      '{{.}}',
      '{{ . | len }}',
      '{{nil}}',
      '{{define "x"}}',
      '{{1 2}}',
      '{{(.a}}',
      "{{'ab'}}",
      '{{.a)}}',
      '{{break}}',
      '{{.level := 1}}',
      '{{len 3}}',
      '{{index . "level"}}',
      '{{ .level.x }}',
      '{{ call .level }}',
      '{{ `raw` }}',
      '{{ "a\\x" }}',
      '{{true}} {{false}}',
      '{{.a}}}}',
      '{{{.a}}}',
      '{{len}}',
      '{{eq 1}}',
      "{{ 0x1F }} {{ 1e3 }} {{ 07 }} {{ 1_000 }} {{ 'a' }}",
    ]);
  }
}
