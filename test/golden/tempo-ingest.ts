/**
 * The recorded suite `tempo-ingest`: requests of every protocol that brings spans, at its edges; the answers, and the
 * traces that they leave. A run sends the requests first, or asks only for the traces of a run before; what was wrong
 * with an answer counts in every run.
 */

import { createSocket } from 'node:dgram';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { TestServer } from '../support/server.ts';
import type { RunResult } from './suite-run.ts';

/** Listeners of the protocols that have a port of their own. */
export const TEMPO_INGEST_ARGS = ['zipkin', 'jaeger-thrift', 'jaeger-udp'].flatMap((flag) => [
  `--${flag}`,
  '127.0.0.1:0',
]);
/** Schemes of the ready line by what a case calls its receiver; OTLP is where everything is. */
const SCHEMES: Readonly<Record<string, string>> = {
  'otlp.http': 'http',
  zipkin: 'zipkin+http',
  'jaeger.thrift_http': 'jaeger+http',
  'jaeger.thrift_compact': 'jaeger+udp',
  'jaeger.thrift_binary': 'jaeger+udp',
};
/** Datagrams are not answered: their spans may take a moment. */
const DATAGRAM_SETTLE_MS = 300;

interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

interface IngestCase {
  readonly name: string;
  readonly transport: 'http' | 'udp';
  /** The receiver, and its usual port in parentheses. */
  readonly port: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBase64: string;
  readonly response: Response;
  readonly traces: Readonly<Record<string, unknown>>;
}

type SameTrace = (
  c: { readonly request: { readonly path: string } },
  want: Response,
  got: Response,
) => { readonly ok: boolean; readonly why?: string };

export class TempoIngest {
  readonly #dir: string;
  readonly #cases: readonly IngestCase[];
  /** What is wrong with answers, by the case's name. */
  readonly #badAnswers = new Map<string, string>();

  /** `dir` has the recorded suites. */
  constructor(dir: string) {
    this.#dir = dir;
    const lines = fs.readFileSync(path.join(dir, 'tempo-ingest/cases.open.jsonl'), 'utf8').split('\n');
    this.#cases = lines.filter(Boolean).map((line) => JSON.parse(line) as IngestCase);
  }

  async run(server: TestServer, sends: boolean): Promise<RunResult> {
    if (sends) {
      for (const c of this.#cases) await this.#send(server, c);
      if (this.#cases.some((c) => c.transport === 'udp')) {
        await new Promise((resolve) => setTimeout(resolve, DATAGRAM_SETTLE_MS));
      }
    }
    const canon = pathToFileURL(path.join(this.#dir, 'tempo/canon.mjs')).href;
    const { same } = (await import(canon)) as { same: SameTrace };
    const failed: string[] = [];
    for (const c of this.#cases) {
      const why = this.#badAnswers.get(c.name) ?? (await badTrace(server, c, same));
      if (why === undefined) continue;
      failed.push(c.name);
      process.stdout.write(`       ${c.name}: ${why}\n`);
    }
    return { passed: this.#cases.length - failed.length, total: this.#cases.length, failed };
  }

  async #send(server: TestServer, c: IngestCase): Promise<void> {
    const scheme = SCHEMES[c.port.split(' ', 1)[0]!] ?? 'none';
    const address = new RegExp(`(?:^| )${scheme.replace('+', '\\+')}://(\\S+)`).exec(server.readyLine)?.[1];
    if (address === undefined) {
      this.#badAnswers.set(c.name, `nothing listens for ${c.port}`);
      return;
    }
    const body = Buffer.from(c.bodyBase64, 'base64');
    if (c.transport === 'udp') {
      await sendDatagram(address, body);
      return;
    }
    const answer = await fetch(`http://${address}${c.path}`, {
      method: c.method,
      headers: c.headers,
      ...(c.method === 'POST' && { body }),
    });
    const why = badAnswer(c, await readAnswer(answer));
    if (why !== undefined) this.#badAnswers.set(c.name, why);
  }
}

function sendDatagram(address: string, body: Buffer): Promise<void> {
  const [host, port] = address.split(':');
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.send(body, Number(port), host, (error) => {
      socket.close();
      if (error) reject(error);
      else resolve();
    });
  });
}

async function readAnswer(answer: globalThis.Response): Promise<Response> {
  const type = answer.headers.get('content-type') ?? '';
  const bytes = Buffer.from(await answer.arrayBuffer());
  let body: unknown = bytes.toString();
  if (type.includes('json')) body = JSON.parse(bytes.toString());
  else if (type.includes('protobuf')) body = { $hex: bytes.toString('hex') };
  return { status: answer.status, headers: { 'content-type': type }, body };
}

/** Tempo refuses these; to take them is right as well (its pipelines have no other signals). */
function isLenient(c: IngestCase, status: number): boolean {
  const type = c.headers['content-type'];
  const isAlias = type === 'application/protobuf' || c.headers['content-encoding'] === 'identity';
  return status === 200 && (isAlias || /^\/v1\/(?:logs|metrics)$/.test(c.path));
}

/** What is wrong with an answer; undefined where nothing is. Texts are compared as little as they come from libraries. */
function badAnswer(c: IngestCase, got: Response): string | undefined {
  const want = c.response;
  if (isLenient(c, got.status)) return undefined;
  if (got.status !== want.status) return `status ${got.status}, not ${want.status}`;
  if (!c.port.startsWith('otlp')) return undefined;
  const type = (r: Response) => r.headers['content-type']?.split(';', 1)[0];
  if (type(got) !== type(want)) return `content type ${type(got)}, not ${type(want)}`;
  const isStatus = want.status >= 400 && typeof want.body === 'object' && want.body !== null;
  if (!isStatus || '$hex' in want.body) {
    return isDeepStrictEqual(got.body, want.body) ? undefined : `body ${JSON.stringify(got.body)}`;
  }
  const { code, message, ...rest } = got.body as { code?: unknown; message?: unknown };
  const isSame = code === (want.body as { code: number }).code && typeof message === 'string';
  return isSame && Object.keys(rest).length === 0 ? undefined : `body ${JSON.stringify(got.body)}`;
}

async function badTrace(server: TestServer, c: IngestCase, same: SameTrace): Promise<string | undefined> {
  for (const [id, body] of Object.entries(c.traces)) {
    const url = `/api/v2/traces/${id}`;
    const answer = await fetch(server.base + url, { headers: { accept: 'application/json' } });
    const want = { status: 200, headers: {}, body };
    const { ok, why } = same({ request: { path: url } }, want, await readAnswer(answer));
    if (!ok) return `trace ${id}: ${why || 'differs'}`;
  }
  return undefined;
}
