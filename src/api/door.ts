/** The gate as the HTTP server has it: who is not let in gets an answer in the manner of what was asked for. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Demand, Gate } from '../access/gate.ts';
import { TriliteError } from '../model/errors.ts';
import type { ServiceAnswer } from '../query/service.ts';
import type { BringingPolicy } from './cross-origin.ts';
import type { OwnSites } from './cross-site.ts';
import { errorAnswer, type Surface } from './error-answer.ts';
import { contentTypeOf } from './exchange.ts';
import { admitHttp } from './http-attempt.ts';
import { answerOnSocket } from './socket-answer.ts';

/** Words a refusal, where it is not that of the surface. */
export type Refuse = (error: TriliteError, contentType: string | undefined) => ServiceAnswer;

export interface Guarded {
  readonly surface: Surface;
  readonly demand: Demand;
  readonly refuse?: Refuse | undefined;
  /** Whether pages of other origins may bring data by it. */
  readonly bringing?: boolean;
}

/** A method of a path, and what it demands. */
export interface ListedEndpoint {
  /** `UPGRADE` where the connection is taken over. */
  readonly method: string;
  readonly path: string;
  readonly surface: Surface;
  readonly demand: Demand;
}

/** What pages may send something; changes with the configuration. */
export interface DoorSettings {
  readonly externalUrl: string | undefined;
  readonly bringing: BringingPolicy;
}

export class Door {
  readonly #gate: Gate;
  #settings: DoorSettings;

  constructor(gate: Gate, settings: DoorSettings) {
    this.#gate = gate;
    this.#settings = settings;
  }

  change(settings: DoorSettings): void {
    this.#settings = settings;
  }

  /** Undefined: nobody has to be asked. Else what resolves with the answer to a request that is not let in, or undefined. */
  refusal(
    request: IncomingMessage,
    response: ServerResponse,
    guarded: Guarded,
  ): Promise<ServiceAnswer | undefined> | undefined {
    if (this.#gate.isOpen || guarded.demand.right === 'open') return undefined;
    return this.#ask(request, response, guarded);
  }

  async #ask(
    request: IncomingMessage,
    response: ServerResponse,
    { surface, demand, refuse, bringing = false }: Guarded,
  ): Promise<ServiceAnswer | undefined> {
    try {
      await admitHttp(this.#gate, request, demand, this.#ownSites(bringing));
      return undefined;
    } catch (error) {
      if (!(error instanceof TriliteError)) throw error;
      const challenges = this.#challengesTo(error);
      if (challenges.length > 0) response.setHeader('WWW-Authenticate', challenges);
      return refuse?.(error, contentTypeOf(request)) ?? errorAnswer(surface, error);
    }
  }

  /** Calls `open` where the connection may become a WebSocket; else answers on it and ends it. */
  async upgrade(request: IncomingMessage, socket: Duplex, demand: Demand, open: () => void): Promise<void> {
    // Until somebody has taken it over nobody else listens for a broken connection.
    socket.on('error', () => {});
    try {
      await admitHttp(this.#gate, request, demand, this.#ownSites(false), true);
    } catch (error) {
      answerOnSocket(socket, errorAnswer('loki', error), this.#challengesTo(error));
      return;
    }
    open();
  }

  #ownSites(bringing: boolean): OwnSites {
    const { externalUrl, bringing: policy } = this.#settings;
    return { externalUrl, allows: (origin) => bringing && policy.allows(origin) };
  }

  /** What a client that is not known is told of how to say who it is. */
  #challengesTo(error: unknown): readonly string[] {
    return error instanceof TriliteError && error.kind === 'unauthorized' ? this.#gate.challenges : [];
  }
}
