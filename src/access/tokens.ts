/** Bearer authentication: a token is compared with all there are, whichever it is. */

import type { Caller, TokenCredential } from '../model/access.ts';
import { isSameDigest } from './keyed-digest.ts';
import { type SecretParts, type SecretSource, secretSource } from './secret-source.ts';

interface Token {
  readonly caller: Caller;
  readonly source: SecretSource;
}

export class Tokens {
  readonly #tokens: readonly Token[];
  readonly #parts: SecretParts;

  constructor(credentials: readonly TokenCredential[], parts: SecretParts) {
    this.#parts = parts;
    this.#tokens = credentials.map(({ name, token, scopes, tenants }) => ({
      caller: { name, scopes, tenants },
      source: secretSource(token, `token ${name}`, parts),
    }));
  }

  get size(): number {
    return this.#tokens.length;
  }

  /** Undefined where there is no such token. A promise where a file has to be looked at. */
  find(text: string): Caller | undefined | Promise<Caller | undefined> {
    const given = this.#parts.digest.of(text);
    const secrets = this.#tokens.map(({ source }) => source.digest());
    const isLate = secrets.some((secret) => secret instanceof Promise);
    if (isLate) return Promise.all(secrets).then((all) => this.#match(given, all));
    return this.#match(given, secrets as (Buffer | undefined)[]);
  }

  #match(given: Buffer, secrets: readonly (Buffer | undefined)[]): Caller | undefined {
    let found: Caller | undefined;
    secrets.forEach((secret, i) => {
      if (secret && isSameDigest(secret, given)) found = this.#tokens[i]!.caller;
    });
    return found;
  }
}
