/**
 * Any span whose W3C trace state has one of the values under the key. A trace state that breaks the rules of the
 * Trace Context recommendation is none at all.
 */

import { utf8Decode } from '../../../base/bytes.ts';
import type { TraceSpans } from '../trace-spans.ts';
import type { Policy, Verdict } from './policy.ts';

/** Key and value together stay below. */
const MEMBER_LENGTH_MAX = 256;
const MEMBERS_MAX = 32;
const KEY = /^(?:[a-z][_0-9a-z\-*/]{0,255}|[a-z0-9][_0-9a-z\-*/]{0,240}@[a-z][_0-9a-z\-*/]{0,13})$/;
/** Printable ASCII without `,` and `=`, not ending in a space, up to 256 characters. */
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

export class TraceStatePolicy implements Policy {
  readonly #key: string;
  readonly #values: ReadonlySet<string>;

  constructor(key: string, values: readonly string[]) {
    this.#key = key;
    this.#values = new Set(values.filter((v) => v !== '' && key.length + v.length < MEMBER_LENGTH_MAX));
  }

  evaluate(trace: TraceSpans): Verdict {
    for (let i = 0; i < trace.count; i++) {
      const raw = trace.traceState(i);
      if (!raw || raw.length === 0) continue;
      const value = parseTraceState(utf8Decode(raw))?.get(this.#key);
      if (value !== undefined && this.#values.has(value)) return 'sampled';
    }
    return 'not_sampled';
  }
}

/** Undefined where it is malformed. */
export function parseTraceState(text: string): ReadonlyMap<string, string> | undefined {
  const members = new Map<string, string>();
  for (const part of text.split(',')) {
    const member = part.replace(/^[ \t]+|[ \t]+$/g, '');
    if (member === '') continue;
    const at = member.indexOf('=');
    const key = member.slice(0, at);
    const value = member.slice(at + 1);
    if (at < 0 || !KEY.test(key) || !VALUE.test(value) || members.has(key)) return undefined;
    members.set(key, value);
    if (members.size > MEMBERS_MAX) return undefined;
  }
  return members;
}
