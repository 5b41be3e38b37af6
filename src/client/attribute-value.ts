/** Attributes and ids as OTLP's JSON has them, into plain values. */

import type { AttributeSet, AttributeValue } from './answer.ts';

export interface AnyValueJson {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string | number;
  readonly doubleValue?: number | string;
  readonly bytesValue?: string;
  readonly arrayValue?: { readonly values?: readonly AnyValueJson[] };
  readonly kvlistValue?: { readonly values?: readonly KeyValueJson[] };
}

export interface KeyValueJson {
  readonly key: string;
  readonly value?: AnyValueJson;
}

export function attributeSet(pairs: readonly KeyValueJson[] = []): AttributeSet {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, attributeValue(value)]));
}

export function attributeValue(value: AnyValueJson = {}): AttributeValue {
  const { intValue, doubleValue, arrayValue, kvlistValue } = value;
  if (intValue !== undefined) {
    const whole = BigInt(intValue);
    const number = Number(whole);
    return Number.isSafeInteger(number) ? number : whole;
  }
  // NaN and the infinities are text in JSON.
  if (doubleValue !== undefined) return Number(doubleValue);
  if (arrayValue) return (arrayValue.values ?? []).map(attributeValue);
  if (kvlistValue) return attributeSet(kvlistValue.values);
  return value.stringValue ?? value.boolValue ?? value.bytesValue ?? '';
}

/** '' stays ''. */
export function idFromBase64(text = ''): string {
  return Buffer.from(text, 'base64').toString('hex');
}
