/**
 * Ports beside those that serve everything: protocols whose clients expect a port of their own. Off unless asked for.
 * `extraPorts` is the list; to add a protocol is to add a line to it.
 *
 * Such a port answers its protocol alone, and whether the server is ready: an HTTP one is a narrow door to the paths of
 * the router that are the protocol's. gRPC needs no door of its own, since every gRPC port has every service. What
 * takes datagrams is loaded when there is a port for them.
 */

import { SAMPLING_PATHS } from './api/jaeger/sampling.ts';
import {
  type ListenAddress,
  type Listeners,
  listenError,
  type OpenAddress,
  printAddress,
} from './api/listeners.ts';
import type { HttpHandler, HttpServer } from './api/server.ts';
import { jaegerPorts } from './config/jaeger-ports.ts';
import type { Config } from './config/settings.ts';
import { JAEGER_TRACES_PATH } from './ingest/receive/jaeger-http.ts';
import type { ReceiverParts } from './ingest/receive/wire.ts';
import { ZIPKIN_PATH } from './ingest/receive/zipkin.ts';

/** Answered on every port. */
const READY_PATHS: readonly string[] = ['/ready', '/-/ready', '/-/healthy'];

/** A bound datagram socket. */
export interface DatagramPort {
  readonly address: ListenAddress;
  /** Takes nothing more. Resolves when what came before is durable or refused. */
  close(): Promise<void>;
}

export type ExtraPort = {
  /** As the ready line has it; what carries the protocol stands behind the plus. */
  readonly scheme: string;
  readonly address: ListenAddress;
} & (
  | { readonly carrier: 'http'; readonly paths: readonly string[] }
  | { readonly carrier: 'grpc' }
  | { readonly carrier: 'udp'; bind(address: ListenAddress): Promise<DatagramPort> }
);

/** The ports that the configuration asks for. */
export function extraPorts(config: Config, receivers: ReceiverParts): ExtraPort[] {
  const jaeger = jaegerPorts(config.jaeger, config.jaegerHttp);
  const jaegerPaths = [JAEGER_TRACES_PATH, ...SAMPLING_PATHS];
  const bindJaeger = async (address: ListenAddress) =>
    (await import('./ingest/receive/jaeger-udp.ts')).bindJaegerUdp(address, receivers);
  return [
    ...jaeger.thrift.map((address) => http('jaeger+http', address, jaegerPaths)),
    ...jaeger.udp.map(
      (address): ExtraPort => ({ scheme: 'jaeger+udp', address, carrier: 'udp', bind: bindJaeger }),
    ),
    ...jaeger.grpc.map((address): ExtraPort => ({ scheme: 'jaeger+grpc', address, carrier: 'grpc' })),
    ...config.zipkin.map((address) => http('zipkin+http', address, [ZIPKIN_PATH])),
  ];
}

function http(scheme: string, address: ListenAddress, paths: readonly string[]): ExtraPort {
  return { scheme, address, carrier: 'http', paths };
}

/** A port that is open, at its real address. */
export interface ExtraListener {
  /** With an `s` at its end where TLS is spoken. */
  readonly scheme: string;
  readonly address: OpenAddress;
}

export class ExtraListeners {
  readonly #listeners: Listeners;
  readonly #server: Pick<HttpServer, 'handler' | 'absent'>;
  readonly #open: ExtraListener[] = [];
  readonly #datagrams: DatagramPort[] = [];
  readonly #closing: Promise<void>[] = [];

  /** `server` has the router of all paths. */
  constructor(listeners: Listeners, server: Pick<HttpServer, 'handler' | 'absent'>) {
    this.#listeners = listeners;
    this.#server = server;
  }

  get open(): readonly ExtraListener[] {
    return this.#open;
  }

  /** For the ready line: `jaeger+udp://127.0.0.1:6831`. */
  get addresses(): string[] {
    return this.#open.map(({ scheme, address }) => `${scheme}://${printAddress(address)}`);
  }

  /** Opens the ports in their order. Throws `ListenError`; those that are open by then stay so. */
  async listen(ports: readonly ExtraPort[]): Promise<void> {
    for (const port of ports) {
      const address = await this.#openPort(port);
      this.#open.push({ scheme: address.tls ? `${port.scheme}s` : port.scheme, address });
    }
  }

  async #openPort(port: ExtraPort): Promise<OpenAddress> {
    switch (port.carrier) {
      case 'http':
        return this.#listeners.plainHttp(port.address, onlyPaths(this.#server, port.paths));
      case 'grpc':
        return this.#listeners.grpc(port.address);
      default: {
        const bound = await port.bind(port.address).catch((error) => {
          throw listenError('udp', port.address, error);
        });
        this.#datagrams.push(bound);
        return bound.address;
      }
    }
  }

  /** Datagrams are taken no more; connections are the listeners' to end. */
  stopAccepting(): void {
    for (const port of this.#datagrams.splice(0)) this.#closing.push(port.close());
  }

  /** Resolves when all that came in datagrams has been dealt with. */
  async drained(): Promise<void> {
    await Promise.all(this.#closing);
  }
}

function onlyPaths(
  { handler, absent }: Pick<HttpServer, 'handler' | 'absent'>,
  paths: readonly string[],
): HttpHandler {
  const known = new Set([...paths, ...READY_PATHS]);
  return (request, response) => {
    const [path] = request.url!.split('?', 1);
    if (known.has(path!)) handler(request, response);
    else absent(request, response);
  };
}
