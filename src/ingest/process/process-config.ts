/**
 * `trilite.processors` as plain data: rules in the order in which they apply, each with what it applies to and what it does.
 * docs/processors.md says what an action means for which part of which signal.
 */

import type { Secret } from '../../base/http-client.ts';
import type { Signal } from '../../storage/interface.ts';

/** Where `set` puts what it sets: with what an item came from, or with the item itself. Series have one label set for both. */
export type SetPlace = 'resource' | 'item';

/** `text`: values and free text (lines, names of spans and events, messages, help); `values`: those of labels and attributes. */
export type RedactReach = 'text' | 'values';

export type ProcessorAction =
  | {
      readonly kind: 'set';
      readonly name: string;
      readonly value: string;
      readonly ifMissing: boolean;
      readonly place: SetPlace;
    }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  /** Names, or globs of them. */
  | { readonly kind: 'drop'; readonly names: readonly string[] }
  | { readonly kind: 'keep'; readonly names: readonly string[] }
  /** Without a key the hash is one that anybody can make. */
  | { readonly kind: 'hash'; readonly names: readonly string[]; readonly key: Secret | undefined }
  | {
      readonly kind: 'redact';
      readonly reach: RedactReach;
      /** Undefined: whatever the name. */
      readonly names: readonly string[] | undefined;
      /** A named pattern (`text-patterns.ts`), or RE2. */
      readonly pattern: string;
      /** In place of what matched; `$1` and `${name}` are its groups. */
      readonly replacement: string;
    }
  | { readonly kind: 'drop_item' };

export interface ProcessorRule {
  readonly signals: readonly Signal[];
  /** All must be met: RE2, anchored, on the value, which is empty where there is none. */
  readonly where: readonly { readonly name: string; readonly pattern: string }[];
  /** Undefined: everybody's. */
  readonly tenants: readonly string[] | undefined;
  readonly actions: readonly ProcessorAction[];
}

/** Longest value that a rule may set: what every item carries is stored with each. */
export const SET_VALUE_MAX_BYTES = 4096;
/** Longest text that a rule may put in place of a match. */
export const REPLACEMENT_MAX_BYTES = 256;
/** Rules beyond this are a mistake: each is looked at for every item. */
export const RULES_MAX = 256;
