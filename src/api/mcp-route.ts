/**
 * `POST /mcp`: the Model Context Protocol over HTTP (its "Streamable HTTP"), each message answered at once and in JSON; there is no session and
 * no stream. A page in a browser may not speak it, unless it is of this machine: its `Origin` tells.
 */

import type { Client } from '../client/client.ts';
import type { ServiceAnswer, ServiceRequest } from '../query/service.ts';
import { textAnswer } from './error-answer.ts';
import type { HandledRoute } from './route.ts';

export const MCP_PATH = '/mcp';
/** Hosts whose pages may ask: others' might be anybody's, who made a name of theirs lead here. */
const OWN_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
const NOTHING: ServiceAnswer = { status: 202, contentType: '', body: new Uint8Array(0) };

/** Answers a text of messages; undefined where none wants an answer. */
export type AnswerMessages = (
  text: string,
  context: { readonly client: Client; readonly nowMs: number },
) => Promise<unknown>;

/** `clientOf` asks in the name of who sent the request. */
export function mcpRoute(
  load: () => Promise<AnswerMessages>,
  clientOf: (request: ServiceRequest) => Client,
): HandledRoute {
  return {
    access: 'read',
    methods: ['POST'],
    path: MCP_PATH,
    handle: async (request) => {
      if (!isOfThisMachine(request.headers.origin)) {
        return textAnswer(403, 'pages of other origins may not ask here\n');
      }
      const answer = await load();
      const context = { client: clientOf(request), nowMs: request.nowMs };
      const reply = await answer(Buffer.from(request.body ?? []).toString(), context);
      if (reply === undefined) return NOTHING;
      return { status: 200, contentType: 'application/json', body: Buffer.from(JSON.stringify(reply)) };
    },
  };
}

function isOfThisMachine(origin: string | undefined): boolean {
  return origin === undefined || OWN_HOSTS.has(URL.parse(origin)?.hostname ?? '');
}
