/**
 * The Model Context Protocol as far as a server of tools needs it: JSON-RPC 2.0 messages in and out, without a session. Whoever carries the messages
 * (an HTTP endpoint, standard input and output) is somebody else.
 */

import { UnreachableError } from '../client/transport.ts';
import { TriliteError } from '../model/errors.ts';
import { ArgumentError, type Tool, type ToolContext } from './tool.ts';

/** Revisions of the protocol that are spoken, the newest first: what is used of them is the same in all. */
const REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;
/** JSON-RPC's codes. */
const CODE = { parse: -32700, request: -32600, method: -32601, params: -32602 } as const;

const INSTRUCTIONS = `Metrics, logs and traces of running services. Begin with list_services; then query_traces, query_logs and query_metrics with the
languages of Tempo, Loki and Prometheus; get_trace shows a whole trace with its log lines. To see what a change or a test did: mark before it, what_changed after it.`;

interface Message {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

export type Reply = Readonly<Record<string, unknown>>;

export interface McpServerParts {
  readonly version: string;
  readonly tools: readonly Tool[];
}

export class McpServer {
  readonly #parts: McpServerParts;

  constructor(parts: McpServerParts) {
    this.#parts = parts;
  }

  /** The answer to a text of one message, or of several (`[…]`); undefined where nothing in it wants one. */
  async answer(text: string, context: ToolContext): Promise<Reply | readonly Reply[] | undefined> {
    let given: unknown;
    try {
      given = JSON.parse(text);
    } catch (error) {
      return failure(null, CODE.parse, `no JSON: ${(error as Error).message}`);
    }
    if (!Array.isArray(given)) return this.#one(given, context);
    if (given.length === 0) return failure(null, CODE.request, 'an empty list of messages');
    const replies: Reply[] = [];
    for (const each of given) {
      const reply = await this.#one(each, context);
      if (reply) replies.push(reply);
    }
    return replies.length > 0 ? replies : undefined;
  }

  async #one(given: unknown, context: ToolContext): Promise<Reply | undefined> {
    if (typeof given !== 'object' || given === null)
      return failure(null, CODE.request, 'a message is an object');
    const { jsonrpc, id, method, params = {} } = given as Message;
    const isAnswerable = typeof id === 'string' || typeof id === 'number';
    if (jsonrpc !== '2.0' || (typeof method !== 'string' && !('result' in given || 'error' in given))) {
      return failure(isAnswerable ? id : null, CODE.request, 'no message of JSON-RPC 2.0');
    }
    // Notifications, and answers to questions that are never asked here.
    if (typeof method !== 'string' || id === undefined) return undefined;
    if (!isAnswerable) return failure(null, CODE.request, 'an id is a text or a number');
    if (typeof params !== 'object' || params === null)
      return failure(id, CODE.params, 'params are an object');
    switch (method) {
      case 'initialize':
        return success(id, this.#initialize(params as { protocolVersion?: unknown }));
      case 'ping':
        return success(id, {});
      case 'tools/list':
        return success(id, { tools: this.#parts.tools.map(described) });
      case 'tools/call':
        return this.#call(id, params as { name?: unknown; arguments?: unknown }, context);
      default:
        return failure(id, CODE.method, `there is no method ${JSON.stringify(method)}`);
    }
  }

  #initialize({ protocolVersion }: { readonly protocolVersion?: unknown }) {
    const asked = REVISIONS.find((revision) => revision === protocolVersion);
    return {
      protocolVersion: asked ?? REVISIONS[0],
      capabilities: { tools: { listChanged: false } },
      serverInfo: { name: 'trilite', title: 'Trilite', version: this.#parts.version },
      instructions: INSTRUCTIONS,
    };
  }

  async #call(
    id: string | number,
    { name, arguments: given = {} }: { readonly name?: unknown; readonly arguments?: unknown },
    context: ToolContext,
  ): Promise<Reply> {
    const tool = this.#parts.tools.find((one) => one.name === name);
    if (!tool) return failure(id, CODE.params, `there is no tool ${JSON.stringify(name)}`);
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      return failure(id, CODE.params, 'arguments are an object');
    }
    try {
      return success(id, { content: text(await tool.run(given as Record<string, unknown>, context)) });
    } catch (error) {
      // What the caller can mend is for it to read; anything else is a fault of this server's.
      const isForeseen = [ArgumentError, TriliteError, UnreachableError].some(
        (kind) => error instanceof kind,
      );
      if (!isForeseen) throw error;
      return success(id, { content: text((error as Error).message), isError: true });
    }
  }
}

function described({ name, title, description, inputSchema }: Tool) {
  const annotations = { readOnlyHint: true, openWorldHint: false };
  return { name, title, description, inputSchema, annotations };
}

function text(content: string) {
  return [{ type: 'text', text: content }];
}

function success(id: string | number, result: object): Reply {
  return { jsonrpc: '2.0', id, result };
}

function failure(id: unknown, code: number, message: string): Reply {
  return { jsonrpc: '2.0', id, error: { code, message } };
}
