/** A server in this process with every listener it can have and settings of access, for tests of who may do what. */

import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Client, credentials, Metadata, type StatusObject } from '@grpc/grpc-js';
import { WebSocket } from 'ws';
import { createLogger } from '../../src/base/log.ts';
import { parseConfigFile } from '../../src/config/file.ts';
import type { Config } from '../../src/config/settings.ts';
import { openLocalEngine } from '../../src/local-engine.ts';
import { type Running, start } from '../../src/main.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };

/** All there are; nothing is kept. */
const LISTENERS = {
  dataDir: ':memory:',
  http: [ANY_PORT, ANY_PORT, ANY_PORT, ANY_PORT],
  otlpGrpc: ANY_PORT,
  jaegerHttp: ANY_PORT,
  jaeger: { all: false, thrift: [ANY_PORT], udp: [], grpc: [ANY_PORT] },
  zipkin: [ANY_PORT],
};

export interface GuardedServer {
  readonly running: Running;
  /** What was written to the log so far, at level debug. */
  log(): string;
}

/** `own` is what stands below `trilite:`, indented by two spaces. */
export async function guardedServer(own: string, changes: Partial<Config> = {}): Promise<GuardedServer> {
  const text = own === '' ? '' : `trilite:\n${own}`;
  const config = await parseConfigFile('/nowhere/trilite.yml', text, {});
  let log = '';
  const running = await start(
    {
      ...config,
      enableAdminApi: true,
      enableLifecycle: true,
      selfScrape: false,
      // Tests try what is wrong as often as they like, from one address.
      ...(config.auth && { auth: { ...config.auth, wrongAttemptsPerMinute: 0 } }),
      ...changes,
      ...LISTENERS,
    },
    {
      openEngine: openLocalEngine,
      log: createLogger('debug', (line) => {
        log += line;
      }),
    },
  );
  return { running, log: () => log };
}

export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

export interface HttpVerdict {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As much of the body as came with the headers, or all of it where `isWhole`. */
  readonly body: string;
}

type Headers = Readonly<Record<string, string>>;

/** The status, without waiting for a body that may never end. */
export function askStatus(port: number, method: string, path: string, headers: Headers): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, method, path, headers, agent: false },
      (answer) => {
        resolve(answer.statusCode!);
        answer.destroy();
      },
    );
    request.on('error', reject).end();
  });
}

export function ask(
  port: number,
  method: string,
  path: string,
  headers: Headers,
  body?: string | Uint8Array,
): Promise<HttpVerdict> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, method, path, headers, agent: false },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (piece) => {
          text += piece;
        });
        answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, body: text }));
      },
    );
    request.on('error', reject).end(body);
  });
}

/** 101 where the WebSocket opened, else the status of the refusal. */
export function askWebSocket(port: number, path: string, headers: Headers): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
    socket.on('open', () => {
      resolve(101);
      socket.close();
    });
    socket.on('unexpected-response', (request, answer) => {
      resolve(answer.statusCode!);
      request.destroy();
    });
    socket.on('error', (error) => reject(error));
  });
}

/** The status of a call with an empty message. */
export function askGrpc(port: number, path: string, headers: Headers): Promise<StatusObject> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const same = (bytes: Buffer) => bytes;
  const call = client.makeServerStreamRequest(path, same, same, Buffer.alloc(0), metadata);
  call.on('data', () => {});
  call.on('error', () => {});
  return new Promise<StatusObject>((resolve) => call.on('status', resolve)).finally(() => client.close());
}
