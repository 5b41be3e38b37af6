/**
 * Basic authentication. An attempt with an unknown name costs what one with a wrong password does, so that nobody learns
 * names: where any user has a bcrypt hash, every wrong attempt is compared with one.
 */

import type { Caller, UserCredential } from '../model/access.ts';
import type { BcryptThread } from './bcrypt-thread.ts';
import { isSameDigest } from './keyed-digest.ts';
import { type SecretParts, type SecretSource, secretSource } from './secret-source.ts';
import { VerifiedPairs } from './verified-pairs.ts';

interface User {
  readonly caller: Caller;
  /** One of the two. */
  readonly source: SecretSource | undefined;
  readonly hash: string | undefined;
}

export class Users {
  readonly #users: ReadonlyMap<string, User>;
  readonly #parts: SecretParts;
  readonly #bcrypt: BcryptThread;
  /** What wrong attempts are compared with: the dearest hash that a user has. */
  readonly #dearest: string | undefined;
  readonly #known = new VerifiedPairs();
  readonly #comparing = new Map<string, Promise<boolean>>();

  constructor(credentials: readonly UserCredential[], parts: SecretParts, bcrypt: BcryptThread) {
    this.#parts = parts;
    this.#bcrypt = bcrypt;
    this.#users = new Map(credentials.map((each) => [each.username, userOf(each, parts)]));
    const hashes = [...this.#users.values()].flatMap(({ hash }) => hash ?? []);
    this.#dearest = hashes.sort((a, b) => bcryptCost(b) - bcryptCost(a))[0];
  }

  get size(): number {
    return this.#users.size;
  }

  /** Undefined where name or password are wrong. A promise where there is something to wait for. */
  find(username: string, password: string): Caller | undefined | Promise<Caller | undefined> {
    const user = this.#users.get(username);
    if (user?.source) {
      const secret = user.source.digest();
      if (secret instanceof Promise)
        return secret.then((late) => this.#byDigest(user, username, password, late));
      return this.#byDigest(user, username, password, secret);
    }
    return this.#byHash(user, username, password);
  }

  #byDigest(user: User, username: string, password: string, secret: Buffer | undefined) {
    const given = this.#parts.digest.of(password);
    // Compared with itself where there is none: it is no quicker.
    const isSame = isSameDigest(secret ?? given, given) && secret !== undefined;
    return isSame ? user.caller : this.#byHash(undefined, username, password);
  }

  /** Nobody's password is compared too. */
  #byHash(user: User | undefined, username: string, password: string) {
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

function userOf({ username, password, scopes, tenants }: UserCredential, parts: SecretParts): User {
  const caller: Caller = { name: username, scopes, tenants };
  if ('bcrypt' in password) return { caller, source: undefined, hash: password.bcrypt };
  return { caller, source: secretSource(password, `user ${username}`, parts), hash: undefined };
}

/** The exponent: `$2y$10$…` is 10. */
export function bcryptCost(hash: string): number {
  return Number(hash.slice(4, 6));
}
