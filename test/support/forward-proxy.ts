/** A forward proxy: absolute URLs and CONNECT for HTTP, and SOCKS5; it remembers what it was asked. */

import http from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface ProxyOptions {
  /** `user:password` that it wants. */
  readonly credentials?: string;
  readonly tls?: { readonly cert: string; readonly key: string };
}

export class ForwardProxy {
  /** Of each request: method, what it is for, and its headers. */
  readonly asked: { method: string; target: string; headers: http.IncomingHttpHeaders }[] = [];
  readonly #server: http.Server;
  readonly #wanted: string | undefined;
  readonly #sockets = new Set<Socket>();

  constructor({ credentials, tls }: ProxyOptions = {}) {
    this.#wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    this.#server = tls ? https.createServer(tls) : http.createServer();
    this.#server.on('request', (request, response) => this.#forward(request, response));
    this.#server.on('connect', (request, socket) => this.#tunnel(request, socket as Socket));
    this.#server.on('connection', (socket) => this.#sockets.add(socket));
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #refuses({ method = '', url: target = '', headers }: http.IncomingMessage): boolean {
    this.asked.push({ method, target, headers });
    return this.#wanted !== undefined && headers['proxy-authorization'] !== this.#wanted;
  }

  #forward(request: http.IncomingMessage, response: http.ServerResponse): void {
    if (this.#refuses(request)) return void response.writeHead(407).end();
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const forwarded = http.request(request.url!, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    request.pipe(forwarded);
  }

  #tunnel(request: http.IncomingMessage, socket: Socket): void {
    this.#sockets.add(socket);
    if (this.#refuses(request)) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const { hostname, port } = new URL(`http://${request.url}`);
    const target = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    target.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    socket.on('error', () => target.destroy());
  }
}

/** A SOCKS5 server that connects to `port` of this machine whatever it is asked for. */
export function socksServer(port: number, password: string, asked: string[]): Server {
  return createServer((socket) => {
    let step = 0;
    const answer = (bytes: Buffer): void => {
      step++;
      if (step === 1) return void socket.write(Uint8Array.of(5, bytes[2]!));
      if (step === 2 && bytes[0] === 1) {
        step = 1;
        const user = bytes.subarray(2, 2 + bytes[1]!).toString();
        const given = bytes.subarray(3 + bytes[1]!).toString();
        asked.push(user);
        return void socket.write(Uint8Array.of(1, given === password ? 0 : 1));
      }
      asked.push(`${bytes[3]}:${bytes.subarray(4).toString('latin1')}`);
      if (asked.at(-1)!.includes('forbidden'))
        return void socket.end(Uint8Array.of(5, 2, 0, 1, 0, 0, 0, 0, 0, 0));
      socket.off('data', answer);
      const target = connect(port, '127.0.0.1', () => {
        socket.write(Uint8Array.of(5, 0, 0, 1, 127, 0, 0, 1, 1, 1));
        target.pipe(socket).pipe(target);
      });
      socket.on('close', () => target.destroy());
    };
    socket.on('data', answer);
    socket.on('error', () => {});
  });
}
