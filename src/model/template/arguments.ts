/** Checks and conversions of template function arguments, as Go's typing and sprig's casts do them. */

import { parseGoFloat } from '../go-float.ts';
import type { TemplateFunction } from './template-function.ts';
import { ArgumentError, typeName, type Value } from './value.ts';

export type FunctionTable<Context = unknown> = Readonly<Record<string, TemplateFunction<Context>>>;

export function fn<Context>(
  min: number,
  call: TemplateFunction<Context>['call'],
  max = min,
): TemplateFunction<Context> {
  return { min, max, call };
}

/** A parameter of type string. */
export function str(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  throw new ArgumentError(`wrong type for value; expected string; got ${typeName(value ?? null)}`);
}

/** A parameter of type int: no string is converted. */
export function int(value: Value | undefined): number {
  if (typeof value === 'bigint') return Number(value);
  throw new ArgumentError(`wrong type for value; expected int; got ${typeName(value ?? null)}`);
}

const INTEGER = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|\d+)$/;

/** sprig's cast to int64: what cannot be read is 0. */
export function castInt(value: Value | undefined): bigint {
  switch (typeof value) {
    case 'bigint':
      return value;
    case 'number':
      return Number.isFinite(value) ? BigInt.asIntN(64, BigInt(Math.trunc(value))) : 0n;
    case 'boolean':
      return value ? 1n : 0n;
    case 'string': {
      // What is behind a decimal point is cut off.
      const whole = /^([+-]?\d*)\.\d*$/.exec(value)?.[1] ?? value;
      const m = INTEGER.exec(
        whole.replace(/^([+-]?)$/, '$10').replace(/(?<=[0-9a-fA-FxXbBoO])_(?=[0-9a-fA-F])/g, ''),
      );
      if (value === '' || !m) return 0n;
      const octal = /^0\d+$/.test(m[2]!);
      if (octal && /[89]/.test(m[2]!)) return 0n;
      const magnitude = BigInt(octal ? `0o${m[2]!.slice(1) || '0'}` : m[2]!);
      const signed = m[1] === '-' ? -magnitude : magnitude;
      return BigInt.asIntN(64, signed) === signed ? signed : 0n;
    }
    default:
      return 0n;
  }
}

/** sprig's cast to float64: what cannot be read is 0. */
export function castFloat(value: Value | undefined): number {
  switch (typeof value) {
    case 'bigint':
      return Number(value);
    case 'number':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'string':
      return parseGoFloat(value) ?? 0;
    default:
      return 0;
  }
}
