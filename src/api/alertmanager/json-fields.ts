/** Fields of a JSON object by name and kind. Names are found as Go finds them: the case of letters does not matter. */

import { compareText } from '../../model/labels.ts';
import { parseDateTime } from './date-time.ts';

/** A value of another kind than its field has: the message is Go's. */
export class KindError extends Error {
  constructor(value: unknown, where: string) {
    super(`json: cannot unmarshal ${kindOf(value)} into Go ${where}`);
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

export class JsonFields {
  readonly #values: ReadonlyMap<string, unknown>;

  /** `type` is what Go calls it, for the message where the value is no object. Null has no fields. */
  constructor(value: unknown, type: string) {
    if (value !== null && (typeof value !== 'object' || Array.isArray(value)))
      throw new KindError(value, type);
    this.#values = new Map(Object.entries(value ?? {}).map(([name, v]) => [name.toLowerCase(), v]));
  }

  /** Undefined where it is missing or null. */
  #get(field: string): unknown {
    return this.#values.get(field.slice(field.lastIndexOf('.') + 1).toLowerCase()) ?? undefined;
  }

  /** `field` is its path as Go says it (`Alert.generatorURL`). */
  text(field: string): string | undefined {
    const value = this.#get(field);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw new KindError(value, `struct field ${field} of type string`);
    return value.toWellFormed();
  }

  boolean(field: string): boolean | undefined {
    const value = this.#get(field);
    if (value === undefined || typeof value === 'boolean') return value;
    throw new KindError(value, `struct field ${field} of type bool`);
  }

  /** Milliseconds, undefined for Go's zero time too. */
  time(field: string): number | undefined {
    const text = this.text(field);
    return text === undefined ? undefined : parseDateTime(text);
  }

  has(field: string): boolean {
    return this.#get(field) !== undefined;
  }

  list(field: string, type: string): readonly unknown[] | undefined {
    const value = this.#get(field);
    if (value === undefined || Array.isArray(value)) return value;
    throw new KindError(value, `struct field ${field} of type ${type}`);
  }

  /** Name 0, value 0, … ascending by name; null is an empty text. */
  pairs(field: string): readonly string[] | undefined {
    const value = this.#get(field);
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) {
      throw new KindError(value, `struct field ${field} of type models.LabelSet`);
    }
    const out = new Map<string, string>();
    for (const [name, v] of Object.entries(value as object)) {
      if (v !== null && typeof v !== 'string') throw new KindError(v, `struct field ${field} of type string`);
      out.set(name.toWellFormed(), (v ?? '').toWellFormed());
    }
    return [...out].sort((a, b) => compareText(a[0], b[0])).flat();
  }
}
