/** An HTTP server that keeps what it is sent, and answers as it is told. */

import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RecordedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface RequestRecorder {
  readonly port: number;
  readonly base: string;
  readonly requests: RecordedRequest[];
  stop(): Promise<void>;
}

export type Respond = (request: RecordedRequest, response: http.ServerResponse) => void;

export async function startRecorder(
  respond: Respond = (_, response) => response.end(),
): Promise<RequestRecorder> {
  const requests: RecordedRequest[] = [];
  const server = http.createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = incoming;
    const request = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
    requests.push(request);
    respond(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    base: `http://127.0.0.1:${port}`,
    requests,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
