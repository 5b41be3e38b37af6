/**
 * What a decoder takes of a JSON answer: the types of values, keys that must be there, keys that may be there, their
 * order. Grafana's decoders are Go's and stream: a number where a text belongs, a key too many or one that stands too
 * late fails the query. Numbers keep their text, for to Go 5.0 is no integer.
 */

import assert from 'node:assert/strict';

class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Fails with the place where the value is not as it must be. */
export type Shape = (value: unknown, at: string) => void;

type Reviver = (key: string, value: unknown, context: { readonly source: string }) => unknown;

/** Reads the text and checks it; what is wrong is told with its place. */
export function assertShape(text: string, shape: Shape): void {
  const keepNumber: Reviver = (_key, value, { source }) =>
    typeof value === 'number' ? new JsonNumber(source) : value;
  shape(JSON.parse(text, keepNumber as (key: string, value: unknown) => unknown), '$');
}

function wrong(value: unknown, at: string, wanted: string): never {
  const shown = value instanceof JsonNumber ? value.text : JSON.stringify(value);
  assert.fail(`${at} is ${String(shown).slice(0, 200)}, wanted: ${wanted}`);
}

export const text: Shape = (value, at) => {
  if (typeof value !== 'string') wrong(value, at, 'a text');
};

export const flag: Shape = (value, at) => {
  if (typeof value !== 'boolean') wrong(value, at, 'true or false');
};

export const number: Shape = (value, at) => {
  if (!(value instanceof JsonNumber)) wrong(value, at, 'a number');
};

/** Digits alone: to Go neither 1.0 nor 1e3 is one. */
export const integer: Shape = (value, at) => {
  if (!(value instanceof JsonNumber) || !/^-?\d+$/.test(value.text)) wrong(value, at, 'an integer');
};

/** A 64-bit integer of a protobuf message: a number or its text. */
export const longInteger: Shape = (value, at) => {
  const digits = value instanceof JsonNumber ? value.text : value;
  if (typeof digits !== 'string' || !/^-?\d+$/.test(digits)) wrong(value, at, 'a 64-bit integer');
};

/** A text that Go's ParseFloat takes. */
export const floatText: Shape = (value, at) => {
  const isFloat = typeof value === 'string' && /^(?:NaN|[+-]?Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.test(value);
  if (!isFloat) wrong(value, at, 'a number as text');
};

export const textLike =
  (pattern: RegExp): Shape =>
  (value, at) => {
    if (typeof value !== 'string' || !pattern.test(value)) wrong(value, at, String(pattern));
  };

export const oneOf =
  (...texts: readonly string[]): Shape =>
  (value, at) => {
    if (!texts.includes(value as string)) wrong(value, at, texts.join(' or '));
  };

export const anything: Shape = () => {};

export const orNull =
  (shape: Shape): Shape =>
  (value, at) => {
    if (value !== null) shape(value, at);
  };

export const listOf =
  (item: Shape): Shape =>
  (value, at) => {
    if (!Array.isArray(value)) wrong(value, at, 'a list');
    for (const [i, one] of value.entries()) item(one, `${at}[${i}]`);
  };

/** A list of exactly these. */
export const tuple =
  (...items: readonly Shape[]): Shape =>
  (value, at) => {
    if (!Array.isArray(value) || value.length !== items.length) wrong(value, at, `a list of ${items.length}`);
    for (const [i, item] of items.entries()) item(value[i], `${at}[${i}]`);
  };

function entriesOf(value: unknown, at: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) wrong(value, at, 'an object');
  return Object.entries(value);
}

export const mapOf =
  (item: Shape): Shape =>
  (value, at) => {
    for (const [key, one] of entriesOf(value, at)) item(one, `${at}.${key}`);
  };

export interface ObjectShape {
  /** Keys that must be there, in this order if `ordered`. */
  readonly needs?: Readonly<Record<string, Shape>>;
  readonly takes?: Readonly<Record<string, Shape>>;
  /** Other keys are no error. */
  readonly open?: boolean;
  readonly ordered?: boolean;
}

export const object =
  ({ needs = {}, takes = {}, open = false, ordered = false }: ObjectShape): Shape =>
  (value, at) => {
    const entries = entriesOf(value, at);
    for (const [key, one] of entries) {
      const shape = needs[key] ?? takes[key];
      if (shape) shape(one, `${at}.${key}`);
      else if (!open) wrong(value, at, `no key ${JSON.stringify(key)}`);
    }
    const there = entries.map(([key]) => key).filter((key) => key in needs);
    const wanted = Object.keys(needs);
    if (!ordered) {
      there.sort();
      wanted.sort();
    }
    if (there.join() !== wanted.join()) wrong(value, at, `the keys ${wanted.join(', ')}`);
  };

/** Any one of the shapes. */
export const either =
  (...shapes: readonly Shape[]): Shape =>
  (value, at) => {
    const reasons: string[] = [];
    for (const shape of shapes) {
      try {
        return shape(value, at);
      } catch (error) {
        reasons.push((error as Error).message);
      }
    }
    assert.fail(reasons.join('; nor '));
  };
