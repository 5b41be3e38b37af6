/**
 * A proxy that stands between a sender of logs and a server, and keeps what the sender sent:
 *
 *   node recorder.ts FILE --sender 'Promtail 3.5.7' --query '{job="promtail"}' --to http://127.0.0.1:3100
 *     [--listen PORT] [--refuse 429,503]
 *
 * `--refuse`: the first requests are answered with these statuses, as Trilite refuses where memory is short, and are
 * not passed on; the sender has to bring them again. The recording is written when the recorder is told to end
 * (SIGINT, SIGTERM); its entries are decoded here, but for OTLP, whose entries are to be written in by hand.
 */

import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { decodedPush } from './push-body.ts';
import type { RecordedRequest, Recording, SentEntry } from './recording.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sender: { type: 'string', default: 'unknown' },
    query: { type: 'string', default: '' },
    to: { type: 'string', default: 'http://127.0.0.1:3100' },
    listen: { type: 'string', default: '0' },
    refuse: { type: 'string', default: '' },
  },
});
const [file] = positionals;
if (!file) throw new Error('no file to write to');
const refusals = values.refuse.split(',').filter(Boolean).map(Number);

/** Headers that belong to a connection, or tell one machine from another. */
const LEFT_OUT =
  /^(host|connection|content-length|transfer-encoding|expect|keep-alive|x-agent-id|x-alloy-id)$/;
const kept: RecordedRequest[] = [];
let refused = 0;

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    process.stderr.write(`${error}\n`);
    response.writeHead(502).end();
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  const body = Buffer.concat(pieces);
  const { method = '', url: path = '' } = request;
  const headers = Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      value === undefined || LEFT_OUT.test(name) ? [] : [[name, String(value)] as const],
    ),
  );
  const refusal = refusals.shift();
  let [status, answered] = [refusal ?? 0, new Uint8Array()];
  if (refusal !== undefined) {
    refused++;
    response.writeHead(refusal, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '5' });
  } else {
    const forwarded = await fetch(
      values.to + path,
      method === 'POST' ? { method, headers, body } : { method, headers },
    );
    status = forwarded.status;
    answered = new Uint8Array(await forwarded.arrayBuffer());
    response.writeHead(status, { 'content-type': forwarded.headers.get('content-type') ?? 'text/plain' });
    if (method === 'POST') kept.push({ method, path, headers, body: body.toString('base64') });
  }
  response.end(answered);
  process.stdout.write(`${new Date().toISOString()} ${method} ${path} ${body.length} bytes: ${status}\n`);
  if (status >= 300 && refusal === undefined) process.stdout.write(`${Buffer.from(answered)}\n`);
}

function write(): void {
  const entries: SentEntry[] = kept.flatMap((request) =>
    request.path.startsWith('/otlp') ? [] : decodedPush(request.headers, Buffer.from(request.body, 'base64')),
  );
  const recording: Recording = { sender: values.sender, query: values.query, requests: kept, entries };
  writeFileSync(file!, `${JSON.stringify(recording, null, 2)}\n`);
  process.stdout.write(`${kept.length} requests, ${entries.length} entries, ${refused} refused\n`);
  process.exit(0);
}

process.on('SIGINT', write);
process.on('SIGTERM', write);
server.listen(Number(values.listen), '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
