/**
 * Keys of Secrets and ConfigMaps that a resource names. Translating one asks for them and notes which it asked for, so that it is
 * translated again when one of those changes, and only then.
 */

import { TriliteError } from '../model/errors.ts';
import type { KeySelector, SecretOrConfigMap } from './resources.ts';

export type ReferenceKind = 'secret' | 'configmap';

/** An object, by `referenceKey`. */
export interface Reference {
  readonly kind: ReferenceKind;
  readonly namespace: string;
  readonly name: string;
}

/** Text by key; `absent`: there is no such object; undefined: not known yet; or why it cannot be known. */
export type ReferencedData =
  | ReadonlyMap<string, string>
  | 'absent'
  | { readonly failure: string }
  | undefined;

/** What is known of objects that resources name. */
export interface ReferenceSource {
  dataOf(reference: Reference): ReferencedData;
}

/** Something is not known yet: the resource waits for it. */
export class PendingReference extends Error {
  override name = 'PendingReference';
}

/** Names of objects, as Kubernetes has them: nothing else may come into a request. */
const OBJECT_NAME = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Equal for equal references alone. */
export function referenceKey({ kind, namespace, name }: Reference): string {
  return `${kind}/${namespace}/${name}`;
}

/** What one resource names, all in its own namespace: nobody gets at others' secrets with a monitor. */
export class References {
  readonly #source: ReferenceSource;
  readonly #namespace: string;
  /** By key, in the order asked. */
  readonly asked = new Map<string, Reference>();
  #isPending = false;

  constructor(source: ReferenceSource, namespace: string) {
    this.#source = source;
    this.#namespace = namespace;
  }

  /** What is not known yet reads as '': `settled` tells. Throws `bad_data` where there is no such key. */
  secret(selector: KeySelector | undefined, what: string): string {
    return this.#read('secret', selector ?? {}, what);
  }

  /** '' where neither is named. */
  either({ secret, configMap }: SecretOrConfigMap, what: string): string {
    if (secret && configMap)
      throw new TriliteError('bad_data', `${what}: cannot specify both Secret and ConfigMap`);
    if (secret) return this.#read('secret', secret, what);
    return configMap ? this.#read('configmap', configMap, what) : '';
  }

  /** Throws `PendingReference` where something of what was asked is not known yet: nothing that was made is whole. */
  settled(): void {
    if (this.#isPending) throw new PendingReference(`waits for ${[...this.asked.keys()].join(', ')}`);
  }

  #read(kind: ReferenceKind, { name = '', key = '' }: KeySelector, what: string): string {
    if (!OBJECT_NAME.test(name)) refuse(what, `${JSON.stringify(name)} is no name of a ${kind}`);
    const reference = { kind, namespace: this.#namespace, name };
    this.asked.set(referenceKey(reference), reference);
    const data = this.#source.dataOf(reference);
    if (data === undefined) {
      this.#isPending = true;
      return '';
    }
    if (data === 'absent') refuse(what, `${kind} ${this.#namespace}/${name} not found`);
    if ('failure' in data) refuse(what, data.failure);
    const missing = `key ${JSON.stringify(key)} in ${kind} ${this.#namespace}/${name} not found`;
    return data.get(key) ?? refuse(what, missing);
  }
}

function refuse(what: string, why: string): never {
  throw new TriliteError('bad_data', `${what}: ${why}`);
}
