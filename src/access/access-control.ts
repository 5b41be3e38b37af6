/**
 * The one place where it is decided whether a request may do what it asks for:
 *
 *   who is it?         no or wrong credentials          `unauthorized`
 *   has he the right?  a scope is missing               `forbidden`
 *   of his own will?   another site's page has his      `forbidden`
 *                      browser change something
 *   for whom?          tenants that are not his         `forbidden`
 */

import type { AuthSettings, Caller } from '../model/access.ts';
import { TriliteError } from '../model/errors.ts';
import { Audit, type Reason } from './audit.ts';
import { Authenticator, type Identity, type Unidentified } from './authenticator.ts';
import type { Admission, Attempt, GateParts } from './gate.ts';
import { KeyedDigest } from './keyed-digest.ts';
import { tenantHeaderFor } from './tenant-rights.ts';

const elapsedMs = () => performance.now();

const WORDS: Readonly<Record<Unidentified, string>> = {
  missing: 'credentials are needed',
  malformed: 'the Authorization header cannot be read',
  credentials: 'wrong credentials',
};

export class AccessControl {
  readonly #authenticator: Authenticator;
  readonly #audit: Audit;

  constructor(settings: AuthSettings, { telemetry, log, environment }: GateParts) {
    const digest = new KeyedDigest();
    this.#authenticator = new Authenticator(settings, { digest, environment, log, elapsedMs });
    this.#audit = new Audit(telemetry, log, elapsedMs);
  }

  get challenges(): readonly string[] {
    return this.#authenticator.challenges;
  }

  /** See `Gate.admit`. */
  admit(attempt: Attempt): Admission | Promise<Admission> {
    const identity = this.#authenticator.identify(attempt.authorization, () => attempt.certificateNames());
    return identity instanceof Promise
      ? identity.then((late) => this.#decide(attempt, late))
      : this.#decide(attempt, identity);
  }

  #decide(attempt: Attempt, identity: Identity): Admission {
    const { demand, tenantHeader } = attempt;
    if (typeof identity === 'string') {
      throw this.#refusal(identity, attempt, undefined, new TriliteError('unauthorized', WORDS[identity]));
    }
    const { caller, isAmbient } = identity;
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
    return { caller, tenantHeader: header };
  }

  #refusal(reason: Reason, attempt: Attempt, caller: Caller | undefined, error: TriliteError): TriliteError {
    this.#audit.refused(reason, attempt, caller);
    return error;
  }

  close(): void {
    this.#authenticator.close();
  }
}
