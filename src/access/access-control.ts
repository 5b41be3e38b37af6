/**
 * The one place where it is decided whether a request may do what it asks for:
 *
 *   who is it?         no or wrong credentials          `unauthorized`
 *                      wrong ones too often             `rate_limited`
 *   has he the right?  a scope is missing               `forbidden`
 *   of his own will?   another site's page has his      `forbidden`
 *                      browser change something
 *   for whom?          tenants that are not his         `forbidden`
 *   how often?         more than each may               `rate_limited`
 */

import type { AuthSettings, Caller } from '../model/access.ts';
import { TriliteError } from '../model/errors.ts';
import { Audit, type Reason } from './audit.ts';
import { Authenticator, type Identity, type Unidentified } from './authenticator.ts';
import type { Admission, Attempt, GateParts } from './gate.ts';
import { Guessing } from './guessing.ts';
import { KeyedDigest } from './keyed-digest.ts';
import { tenantHeaderFor } from './tenant-rights.ts';

/** All who come without credentials are one to their pace; a name cannot be so. */
const ANONYMOUS = '';

const elapsedMs = () => performance.now();

const WORDS: Readonly<Record<Unidentified, string>> = {
  missing: 'credentials are needed',
  malformed: 'the Authorization header cannot be read',
  credentials: 'wrong credentials',
};

export class AccessControl {
  readonly #authenticator: Authenticator;
  readonly #audit: Audit;
  readonly #guessing: Guessing;
  readonly #pace: GateParts['pace'];

  constructor(settings: AuthSettings, { telemetry, log, environment, pace }: GateParts) {
    const digest = new KeyedDigest();
    this.#guessing = new Guessing(digest, elapsedMs, settings.wrongAttemptsPerMinute);
    this.#pace = pace;
    this.#authenticator = new Authenticator(settings, { digest, environment, log, elapsedMs });
    this.#audit = new Audit(telemetry, log, elapsedMs);
  }

  get challenges(): readonly string[] {
    return this.#authenticator.challenges;
  }

  /** See `Gate.admit`. */
  admit(attempt: Attempt): Admission | Promise<Admission> {
    const { authorization, address } = attempt;
    if (authorization !== undefined) this.#checkGuessing(attempt, authorization, address);
    const identity = this.#authenticator.identify(authorization, () => attempt.certificateNames());
    return identity instanceof Promise
      ? identity.then((late) => this.#decide(attempt, late))
      : this.#decide(attempt, identity);
  }

  #decide(attempt: Attempt, identity: Identity): Admission {
    const { demand, tenantHeader } = attempt;
    if (typeof identity === 'string') {
      if (identity === 'credentials') this.#guessing.wrong(attempt.address);
      throw this.#refusal(identity, attempt, undefined, new TriliteError('unauthorized', WORDS[identity]));
    }
    const { caller, isAmbient } = identity;
    if (attempt.authorization !== undefined) this.#guessing.good(attempt.address, attempt.authorization);
    const refuse = (reason: Reason, error: TriliteError) => this.#refusal(reason, attempt, caller, error);
    const right = demand.right === 'open' ? 'known' : demand.right;
    if (right !== 'known' && !caller.scopes.includes(right)) {
      throw refuse('scope', new TriliteError('forbidden', `this needs the scope "${right}"`));
    }
    const isExposed = right === 'ingest' || right === 'admin' || attempt.isUpgrade;
    if (isAmbient && isExposed && attempt.isCrossSite()) {
      throw refuse(
        'cross_site',
        new TriliteError('forbidden', 'a page of another site may not ask for this'),
      );
    }
    let header: string | undefined;
    try {
      header = tenantHeaderFor(caller, demand.tenants, tenantHeader);
    } catch (error) {
      const isForbidden = error instanceof TriliteError && error.kind === 'forbidden';
      throw isForbidden ? refuse('tenant', error) : error;
    }
    if (right === 'admin') this.#audit.administered(attempt, caller);
    if (right === 'ingest' || right === 'read') this.#pace?.ofCredential(right, caller.name ?? ANONYMOUS);
    return { caller, tenantHeader: header };
  }

  #checkGuessing(attempt: Attempt, authorization: string, address: string): void {
    try {
      this.#guessing.check(address, authorization);
    } catch (error) {
      this.#audit.refused('guessing', attempt, undefined);
      throw error;
    }
  }

  #refusal(reason: Reason, attempt: Attempt, caller: Caller | undefined, error: TriliteError): TriliteError {
    this.#audit.refused(reason, attempt, caller);
    return error;
  }

  close(): void {
    this.#authenticator.close();
  }
}
