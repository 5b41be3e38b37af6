/**
 * TLS in front of listeners: takes an accepted connection and gives back the decrypted one, once its client has been found
 * to be allowed in:
 *
 *   first byte ─▶ handshake ─▶ judgement of the client's certificate ─▶ whoever serves it
 *       └─▶ plain HTTP: the answer that Go's servers give
 *
 * Certificates and rules are fixed for a generation. Another one is for new connections and leaves those that are open
 * alone. Every generation has ticket keys of its own, so that nobody comes in by a session that older rules let begin.
 */

import type { Socket } from 'node:net';
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import { asksForCertificates, clientFault } from '../base/client-certificate.ts';
import type { Logger } from '../base/log.ts';
import type { ServerTlsSettings } from '../base/server-tls.ts';
import type { Counter, Telemetry } from '../base/telemetry.ts';
import { TokenBucket } from '../base/token-bucket.ts';
import { lookAtFirstBytes } from './first-bytes.ts';
import type { Carried, TlsDoor } from './listeners.ts';

/** How long a client may say nothing, and how long its handshake may take; slow links need two seconds. */
const HANDSHAKE_MAX_MS = 10_000;
/** How long a client that spoke plain HTTP may go on sending before it is hung up on. */
const PLAIN_LINGER_MS = 1000;
/** Handshakes fail whenever somebody scans ports: so many are told of in the log, a second and at once. */
const TOLD_PER_SECOND = 1;
const TOLD_AT_ONCE = 10;

/** Of TLS: a handshake is under way. */
const HANDSHAKE_RECORD = 0x16;
/** As much as tells a request line. */
const LINE_START_BYTES = 5;
const LINE_STARTS: readonly string[] = ['GET /', 'HEAD ', 'POST ', 'PUT /', 'OPTIO'];
const PLAIN_ANSWER = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';

/**
 * What clients may choose from; ours is the order that counts. Browsers offer both and get HTTP/1, which is what is answered
 * best; clients of gRPC offer `h2` alone.
 */
const PROTOCOLS: Readonly<Record<Carried, readonly string[]>> = {
  http: ['http/1.1'],
  grpc: ['h2'],
  both: ['http/1.1', 'h2'],
};

type Failure = 'plain_http' | 'timeout' | 'client_certificate' | 'handshake';

export interface TlsDoorOptions {
  readonly telemetry: Telemetry;
  readonly log: Logger;
  readonly now: () => number;
  readonly handshakeMaxMs?: number;
}

/** Certificates and rules for connections that are still to come. */
export interface TlsGeneration {
  readonly settings: ServerTlsSettings;
  readonly context: SecureContextOptions;
}

type Secured = (socket: TLSSocket) => void;

/** The way in of one listener. */
interface Entrance {
  readonly carried: Carried;
  readonly secured: Secured;
  /** Of the newest generation that a connection has come in. */
  server: Server | undefined;
}

export class ListenersTlsDoor implements TlsDoor {
  readonly #options: Required<TlsDoorOptions>;
  readonly #failed: Readonly<Record<Failure, Counter>>;
  readonly #told: TokenBucket;
  readonly #entrances: Entrance[] = [];
  #generation: TlsGeneration;

  constructor(generation: TlsGeneration, options: TlsDoorOptions) {
    this.#generation = generation;
    this.#options = { handshakeMaxMs: HANDSHAKE_MAX_MS, ...options };
    const help = 'Connections that ended before anything could be asked over them.';
    const failures = options.telemetry.counter('trilite_tls_handshake_errors_total', help, ['reason']);
    this.#failed = {
      plain_http: failures.with('plain_http'),
      timeout: failures.with('timeout'),
      client_certificate: failures.with('client_certificate'),
      handshake: failures.with('handshake'),
    };
    this.#told = new TokenBucket(TOLD_PER_SECOND, TOLD_AT_ONCE, options.now());
  }

  /** New connections are made by these from now on. */
  use(generation: TlsGeneration): void {
    this.#generation = generation;
    for (const entrance of this.#entrances) entrance.server = undefined;
  }

  open(carried: Carried, secured: Secured): (raw: Socket) => void {
    const entrance: Entrance = { carried, secured, server: undefined };
    this.#entrances.push(entrance);
    const { handshakeMaxMs } = this.#options;
    return (raw) => {
      // Until the handshake begins nobody else listens for a broken connection.
      const ignore = () => {};
      raw.on('error', ignore);
      const begin = (isPlain: boolean) => {
        raw.off('error', ignore);
        if (isPlain) return this.#answerPlain(raw);
        // An end that came with the first bytes is one that TLS does not see.
        raw.once('end', () => raw.destroy());
        // Who hangs up in the middle of a handshake is gone.
        raw.allowHalfOpen = false;
        entrance.server ??= this.#newServer(entrance);
        entrance.server.emit('connection', raw);
      };
      lookAtFirstBytes(raw, isPlainHttp, begin, handshakeMaxMs, () => this.#fail('timeout', raw, 'silence'));
    };
  }

  /** It listens nowhere: connections are given to it. */
  #newServer({ carried, secured }: Entrance): Server {
    const { settings, context } = this.#generation;
    const offered = carried === 'both' && !settings.http2 ? 'http' : carried;
    const server = createServer({
      ...context,
      ALPNProtocols: [...PROTOCOLS[offered]],
      requestCert: asksForCertificates(settings.clientAuth),
      // Tells clients without a certificate in the handshake that they need one.
      rejectUnauthorized: settings.clientAuth === 'RequireAndVerifyClientCert',
      handshakeTimeout: this.#options.handshakeMaxMs,
    });
    server.on('secureConnection', (socket) => {
      const fault = clientFault(socket, settings);
      if (fault === undefined) return secured(socket);
      this.#fail('client_certificate', socket, fault);
      // Who shows the wrong certificate is told no more than that.
      socket.on('error', () => {});
      socket.destroy();
    });
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      const unverified = socket.authorizationError as Error | string | null | undefined;
      if (unverified) this.#fail('client_certificate', socket, `${unverified}`);
      else this.#fail(failureOf(error), socket, error.message);
      socket.destroy();
    });
    return server;
  }

  #answerPlain(raw: Socket): void {
    this.#fail('plain_http', raw, 'client sent an HTTP request to an HTTPS server');
    const hangUp = () => void raw.destroy();
    raw.on('error', hangUp);
    raw.once('end', hangUp);
    // Closing with bytes unread would take the answer back.
    raw.resume();
    raw.end(PLAIN_ANSWER);
    setTimeout(hangUp, PLAIN_LINGER_MS).unref();
  }

  #fail(failure: Failure, { remoteAddress: peer }: Socket, error: string): void {
    this.#failed[failure].add();
    const { log, now } = this.#options;
    if (this.#told.take(1, now())) log.debug('TLS handshake failed', { peer, reason: failure, error });
  }
}

function isPlainHttp(held: Buffer): boolean | undefined {
  if (held[0] === HANDSHAKE_RECORD) return false;
  const line = held.toString('latin1', 0, LINE_START_BYTES);
  if (line.length === LINE_START_BYTES) return LINE_STARTS.includes(line);
  return LINE_STARTS.some((start) => start.startsWith(line)) ? undefined : false;
}

function failureOf({ code = '' }: NodeJS.ErrnoException): Failure {
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return 'timeout';
  return code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE' ? 'client_certificate' : 'handshake';
}
