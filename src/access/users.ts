/**
 * Basic authentication. An attempt with an unknown name costs what one with a wrong password does, so that nobody learns
 * names: it is compared with every password that is known as such, and, where any user has a bcrypt hash, with one of those.
 */

import type { Caller, UserCredential } from '../model/access.ts';
import type { BcryptThread } from './bcrypt-thread.ts';
import { isSameDigest } from './keyed-digest.ts';
import { type SecretParts, type SecretSource, secretSource } from './secret-source.ts';
import { VerifiedPairs } from './verified-pairs.ts';

interface PlainUser {
  readonly caller: Caller;
  readonly source: SecretSource;
}

interface HashedUser {
  readonly caller: Caller;
  readonly hash: string;
}

export class Users {
  readonly #plain: PlainUser[] = [];
  readonly #hashed = new Map<string, HashedUser>();
  readonly #parts: SecretParts;
  readonly #bcrypt: BcryptThread;
  /** What wrong attempts are compared with: the dearest hash that a user has. */
  readonly #dearest: string | undefined;
  readonly #known = new VerifiedPairs();
  readonly #comparing = new Map<string, Promise<boolean>>();

  constructor(credentials: readonly UserCredential[], parts: SecretParts, bcrypt: BcryptThread) {
    this.#parts = parts;
    this.#bcrypt = bcrypt;
    for (const { username, password, scopes, tenants } of credentials) {
      const caller: Caller = { name: username, scopes, tenants };
      if ('bcrypt' in password) this.#hashed.set(username, { caller, hash: password.bcrypt });
      else this.#plain.push({ caller, source: secretSource(password, `user ${username}`, parts) });
    }
    const hashes = [...this.#hashed.values()].map(({ hash }) => hash);
    this.#dearest = hashes.sort((a, b) => bcryptCost(b) - bcryptCost(a))[0];
  }

  get size(): number {
    return this.#plain.length + this.#hashed.size;
  }

  /** Undefined where name or password are wrong. A promise where there is something to wait for. */
  find(username: string, password: string): Caller | undefined | Promise<Caller | undefined> {
    const secrets = this.#plain.map(({ source }) => source.digest());
    const isLate = secrets.some((secret) => secret instanceof Promise);
    if (isLate) return Promise.all(secrets).then((all) => this.#match(username, password, all));
    return this.#match(username, password, secrets as (Buffer | undefined)[]);
  }

  #match(username: string, password: string, secrets: readonly (Buffer | undefined)[]) {
    const given = this.#parts.digest.of(password);
    let found: Caller | undefined;
    this.#plain.forEach(({ caller }, i) => {
      const isSame = secrets[i] !== undefined && isSameDigest(secrets[i], given);
      if (isSame && caller.name === username) found = caller;
    });
    return found ?? this.#byHash(this.#hashed.get(username), username, password);
  }

  /** Nobody's password is compared too. */
  #byHash(user: HashedUser | undefined, username: string, password: string) {
    const hash = user?.hash ?? this.#dearest;
    if (hash === undefined) return undefined;
    const pair = this.#parts.digest.of(username, password, hash);
    const known = this.#known.get(pair);
    if (known !== undefined) return known ? user?.caller : undefined;
    return this.#compare(pair, password, hash, user !== undefined).then((isGood) =>
      isGood ? user?.caller : undefined,
    );
  }

  /** Once for all who send the same at the same time: a dashboard asks with dozens of requests. */
  #compare(pair: Buffer, password: string, hash: string, isUser: boolean): Promise<boolean> {
    const key = pair.toString('latin1');
    const running = this.#comparing.get(key);
    if (running) return running;
    const comparing = this.#bcrypt
      .compare(password, hash)
      .then((isSame) => {
        this.#known.add(pair, isSame && isUser);
        return isSame && isUser;
      })
      .finally(() => this.#comparing.delete(key));
    this.#comparing.set(key, comparing);
    return comparing;
  }
}

/** The exponent: `$2y$10$…` is 10. */
function bcryptCost(hash: string): number {
  return Number(hash.slice(4, 6));
}
