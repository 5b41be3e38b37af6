/** One WebSocket to a server's tail, from opening it to its end. */

import type { ClientOptions, RawData, WebSocket } from 'ws';
import { authorizationHeader, type HttpClientConfig } from '../base/http-client.ts';
import { requestHeaders } from '../base/request-headers.ts';
import { TriliteError } from '../model/errors.ts';
import type { TailFlags } from './tail-flags.ts';

const TAIL_PATH = '/loki/api/v1/tail';
const HANDSHAKE_MAX_MS = 10_000;
/** The server says every second that it is there. */
const SILENT_MAX_MS = 30_000;
const NORMAL_CLOSURE = 1000;

type Pairs = Readonly<Record<string, string>>;

/** An entry as frames have it; the categories only where the server knows them. */
export interface TailedLine {
  readonly ns: string;
  readonly line: string;
  readonly stream: Pairs;
  readonly structuredMetadata: Pairs;
  readonly parsed: Pairs;
}

interface Frame {
  readonly streams?: readonly {
    readonly stream: Pairs;
    readonly values: readonly (readonly [
      ns: string,
      line: string,
      categories?: { structuredMetadata?: Pairs; parsed?: Pairs },
    ])[];
  }[];
  readonly dropped_entries?: readonly unknown[] | null;
}

/** How a connection ended. */
export type TailEnd =
  /** The server answered something else than a WebSocket. */
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  | { readonly kind: 'unreachable'; readonly error: NodeJS.ErrnoException }
  /** It was open. */
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string };

export interface TailListener {
  onOpen(): void;
  onLines(lines: readonly TailedLine[]): void;
  /** The server left so many entries out, because they were not taken in time. */
  onDropped(count: number): void;
}

export interface TailConnection {
  readonly ended: Promise<TailEnd>;
  /** Takes no more lines until `resume`. */
  pause(): void;
  resume(): void;
  close(): void;
}

export async function connectTail(
  flags: Pick<TailFlags, 'address' | 'query' | 'headers'> & { readonly client: HttpClientConfig },
  from: { readonly startNs: bigint; readonly limit: number },
  listener: TailListener,
): Promise<TailConnection> {
  const { WebSocket } = await import('ws');
  const url = new URL(flags.address);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.pathname = url.pathname.replace(/\/$/, '') + TAIL_PATH;
  url.searchParams.set('query', flags.query);
  url.searchParams.set('start', String(from.startNs));
  url.searchParams.set('limit', String(from.limit));
  const socket = new WebSocket(url, {
    ...(await clientOptions(flags.client, url)),
    headers: {
      ...(await ownHeaders(flags.client)),
      ...flags.headers,
      'X-Loki-Response-Encoding-Flags': 'categorize-labels',
    },
    handshakeTimeout: HANDSHAKE_MAX_MS,
  });
  socket.on('open', () => listener.onOpen());
  socket.on('message', (data) => readFrame(data, listener));
  return {
    ended: endOf(socket),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => socket.close(NORMAL_CLOSURE),
  };
}

/** How the server's certificate is verified; its key and certificates are read anew for every connection. */
async function clientOptions({ tls }: HttpClientConfig, { protocol }: URL): Promise<ClientOptions> {
  if (tls === undefined || protocol !== 'wss:') return {};
  const { TlsMaterial } = await import('../base/tls-material.ts');
  const wrong = (error: Error): never => {
    throw new TriliteError('bad_data', error.message);
  };
  const context = {
    secureContext: await new TlsMaterial(tls).context().catch(wrong),
    rejectUnauthorized: !tls.insecureSkipVerify,
    ...(tls.serverName !== '' && { servername: tls.serverName }),
  };
  // Passed on to the TLS library, which knows more options than the types say.
  return context as ClientOptions;
}

async function ownHeaders(client: HttpClientConfig): Promise<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(await requestHeaders({}, client))) headers[name] = String(value);
  const authorization = await authorizationHeader(client);
  return authorization === undefined ? headers : { ...headers, Authorization: authorization };
}

function endOf(socket: WebSocket): Promise<TailEnd> {
  return new Promise((resolve) => {
    let isOpen = false;
    let silence: NodeJS.Timeout | undefined;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => socket.terminate(), SILENT_MAX_MS);
    };
    socket.on('open', () => {
      isOpen = true;
      heard();
    });
    socket.on('ping', heard);
    socket.on('unexpected-response', (_request, answer) => {
      let message = '';
      answer.setEncoding('utf8');
      answer.on('data', (text) => {
        message += text;
      });
      answer.on('close', () => resolve({ kind: 'refused', status: answer.statusCode ?? 0, message }));
    });
    socket.on('error', (error) => {
      // Of an open one the close follows.
      if (!isOpen) resolve({ kind: 'unreachable', error });
    });
    socket.on('close', (code, reason) => {
      clearTimeout(silence);
      resolve({ kind: 'closed', code, reason: reason.toString() });
    });
  });
}

function readFrame(data: RawData, listener: TailListener): void {
  const frame = JSON.parse(String(data)) as Frame;
  const lines = (frame.streams ?? []).flatMap(({ stream, values }) =>
    values.map(([ns, line, categories]) => ({
      ns,
      line,
      stream,
      structuredMetadata: categories?.structuredMetadata ?? {},
      parsed: categories?.parsed ?? {},
    })),
  );
  const dropped = frame.dropped_entries?.length ?? 0;
  if (dropped > 0) listener.onDropped(dropped);
  if (lines.length > 0) listener.onLines(lines);
}
