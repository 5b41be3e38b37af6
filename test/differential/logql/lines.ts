/** Random log lines: JSON, logfmt, access logs, packed and plain ones; most are well formed, some are broken. */

import type { Random } from '../../../src/bench/random.ts';
import * as values from './values.ts';

export type Format = 'json' | 'logfmt' | 'access' | 'packed' | 'plain' | 'odd';

function jsonScalar(random: Random, field: string): string {
  const text = values.FIELDS[field]!(random);
  const bare = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text) && random.chance(0.6);
  return bare ? text : quoteJson(random, text);
}

/** In one of the forms that JSON allows. */
function quoteJson(random: Random, text: string): string {
  const quoted = JSON.stringify(text);
  if (!random.chance(0.1)) return quoted;
  return quoted.replace(/[a-z/]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const ODD_JSON = [
  'null',
  'true',
  'false',
  '[]',
  '{}',
  '[1,"two",{"three":3}]',
  '"\\ud800"',
  '"\\ud83d\\ude00"',
  '"a\\/b"',
  '-0',
  '1E5',
  '12345678901234567890',
  '[[1],[2]]',
  '""',
  '"\\n\\t\\"q\\""',
  '[null,{"b":"x"}]',
];

function jsonMember(random: Random, depth: number): string {
  const space = random.chance(0.1) ? ' ' : '';
  if (random.chance(0.12)) {
    const key = random.pick(values.ODD_KEYS);
    return `${JSON.stringify(key)}:${space}${random.pick(ODD_JSON)}`;
  }
  if (depth > 0 && random.chance(0.2)) {
    return `${JSON.stringify(random.pick(['req', 'a', 'user', 'nested', 'level']))}:${space}${jsonObject(random, depth - 1, 3)}`;
  }
  const field = random.pick(values.FIELD_NAMES);
  return `"${field}":${space}${random.chance(0.08) ? random.pick(ODD_JSON) : jsonScalar(random, field)}`;
}

function jsonObject(random: Random, depth: number, count: number): string {
  const members = Array.from({ length: random.int(count + 1) }, () => jsonMember(random, depth));
  return `{${members.join(random.chance(0.1) ? ' , ' : ',')}}`;
}

const BROKEN_JSON = [
  '{',
  '{"a"',
  '{"a":',
  '{"a":1',
  '{"a":1,}',
  '{"level":"info" "msg":"x"}',
  '{"level":"error","n":bad,"msg":"y"}',
  '[{"a":1}]',
  '"text"',
  '{"msg":"open',
  '{level:"x"}',
  '{"n":01}',
  '{"n":1}}',
  '{"n":1} tail',
  ' {"n":2}',
  '{"a":{"b":}}',
  '{"n":tru}',
  '{"msg":"bad \\q escape"}',
  '{"msg":"a\tb"}',
  '{"n":1.2.3}',
  '{"n":-}',
  '{"a":[1,2}',
  '{,"n":1}',
];

function jsonLine(random: Random): string {
  return random.chance(0.12) ? random.pick(BROKEN_JSON) : jsonObject(random, 2, 8);
}

function logfmtPair(random: Random): string {
  if (random.chance(0.12)) {
    return random.pick([
      'bare',
      'empty=',
      'q=""',
      'k-e.y=v',
      '0d=1',
      '=x',
      'a="b\\"c"',
      'u="\\u00e9"',
      'x="\\q"',
      'é=ü',
      'l="a\\nb"',
      "s='a b'",
      'two=1=2',
      'a"b=c',
      'v="x"y',
      'level=',
      '"q"=1',
      'a.b=3',
      'tab="a\\tb"',
      'sur="\\ud800"',
      'ap="\\\'"',
    ]);
  }
  const field = random.pick(values.FIELD_NAMES);
  const value = values.FIELDS[field]!(random);
  const quoted = /[\s"=\\]/.test(value) || value === '' || random.chance(0.15);
  return `${field}=${quoted ? JSON.stringify(value) : value}`;
}

function logfmtLine(random: Random): string {
  const pairs = Array.from({ length: 1 + random.int(8) }, () => logfmtPair(random));
  const line = pairs.join(random.chance(0.1) ? '  ' : ' ');
  return random.chance(0.04) ? `${line} open="never closed` : line;
}

function accessLine(random: Random): string {
  const request = `${values.method(random)} ${values.path(random)} HTTP/1.1`;
  const tail = random.chance(0.5) ? ` "-" "curl/7.${random.int(90)}"` : '';
  return `${values.address(random)} - ${random.pick(['-', 'bob'])} [10/Oct/2025:13:55:${10 + random.int(50)} +0000] "${request}" ${values.status(random)} ${random.int(5000)}${tail}`;
}

function packedLine(random: Random): string {
  const entry = random.pick([jsonLine, logfmtLine, plainLine])(random);
  const members = [
    `"pod":${JSON.stringify(values.word(random))}`,
    `"level":"${values.level(random)}"`,
    '"num":1',
    `"app":"inner"`,
  ];
  const kept = members.filter(() => random.chance(0.6));
  if (random.chance(0.85)) kept.push(`"_entry":${JSON.stringify(entry)}`);
  return `{${kept.join(',')}}`;
}

function plainLine(random: Random): string {
  const words = Array.from({ length: 1 + random.int(6) }, () =>
    random.pick([values.text, values.address, values.duration, values.level, values.number])(random),
  );
  const line = words.join(' ');
  return random.chance(0.2)
    ? `\u001b[${random.pick(['31', '1;32', '0', '38;5;206'])}m${line}\u001b[0m`
    : line;
}

/** `\udcXX` stands for the byte XX, so that a line may be no UTF-8. */
const ODD_LINES = [
  '',
  ' ',
  '\u0000',
  '\ufeff{"a":1}',
  'bad \udcff\udcfe utf8',
  '{"msg":"\udcc3("}',
  '\r\n',
  '\u001b]8;;http://x\u0007link\u001b]8;;\u001b\\',
  '\u001b(B text',
  'a\u2028b',
  '\u00a0 nbsp=1',
  `long ${'x'.repeat(3000)} error end`,
  `{"long":"${'y'.repeat(2000)}","n":7}`,
  '::1',
  '::',
  '1.2.3.4',
  'a:b',
  '<_> <ip>',
  '\\',
  '"',
  '{}',
  '[]',
  'level=info level=error',
  '{"level":"info","level":"error"}',
];

function oddLine(random: Random): string {
  return random.pick(ODD_LINES);
}

const MAKERS: Readonly<Record<Format, (random: Random) => string>> = {
  json: jsonLine,
  logfmt: logfmtLine,
  access: accessLine,
  packed: packedLine,
  plain: plainLine,
  odd: oddLine,
};

export function makeLine(random: Random, format: Format): string {
  return MAKERS[format](random);
}

/** The bytes of a line, a lone `\udcXX` as the byte XX. */
export function lineBytes(line: string): Uint8Array {
  const parts: Buffer[] = [];
  for (const rune of line) {
    const code = rune.codePointAt(0)!;
    parts.push(code >= 0xdc80 && code <= 0xdcff ? Buffer.from([code & 0xff]) : Buffer.from(rune));
  }
  return Buffer.concat(parts);
}
