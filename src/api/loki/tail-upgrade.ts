/**
 * Tails as WebSockets. What is wrong with a request is answered over HTTP; what is wrong with following (a metric query,
 * too many tails) closes the WebSocket, as the original has it.
 */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Logger } from '../../base/log.ts';
import { TriliteError } from '../../model/errors.ts';
import type { MatcherData } from '../../model/matcher.ts';
import { TAILS_MAX, type TailHub } from '../../query/logs/live/tail-hub.ts';
import type { ServiceAnswer, ServiceRequest, ServiceRunner } from '../../query/service.ts';
import { errorAnswer } from '../error-answer.ts';
import { readServiceRequest } from '../exchange.ts';
import type { UpgradeRoute } from '../route.ts';
import { answerOnSocket } from '../socket-answer.ts';
import { forTenants } from '../tenancy.ts';
import { plainError } from './answer.ts';
import { LEGACY_TAIL_PATH, TAIL_PATH } from './routes.ts';
import type { TailPlan } from './tail-service.ts';

export const PING_INTERVAL_MS = 1000;
/** A client that answers no ping for so long is gone. */
const SILENT_MAX_MS = 60_000;
const TAIL_MAX_MS = 3_600_000;
/** Clients have nothing to say. */
const CLIENT_MESSAGE_MAX_BYTES = 64 * 1024;
/** "Internal server error": with it the original closes whatever the reason. */
const CLOSE_CODE = 1011;
/** A control frame has room for so much behind its code. */
const REASON_MAX_BYTES = 123;

export interface TailUpgradeParts {
  readonly hub: TailHub;
  readonly runner: ServiceRunner;
  /** Of looking at the query, and of the backlog; 0 is none. */
  readonly queryTimeoutMs: number;
  /** Where tenants are told apart: what a tenant's tail selects by. */
  readonly narrowed?:
    | ((tenant: string, matchers: readonly MatcherData[]) => readonly MatcherData[])
    | undefined;
  readonly log: Logger;
  readonly now: () => number;
  /** How long a tail may last. */
  readonly tailMaxMs?: number;
}

export class TailUpgrade implements UpgradeRoute {
  readonly access = 'read';
  readonly paths = [TAIL_PATH, LEGACY_TAIL_PATH];
  readonly ofTenants = true;
  readonly #parts: TailUpgradeParts;
  /** How to end each tail when the server stops. */
  readonly #open = new Set<() => void>();
  #server: Promise<WebSocketServer> | undefined;
  #closed = false;

  constructor(parts: TailUpgradeParts) {
    this.#parts = parts;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Before the WebSocket stands, and where it is refused, nobody else listens for a broken connection.
    socket.on('error', () => {});
    this.#upgrade(request, socket, head).catch((error) => {
      this.#parts.log.error('a tail failed', { error });
      socket.destroy();
    });
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const given = await readServiceRequest(request, {}, this.#parts.now());
    const asked = this.#parts.narrowed ? forTenants(given, 'one') : given;
    if ('status' in asked) {
      answerOnSocket(socket, asked);
      return;
    }
    const answer = await this.#ask('loki.tail', asked).catch((error) => this.#failed(error));
    if (answer.status !== 200) {
      answerOnSocket(socket, answer);
      return;
    }
    const plan = JSON.parse(Buffer.from(answer.body).toString('utf8')) as TailPlan;
    this.#server ??= createSocketServer();
    const server = await this.#server;
    if (this.#closed) socket.destroy();
    else server.handleUpgrade(request, socket, head, (client) => this.#begin(client, socket, plan, asked));
  }

  #failed(error: unknown): ServiceAnswer {
    if (!(error instanceof TriliteError) || error.kind === 'internal') {
      this.#parts.log.error('a tail could not be planned', { error });
    }
    return errorAnswer('loki', error);
  }

  async #ask(service: string, asked: ServiceRequest, gone?: AbortSignal): Promise<ServiceAnswer> {
    const { runner, queryTimeoutMs } = this.#parts;
    const signals = gone ? [gone] : [];
    if (queryTimeoutMs > 0) signals.push(AbortSignal.timeout(queryTimeoutMs));
    return runner.run(service, asked, AbortSignal.any(signals));
  }

  #begin(client: WebSocket, socket: Duplex, { matchers, options }: TailPlan, asked: ServiceRequest): void {
    const { hub, tailMaxMs = TAIL_MAX_MS } = this.#parts;
    client.on('error', () => client.terminate());
    if (!matchers) {
      closeWith(client, 'only log selector is supported');
      return;
    }
    if (hub.size >= TAILS_MAX) {
      const count = `count > limit (${hub.size + 1} > ${TAILS_MAX})`;
      closeWith(
        client,
        `rpc error: code = Code(400) desc = max concurrent tail requests limit exceeded, ${count}`,
      );
      return;
    }
    const gone = new AbortController();
    const backlog = () => this.#ask('loki.tail_backlog', asked, gone.signal);
    const end = hub.open(
      { options, matchers: this.#narrowed(matchers, asked), backlog },
      {
        frame: (bytes, onSent) => client.send(bytes, { binary: false }, onSent),
        failed: (message) => closeWith(client, message),
      },
    );
    const stopPings = keepAlive(client);
    const expiry = setTimeout(() => {
      end();
      closeWith(client, 'reached tail max duration limit');
    }, tailMaxMs);
    const stop = () => {
      end();
      // Not closed but broken off: Grafana and logcli come again only then.
      socket.end();
    };
    this.#open.add(stop);
    client.once('close', () => {
      this.#open.delete(stop);
      clearTimeout(expiry);
      stopPings();
      end();
      gone.abort(new TriliteError('canceled', 'the client went away'));
    });
  }

  #narrowed(matchers: readonly MatcherData[], { tenants }: ServiceRequest): readonly MatcherData[] {
    const { narrowed } = this.#parts;
    return narrowed && tenants ? narrowed(tenants[0]!, matchers) : matchers;
  }

  close(): void {
    this.#closed = true;
    for (const stop of this.#open) stop();
  }
}

/** Loaded when the first tail is opened. */
async function createSocketServer(): Promise<WebSocketServer> {
  const { WebSocketServer: Server } = await import('ws');
  const server = new Server({ noServer: true, clientTracking: false, maxPayload: CLIENT_MESSAGE_MAX_BYTES });
  server.on('wsClientError', (_error, socket) => answerOnSocket(socket, plainError(400, 'Bad Request\n')));
  return server;
}

/** Asks every second whether the client is there. */
function keepAlive(client: WebSocket): () => void {
  let heardMs = performance.now();
  const heard = () => {
    heardMs = performance.now();
  };
  client.on('pong', heard);
  client.on('message', heard);
  const timer = setInterval(() => {
    if (performance.now() - heardMs > SILENT_MAX_MS) client.terminate();
    else if (client.readyState === client.OPEN) client.ping();
  }, PING_INTERVAL_MS);
  return () => clearInterval(timer);
}

function closeWith(client: WebSocket, reason: string): void {
  let text = reason;
  while (Buffer.byteLength(text) > REASON_MAX_BYTES) text = text.slice(0, -1);
  client.close(CLOSE_CODE, text);
}
