/** A case of OATS (schema 3): what is sent, what the application is asked, and what must then be found. The words are those of its files. */

import type { SearchRegex } from '../../model/regex.ts';
import type { Comparison } from '../comparison.ts';
import type { Language, Place } from '../expectation.ts';

export interface OatsCase {
  readonly name: string;
  readonly place: Place;
  readonly tags: readonly string[];
  /** What it would be run in. */
  readonly fixture: 'compose' | 'k3d' | 'remote';
  /** Undefined: the application makes what is looked for. */
  readonly seed: OatsSeed | undefined;
  readonly inputs: readonly OatsInput[];
  readonly assertions: readonly OatsAssertion[];
  readonly checks: readonly { readonly script: string; readonly place: Place }[];
  /** What cannot be asked of a Trilite. */
  readonly unsupported: readonly { readonly what: string; readonly place: Place }[];
}

export interface OatsSeed {
  readonly traces: readonly {
    readonly service: string;
    readonly spans: readonly { readonly name: string; readonly kind: number; readonly durationMs: number }[];
  }[];
  readonly logs: readonly {
    readonly service: string;
    readonly body: string;
    readonly severityNumber: number;
    readonly severityText: string;
  }[];
  readonly metrics: readonly { readonly service: string; readonly name: string; readonly value: number }[];
}

/** Asked once, before anything is looked for; `retry` says that it may be asked again. */
export interface OatsInput {
  readonly place: Place;
  readonly scheme: string | undefined;
  readonly host: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number;
  readonly retry:
    | { readonly timeoutMs: number | undefined; readonly intervalMs: number | undefined }
    | undefined;
}

export interface OatsMatch {
  readonly type: 'strict' | 'regexp';
  readonly name: OatsText | undefined;
  readonly attributes: readonly { readonly key: string; readonly value: OatsText | undefined }[];
}

export interface OatsText {
  readonly text: string;
  /** Where the match is by regexp. */
  readonly regex: SearchRegex | undefined;
}

export interface OatsAssertion {
  readonly place: Place;
  readonly language: Language;
  readonly query: string;
  readonly contains: readonly string[];
  readonly notContains: readonly string[];
  readonly regex: readonly OatsText[];
  readonly match: readonly OatsMatch[];
  readonly matchSpans: readonly OatsMatch[];
  readonly value: Comparison | undefined;
  readonly count: Comparison | undefined;
  readonly absent: boolean;
}
