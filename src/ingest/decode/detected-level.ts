/**
 * The level of a log entry, as Loki detects it at ingestion: from a stream label, a metadata pair, OTLP's severity
 * number or the line itself. Lines are looked at as bytes; no string is made of them.
 *
 * A line that is a JSON object is walked two levels deep for the first string under a key of the list; any other is
 * scanned as logfmt for the key that comes first in the list; where neither gave a level, the earliest
 * word that names one counts.
 */

import { utf8Decode } from '../../base/bytes.ts';

export const DETECTED_LEVEL = 'detected_level';
export const UNKNOWN_LEVEL = 'unknown';

/** Names of labels, metadata and fields that hold a level, the best first. */
const LEVEL_KEYS = [
  'level',
  'LEVEL',
  'Level',
  'log.level',
  'severity',
  'SEVERITY',
  'Severity',
  'SeverityText',
  'lvl',
  'LVL',
  'Lvl',
  'severity_text',
  'Severity_Text',
  'SEVERITY_TEXT',
] as const;

/** Every way to write a level, lower-case. */
const SPELLINGS: readonly (readonly [spelling: string, level: string])[] = [
  ['info', 'info'],
  ['error', 'error'],
  ['warn', 'warn'],
  ['debug', 'debug'],
  ['warning', 'warn'],
  ['trace', 'trace'],
  ['trc', 'trace'],
  ['dbg', 'debug'],
  ['inf', 'info'],
  ['information', 'info'],
  ['wrn', 'warn'],
  ['err', 'error'],
  ['critical', 'critical'],
  ['fatal', 'fatal'],
];
const LEVEL_OF = new Map(SPELLINGS);

/** Words looked for in plain text; at one place the longer of two stands first. */
const WORDS: readonly (readonly [word: string, level: string])[] = [
  ['trace', 'trace'],
  ['debug', 'debug'],
  ['fatal', 'fatal'],
  ['critical', 'critical'],
  ['error', 'error'],
  ['err', 'error'],
  ['warning', 'warn'],
  ['warn', 'warn'],
  ['info', 'info'],
];

const encoder = new TextEncoder();
const KEY_BYTES = LEVEL_KEYS.map((k) => encoder.encode(k));
/** The distinct keys without regard to case, in list order. */
const FOLDED_KEY_BYTES = [...new Set(LEVEL_KEYS.map((k) => k.toLowerCase()))].map((k) => encoder.encode(k));
/** 1 for the lengths that keys have. */
const KEY_LENGTHS = new Uint8Array(64);
for (const key of FOLDED_KEY_BYTES) KEY_LENGTHS[key.length] = 1;
const SPELLING_BYTES = SPELLINGS.map(([s, level]) => [encoder.encode(s), level] as const);
/** Words by first byte. */
const WORDS_BY_FIRST: (readonly (readonly [Uint8Array, string])[] | undefined)[] = new Array(256).fill(
  undefined,
);
for (const [word, level] of WORDS) {
  for (const first of [word.charCodeAt(0), word.charCodeAt(0) - 32]) {
    WORDS_BY_FIRST[first] = [...(WORDS_BY_FIRST[first] ?? []), [encoder.encode(word), level]];
  }
}

/** 1 for the bytes that a word begins with. */
const WORD_FIRST = Uint8Array.from(WORDS_BY_FIRST, (words) => (words ? 1 : 0));

function flags(chars: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const c of chars) table[c.charCodeAt(0)] = 1;
  return table;
}

const LEFT_BOUNDARY = flags(' \t\n[({"\'=|');
const RIGHT_BOUNDARY = flags(' \t\n[](){}:,!"\'=|');
/** What keys and bare values of logfmt consist of. */
const LOGFMT_TEXT = new Uint8Array(256).map((_, c) => (c > 0x20 && c !== 0x3d && c !== 0x22 ? 1 : 0));
/** Unicode's white space within ASCII, which trimming removes. */
const SPACE = flags(' \t\n\v\f\r');

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const EQUALS = 0x3d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
/** Objects are entered to this depth, the line's own being 0. */
const JSON_DEPTH_MAX = 1;

/** A level's usual name for any of its spellings; anything else as it is. */
export function normalizeLevel(value: string): string {
  return LEVEL_OF.get(value.toLowerCase()) ?? value;
}

/** Whether it is one of the words that levels are called by, rather than a text that stood where one should. */
export function isKnownLevel(level: string): boolean {
  return level === UNKNOWN_LEVEL || LEVEL_OF.get(level) === level;
}

/** The level among named values: the key that comes first in the list wins. `get` answers '' for an absent name. */
export function levelOfPairs(get: (name: string) => string): string | undefined {
  for (const key of LEVEL_KEYS) {
    const value = get(key);
    if (value !== '') return normalizeLevel(value);
  }
  return undefined;
}

/** The place of `name` among the names that may hold a level, 0 the best; -1 for any other. */
export function levelKeyRank(name: string): number {
  return (LEVEL_KEYS as readonly string[]).indexOf(name);
}

/** The level of OTLP's severity number, 1…24; as the original has it, of what is no number too. */
export function levelOfSeverityNumber(text: string): string {
  if (!/^[+-]?[0-9]+$/.test(text)) return 'info';
  const n = Number(text);
  if (n === 0 || n > 24) return UNKNOWN_LEVEL;
  if (n < 0) return 'trace';
  return (['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const)[Math.floor((n - 1) / 4)]!;
}

/** The level of the line `bytes[start, end)`, or `unknown`. */
export function levelOfLine(bytes: Uint8Array, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && SPACE[bytes[from]!]) from++;
  while (to > from && SPACE[bytes[to - 1]!]) to--;
  found.from = -1;
  if (bytes[from] === OPEN_BRACE && bytes[to - 1] === CLOSE_BRACE && to - from > 1) {
    walkObject(bytes, from, to, 0);
  } else scanLogfmt(bytes, start, end);
  if (found.from >= 0) {
    const level = spelledLevel(bytes, found.from, found.to);
    if (level) return level;
  }
  return levelOfText(bytes, start, end);
}

/** Bounds of the value that was found; `from` -1 where none was. */
const found = { from: -1, to: -1 };

function equalBytes(bytes: Uint8Array, from: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word[i]) return false;
  return true;
}

/** Compares with a lower-case word; `word` may hold letters, `_` and `.` only, which no other byte folds to. */
function equalFolded(bytes: Uint8Array, from: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) {
    const c = bytes[from + i]!;
    if ((c >= 0x41 && c <= 0x5a ? c | 0x20 : c) !== word[i]) return false;
  }
  return true;
}

function spelledLevel(bytes: Uint8Array, from: number, to: number): string | undefined {
  const length = to - from;
  for (const [spelling, level] of SPELLING_BYTES) {
    if (spelling.length === length && equalFolded(bytes, from, spelling)) return level;
  }
  return undefined;
}

function isKey(bytes: Uint8Array, from: number, to: number): boolean {
  const first = bytes[from]! | 0x20;
  if (first !== 0x6c && first !== 0x73) return false;
  for (const key of KEY_BYTES) if (key.length === to - from && equalBytes(bytes, from, key)) return true;
  return false;
}

function skipSpace(bytes: Uint8Array, pos: number, end: number): number {
  while (pos < end && SPACE[bytes[pos]!]) pos++;
  return pos;
}

/** Behind the string whose opening quote is at `pos`, or -1. */
function skipString(bytes: Uint8Array, pos: number, end: number): number {
  for (let p = pos + 1; p < end; p++) {
    const c = bytes[p]!;
    if (c === BACKSLASH) p++;
    else if (c === QUOTE) return p + 1;
  }
  return -1;
}

/** Behind the object or array that opens at `pos`, or -1; brackets within strings do not count. */
function skipNested(bytes: Uint8Array, pos: number, end: number): number {
  let depth = 0;
  for (let p = pos; p < end; p++) {
    const c = bytes[p]!;
    if (c === QUOTE) {
      p = skipString(bytes, p, end) - 1;
      if (p < 0) return -1;
    } else if (c === OPEN_BRACE || c === OPEN_BRACKET) depth++;
    else if ((c === CLOSE_BRACE || c === CLOSE_BRACKET) && --depth === 0) return p + 1;
  }
  return -1;
}

/** Behind a number or word that starts at `pos`. */
function skipScalar(bytes: Uint8Array, pos: number, end: number): number {
  while (pos < end) {
    const c = bytes[pos]!;
    if (c === COMMA || c === CLOSE_BRACE || c === CLOSE_BRACKET || SPACE[c]) break;
    pos++;
  }
  return pos;
}

/** Looks for a level in the object at `pos`; returns the position behind it, or -1 once found or malformed. */
function walkObject(bytes: Uint8Array, pos: number, end: number, depth: number): number {
  pos = skipSpace(bytes, pos + 1, end);
  if (bytes[pos] === CLOSE_BRACE) return pos + 1;
  for (;;) {
    if (pos >= end || bytes[pos] !== QUOTE) return -1;
    const keyFrom = pos + 1;
    pos = skipString(bytes, pos, end);
    if (pos < 0) return -1;
    const keyTo = pos - 1;
    pos = skipSpace(bytes, pos, end);
    if (bytes[pos] !== COLON) return -1;
    pos = skipSpace(bytes, pos + 1, end);
    if (pos >= end) return -1;
    const c = bytes[pos]!;
    if (c === QUOTE) {
      const valueFrom = pos + 1;
      pos = skipString(bytes, pos, end);
      if (pos < 0) return -1;
      if (isKey(bytes, keyFrom, keyTo)) {
        found.from = valueFrom;
        found.to = pos - 1;
        return -1;
      }
    } else if (c === OPEN_BRACE && depth < JSON_DEPTH_MAX) pos = walkObject(bytes, pos, end, depth + 1);
    else if (c === OPEN_BRACE || c === OPEN_BRACKET) pos = skipNested(bytes, pos, end);
    else pos = skipScalar(bytes, pos, end);
    if (pos < 0) return -1;
    pos = skipSpace(bytes, pos, end);
    if (pos < end && bytes[pos] === CLOSE_BRACE) return pos + 1;
    if (pos >= end || bytes[pos] !== COMMA) return -1;
    pos = skipSpace(bytes, pos + 1, end);
  }
}

/** Scans `key=value` pairs up to the first malformed one; the key that comes first in the list wins. */
function scanLogfmt(bytes: Uint8Array, start: number, end: number): void {
  let best = FOLDED_KEY_BYTES.length;
  let pos = start;
  while (best > 0) {
    while (pos < end && bytes[pos]! <= 0x20) pos++;
    if (pos >= end) return;
    const keyFrom = pos;
    while (pos < end && LOGFMT_TEXT[bytes[pos]!]) pos++;
    const mark = pos < end ? bytes[pos] : 0;
    if (mark !== EQUALS) {
      // A quote is no key. A word by itself is one without a value.
      if (mark === QUOTE) return;
      const rank = foldedKeyRank(bytes, keyFrom, pos);
      if (rank < best) {
        best = rank;
        found.from = pos;
        found.to = pos;
      }
      continue;
    }
    const keyTo = pos++;
    if (keyTo === keyFrom) return;
    let valueFrom = pos;
    let valueTo: number;
    if (pos < end && bytes[pos] === QUOTE) {
      valueFrom = pos + 1;
      pos = skipString(bytes, pos, end);
      if (pos < 0) return;
      valueTo = pos - 1;
    } else {
      while (pos < end && LOGFMT_TEXT[bytes[pos]!]) pos++;
      if (pos < end && bytes[pos]! > 0x20) return;
      valueTo = pos;
    }
    const rank = foldedKeyRank(bytes, keyFrom, keyTo);
    if (rank < best) {
      best = rank;
      found.from = valueFrom;
      found.to = valueTo;
    }
  }
}

function foldedKeyRank(bytes: Uint8Array, from: number, to: number): number {
  const first = bytes[from]! | 0x20;
  if ((first === 0x6c || first === 0x73) && KEY_LENGTHS[to - from] === 1) {
    for (let i = 0; i < FOLDED_KEY_BYTES.length; i++) {
      const key = FOLDED_KEY_BYTES[i]!;
      if (key.length === to - from && equalFolded(bytes, from, key)) return i;
    }
  }
  return FOLDED_KEY_BYTES.length;
}

/** `İ`, which the original writes small as a plain `i`. */
const DOTTED_CAPITAL_I = encoder.encode('\u0130');
LEFT_BOUNDARY[DOTTED_CAPITAL_I[0]!] = 1;
WORD_FIRST[DOTTED_CAPITAL_I[1]!] = 1;

function withPlainI(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return encoder.encode(utf8Decode(bytes.subarray(start, end)).replaceAll('\u0130', 'i'));
}

/** The first word of a level that stands by itself. */
function levelOfText(bytes: Uint8Array, start: number, end: number): string {
  let boundary = 1;
  for (let i = start; i < end; i++) {
    const c = bytes[i]!;
    if (boundary !== 0 && WORD_FIRST[c] !== 0) {
      if (c === DOTTED_CAPITAL_I[1]) {
        // Slow path: only here does a letter beyond ASCII matter. (Where another has this byte, it is a detour.)
        boundary = 0;
        if (bytes[i - 1] !== DOTTED_CAPITAL_I[0] || i === start) continue;
        const plain = withPlainI(bytes, start, end);
        return levelOfText(plain, 0, plain.length);
      }
      const level = wordAt(bytes, i, end, WORDS_BY_FIRST[c]!);
      if (level !== undefined) return level;
    }
    boundary = LEFT_BOUNDARY[c]!;
  }
  return UNKNOWN_LEVEL;
}

function wordAt(
  bytes: Uint8Array,
  at: number,
  end: number,
  words: readonly (readonly [Uint8Array, string])[],
): string | undefined {
  for (let i = 0; i < words.length; i++) {
    const word = words[i]![0];
    const after = at + word.length;
    if (after > end || !equalFolded(bytes, at, word)) continue;
    if (after === end || RIGHT_BOUNDARY[bytes[after]!]) return words[i]![1];
  }
  return undefined;
}
