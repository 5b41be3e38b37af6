/**
 * Whose request it is: by its `Authorization` header where there is one, else by the client's certificate, else nobody's, who
 * may do what `anonymous` says. Credentials that are wrong make nobody of the request: they are refused.
 */

import type { AuthSettings, Caller } from '../model/access.ts';
import { BcryptThread } from './bcrypt-thread.ts';
import { type Presented, readAuthorization } from './credential-header.ts';
import type { SecretParts } from './secret-source.ts';
import { Tokens } from './tokens.ts';
import { Users } from './users.ts';

export interface Identified {
  readonly caller: Caller;
  /** Whether browsers send what this was told by without being asked to, whichever page makes them. */
  readonly isAmbient: boolean;
}

/** Why it is nobody's request. */
export type Unidentified = 'missing' | 'malformed' | 'credentials';

export type Identity = Identified | Unidentified;

export class Authenticator {
  readonly #users: Users;
  readonly #tokens: Tokens;
  readonly #certificates: ReadonlyMap<string, Caller>;
  readonly #anonymous: Identity;
  readonly #bcrypt = new BcryptThread();
  /** How a client may say who it is, for `WWW-Authenticate`. */
  readonly challenges: readonly string[];

  constructor(settings: AuthSettings, parts: SecretParts) {
    this.#users = new Users(settings.users, parts, this.#bcrypt);
    this.#tokens = new Tokens(settings.tokens, parts);
    this.#certificates = new Map(
      settings.certificates.map(({ subject, ...rights }) => [subject, { name: subject, ...rights }]),
    );
    const caller: Caller = { name: undefined, scopes: settings.anonymous, tenants: undefined };
    this.#anonymous = settings.anonymous.length > 0 ? { caller, isAmbient: false } : 'missing';
    const basic = this.#users.size > 0 ? ['Basic realm="trilite", charset="UTF-8"'] : [];
    // HTTP wants one at least, and no browser should ask for a password where there are none.
    const bearer = this.#tokens.size > 0 || basic.length === 0 ? ['Bearer realm="trilite"'] : [];
    this.challenges = [...basic, ...bearer];
  }

  /** Rejects with `overloaded` where a password cannot be checked now. */
  identify(
    authorization: string | undefined,
    certificateNames: () => readonly string[],
  ): Identity | Promise<Identity> {
    const presented = readAuthorization(authorization);
    switch (presented.kind) {
      case 'malformed':
        return 'malformed';
      case 'none':
        return this.#byCertificate(certificateNames) ?? this.#anonymous;
      default: {
        const isAmbient = presented.kind === 'basic';
        const found = this.#find(presented);
        return found instanceof Promise
          ? found.then((caller) => identity(caller, isAmbient))
          : identity(found, isAmbient);
      }
    }
  }

  #find(presented: Extract<Presented, { kind: 'basic' | 'bearer' }>) {
    return presented.kind === 'basic'
      ? this.#users.find(presented.username, presented.password)
      : this.#tokens.find(presented.token);
  }

  /** The first of the settings that one of the names is, in the certificate's order. */
  #byCertificate(names: () => readonly string[]): Identified | undefined {
    if (this.#certificates.size === 0) return undefined;
    for (const name of names()) {
      const caller = this.#certificates.get(name);
      if (caller) return { caller, isAmbient: true };
    }
    return undefined;
  }

  close(): void {
    this.#bcrypt.close();
  }
}

function identity(caller: Caller | undefined, isAmbient: boolean): Identity {
  return caller ? { caller, isAmbient } : 'credentials';
}
