/**
 * The door that every listener asks before it does anything for a request, and what it asks with. Without settings of access it
 * is open and costs nothing: what decides (`access-control.ts`) is loaded where there are such.
 */

import type { Logger } from '../base/log.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Access, AuthSettings, Caller } from '../model/access.ts';
import { TriliteError } from '../model/errors.ts';
import type { AccessControl } from './access-control.ts';

/** What an endpoint demands of whoever calls it. */
export interface Demand {
  /** `known`: any right at all, which is what it takes to be told that something is not there. */
  readonly right: Access | 'known';
  /**
   * For which tenants: those that the request names; all, where the endpoint tells of, or changes, what is everyone's; none,
   * where what it tells is no secret to any of them.
   */
  readonly tenants: 'named' | 'all' | 'none';
}

/** What anyone with credentials may be told: that there is nothing, or not by this method. */
export const KNOWN: Demand = { right: 'known', tenants: 'none' };
export const OPEN: Demand = { right: 'open', tenants: 'none' };

/** A request, before anything else of it has been looked at. */
export interface Attempt {
  readonly demand: Demand;
  readonly authorization: string | undefined;
  /** As it was sent; '' is none. */
  readonly tenantHeader: string | undefined;
  /** Names in the client's verified certificate. */
  certificateNames(): readonly string[];
  /** Whether a page of another site had a browser send it. */
  isCrossSite(): boolean;
  /** Whether the connection is to become a WebSocket, which pages may read whatever site they are of. */
  readonly isUpgrade: boolean;
  /** For the log: `host:port`, or the host alone. */
  readonly peer: string;
  /** The client's, without its port. */
  readonly address: string;
  readonly method: string;
  /** Without parameters. */
  readonly path: string;
}

export interface Admission {
  readonly caller: Caller;
  /** The tenant that the request is about though it names none. */
  readonly tenantHeader: string | undefined;
}

export interface GateParts {
  readonly telemetry: Telemetry;
  readonly log: Logger;
  /** The value of a variable of the environment. */
  readonly environment: (name: string) => string | undefined;
  /** The name of a file that is shown and not changed: nobody may do more than read. */
  readonly shows?: string | undefined;
  /** Counts the requests of a credential, by its name; throws `rate_limited` where there are too many. */
  readonly pace?: { ofCredential(scope: 'ingest' | 'read', name: string): void };
}

export class Gate {
  readonly #parts: GateParts;
  #control: AccessControl | undefined;

  private constructor(parts: GateParts) {
    this.#parts = parts;
  }

  static async of(settings: AuthSettings | undefined, parts: GateParts): Promise<Gate> {
    const gate = new Gate(parts);
    (await gate.prepare(settings))();
    return gate;
  }

  /** Nobody is asked who he is, and everybody may do everything. */
  get isOpen(): boolean {
    return this.#control === undefined && this.#parts.shows === undefined;
  }

  /** For `WWW-Authenticate` on answers to those who were not let in. */
  get challenges(): readonly string[] {
    return this.#control?.challenges ?? [];
  }

  /**
   * Throws, or rejects with, `TriliteError`: `unauthorized`, `forbidden`, `bad_data` where the tenants' header cannot be read,
   * `rate_limited`, `overloaded`. A promise only where there is something to wait for. Undefined where the gate, or the endpoint, is open.
   */
  admit(attempt: Attempt): Admission | undefined | Promise<Admission> {
    const { right } = attempt.demand;
    const { shows } = this.#parts;
    if (shows !== undefined && (right === 'ingest' || right === 'admin'))
      throw new TriliteError('forbidden', `this server shows ${shows} and takes nothing in`);
    if (this.#control === undefined || right === 'open') return undefined;
    return this.#control.admit(attempt);
  }

  /** Readies other settings; what it resolves with puts them in force. */
  async prepare(settings: AuthSettings | undefined): Promise<() => void> {
    const Control = settings && (await import('./access-control.ts')).AccessControl;
    return () => {
      this.#control?.close();
      this.#control = Control && new Control(settings, this.#parts);
    };
  }

  close(): void {
    this.#control?.close();
  }
}
