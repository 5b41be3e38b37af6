/** Stands for an Alertmanager and writes down what it is sent, by who sends it (the first part of the path). */

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SentAlert } from '../rules/notify/fake-alertmanager.ts';

export interface Received {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly method: string;
  /** Without the sender. */
  readonly path: string;
  readonly text: string;
  readonly atMs: number;
  readonly alerts: readonly SentAlert[];
}

export interface Recorder {
  /** `127.0.0.1:port` */
  readonly address: string;
  /** How long it takes to answer. */
  delayMs: number;
  /** What came from there, in the order in which it came. */
  from(sender: string): readonly Received[];
  stop(): void;
}

export async function startRecorder(): Promise<Recorder> {
  const all = new Map<string, Received[]>();
  const server = http.createServer(async (request, response) => {
    let text = '';
    request.setEncoding('utf8');
    for await (const chunk of request) text += chunk;
    const [, sender, path] = /^\/([^/]+)(\/.*)$/.exec(request.url ?? '') ?? [];
    const { 'content-type': type, 'content-length': length, 'x-scope-orgid': tenant } = request.headers;
    const received = all.get(sender ?? '') ?? [];
    all.set(sender ?? '', received);
    received.push({
      headers: { type, tenant: tenant as string | undefined, hasLength: String(length !== undefined) },
      method: request.method ?? '',
      path: path ?? '',
      text,
      atMs: Date.now(),
      alerts: JSON.parse(text) as SentAlert[],
    });
    setTimeout(() => response.end(), recorder.delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const recorder: Recorder = {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    delayMs: 0,
    from: (sender) => all.get(sender) ?? [],
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return recorder;
}
