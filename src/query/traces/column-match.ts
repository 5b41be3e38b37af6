/**
 * `reference op literal` over a whole group: a mask with a byte per row, filled column by column. A dictionary
 * column asks the predicate once per distinct text. Types are strict: an int attribute never compares with a
 * float, and a missing attribute satisfies nothing but `= nil`.
 */

import { compileAnchored } from '../../model/regex.ts';
import { SPAN_KIND_WORDS, STATUS_CODE_WORDS } from '../../model/span.ts';
import type { AttributeTable, DictionaryColumn, IntAttribute } from '../../model/span-group.ts';
import type { ComparisonOperator, Literal } from '../lang/traceql/ast.ts';
import { holds } from '../lang/traceql/fold.ts';
import { compareValues, complexValue, type Value } from './value.ts';

/** A comparison with a literal, compiled once per query. */
export class LiteralTest {
  readonly op: ComparisonOperator;
  readonly literal: Literal;
  readonly #pattern: ((text: string) => boolean) | undefined;

  constructor(op: ComparisonOperator, literal: Literal) {
    this.op = op;
    this.literal = literal;
    if ((op === '=~' || op === '!~') && literal.type === 'string') {
      const regex = compileAnchored(literal.value);
      this.#pattern = (text) => regex.test(text);
    }
  }

  text(value: string): boolean {
    if (this.literal.type !== 'string') return false;
    if (this.#pattern) return this.#pattern(value) === (this.op === '=~');
    return holds(this.op, value, this.literal.value);
  }

  number(value: number): boolean {
    return holds(this.op, value, this.literal.value as number);
  }

  integer(value: bigint): boolean {
    const literal = this.literal as Literal & { type: 'int' };
    return holds(this.op, value, literal.exact ?? BigInt(literal.value));
  }

  bool(value: boolean): boolean {
    return this.op === '=' ? value === this.literal.value : this.op === '!=' && value !== this.literal.value;
  }

  /** Whether any element of the array in the message satisfies it; the types must be the literal's. */
  complex(message: Uint8Array): boolean {
    const value = complexValue(message);
    const one = value.type === 'many' ? value.values[0]! : value;
    if (one.type !== this.literal.type) return false;
    return compareValues(this.op, value, this.literal as Value, this.#pattern);
  }
}

/** Marks the owner's rows that have an occurrence of `key` which satisfies the test. */
export function matchAttribute(
  table: AttributeTable,
  key: string,
  test: LiteralTest,
  rowCount: number,
): Uint8Array {
  const mask = new Uint8Array(rowCount);
  const wanted = test.literal.type;
  for (const column of table.of(key)) {
    if (column.type === 'string' && wanted === 'string') {
      const values = column.values();
      if (!mayHold(values, test)) continue;
      markByDictionary(
        mask,
        column.dense ? undefined : column.rows(),
        values.indexes,
        values.strings.map((s) => (test.text(s) ? 1 : 0)),
      );
    } else if (column.type === 'int' && wanted === 'int') {
      matchInts(mask, column, test);
    } else if (column.type === 'double' && wanted === 'float') {
      const values = column.values();
      const rows = column.rows();
      for (let i = 0; i < column.count; i++) if (test.number(values[i]!)) mask[rows[i]!] = 1;
    } else if (column.type === 'bool' && wanted === 'bool') {
      const values = column.values();
      const rows = column.rows();
      for (let i = 0; i < column.count; i++) if (test.bool(values[i] === 1)) mask[rows[i]!] = 1;
    } else if (column.type === 'complex') {
      const { indexes, messages } = column.values();
      markByDictionary(
        mask,
        column.rows(),
        indexes,
        messages.map((m) => (test.complex(m) ? 1 : 0)),
      );
    }
  }
  return mask;
}

/** Exact where either side is beyond 2^53, else on floats. */
function matchInts(mask: Uint8Array, column: IntAttribute, test: LiteralTest): void {
  const exact = column.exact();
  const values = column.values();
  const rows = column.rows();
  const { count } = column;
  if (exact === undefined && (test.literal as { exact?: bigint }).exact === undefined) {
    for (let i = 0; i < count; i++) if (test.number(values[i]!)) mask[rows[i]!] = 1;
    return;
  }
  for (let i = 0; i < count; i++)
    if (test.integer(exact ? exact[i]! : BigInt(values[i]!))) mask[rows[i]!] = 1;
}

function markByDictionary(
  mask: Uint8Array,
  rows: Uint32Array | undefined,
  indexes: Uint32Array,
  hits: readonly number[],
): void {
  // Fast path: most dictionaries do not have the text at all.
  if (!hits.includes(1)) return;
  const hit = Uint8Array.from(hits);
  if (rows === undefined) for (let i = 0; i < indexes.length; i++) mask[i] = mask[i]! | hit[indexes[i]!]!;
  else for (let i = 0; i < indexes.length; i++) if (hit[indexes[i]!]) mask[rows[i]!] = 1;
}

/** Whether an attribute is there, per row of the owner. */
export const ABSENT = 0;
export const PRESENT = 1;
/** There, with a value that cannot be queried. */
const PRESENT_OPAQUE = 2;

export function presence(table: AttributeTable, key: string, rowCount: number): Uint8Array {
  const mask = new Uint8Array(rowCount);
  for (const column of table.of(key)) {
    const rows = column.rows();
    if (column.type !== 'complex') {
      for (let i = 0; i < column.count; i++) mask[rows[i]!] = PRESENT;
      continue;
    }
    const { indexes, messages } = column.values();
    const state = messages.map((m) => (complexValue(m).type === 'opaque' ? PRESENT_OPAQUE : PRESENT));
    for (let i = 0; i < column.count; i++)
      if (mask[rows[i]!] !== PRESENT) mask[rows[i]!] = state[indexes[i]!]!;
  }
  return mask;
}

/** Fast path: a text whose bytes do not occur in the dictionary equals none of its pieces; no string is made. */
function mayHold({ bytes }: DictionaryColumn, { op, literal }: LiteralTest): boolean {
  if (op !== '=' || literal.type !== 'string' || literal.value === '') return true;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(literal.value);
}

export function matchDictionary(column: DictionaryColumn, test: LiteralTest): Uint8Array {
  const mask = new Uint8Array(column.indexes.length);
  if (!mayHold(column, test)) return mask;
  markByDictionary(
    mask,
    undefined,
    column.indexes,
    column.strings.map((s) => (test.text(s) ? 1 : 0)),
  );
  return mask;
}

/** Durations in ns, against a duration, int or float literal. */
export function matchNumbers(values: Float64Array, test: LiteralTest): Uint8Array {
  const mask = new Uint8Array(values.length);
  const { type } = test.literal;
  if (type !== 'duration' && type !== 'int' && type !== 'float') return mask;
  for (let i = 0; i < values.length; i++) mask[i] = test.number(values[i]!) ? 1 : 0;
  return mask;
}

/** Status codes or kinds against their words. */
export function matchWords(codes: Int32Array, words: readonly string[], test: LiteralTest): Uint8Array {
  const wanted = words.indexOf(String(test.literal.value));
  const mask = new Uint8Array(codes.length);
  const equal = test.op === '=' ? 1 : 0;
  for (let i = 0; i < codes.length; i++) mask[i] = codes[i] === wanted ? equal : 1 - equal;
  return mask;
}

export const KIND_LIST: readonly string[] = SPAN_KIND_WORDS;
export const STATUS_LIST: readonly string[] = STATUS_CODE_WORDS;
