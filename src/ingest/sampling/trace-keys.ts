/** What a trace is known by: its tenant and the bytes of its id, as a string that a `Map` takes. */

import { TRACE_ID_BYTES } from '../../model/span.ts';
import { DEFAULT_TENANT } from '../../model/tenant.ts';

/** The default tenant, who mostly is the only one, has none: its keys are ids alone. */
export function keyPrefix(tenant: string): string {
  return tenant === DEFAULT_TENANT ? '' : `${tenant}/`;
}

/** Keys of spans, by their ids one after another; spans of a trace that lie together share the string. */
export class TraceKeys {
  readonly #ids: Buffer;
  readonly #prefix: string;
  #last = '';
  #lastAt = -1;

  constructor(traceIds: Uint8Array, prefix: string) {
    this.#ids = Buffer.from(traceIds.buffer, traceIds.byteOffset, traceIds.byteLength);
    this.#prefix = prefix;
  }

  at(span: number): string {
    const from = span * TRACE_ID_BYTES;
    if (this.#lastAt < 0 || !this.#isSame(from, this.#lastAt)) {
      this.#last = this.#prefix + this.#ids.toString('latin1', from, from + TRACE_ID_BYTES);
    }
    this.#lastAt = from;
    return this.#last;
  }

  #isSame(a: number, b: number): boolean {
    const ids = this.#ids;
    for (let i = 0; i < TRACE_ID_BYTES; i++) if (ids[a + i] !== ids[b + i]) return false;
    return true;
  }
}
