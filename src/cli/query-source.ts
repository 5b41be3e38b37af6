/** Where `trilite query` gets its answers: a running server, or a database that none runs on. */

import { Client } from '../client/client.ts';
import { HttpTransport } from '../client/http-transport.ts';
import type { Question, Reply, Transport } from '../client/transport.ts';
import { readClientFlags } from './client-flags.ts';
import type { QueryFlags } from './query-flags.ts';

export interface QuerySource {
  readonly client: Client;
  /** The body of the last answer, as it came. */
  lastBody(): Uint8Array;
  /** What `now` is in times: of a database the newest that is in it. */
  readonly nowMs: number;
  close(): Promise<void>;
}

/** Rejects with `ConfigError` for bad flags, `TriliteError` for a database that cannot be opened. */
export async function openSource(flags: QueryFlags): Promise<QuerySource> {
  if (flags.data !== undefined) return openFile(flags.data);
  const { address: url, headers } = flags;
  const transport = new Remembering(
    new HttpTransport({ url, headers, client: await readClientFlags(flags.client) }),
  );
  return sourceOf(transport, Date.now(), async () => {});
}

async function openFile(path: string): Promise<QuerySource> {
  const { openDatabase } = await import('./opened-database.ts');
  const opened = await openDatabase(path);
  opened.client.close();
  const transport = new Remembering(new HttpTransport({ url: opened.address }));
  return sourceOf(transport, opened.endMs, () => opened.close());
}

function sourceOf(transport: Remembering, nowMs: number, close: () => Promise<void>): QuerySource {
  const client = new Client(transport);
  return {
    client,
    nowMs,
    lastBody: () => transport.body,
    close: async () => {
      client.close();
      await close();
    },
  };
}

/** Keeps what was answered last. */
class Remembering implements Transport {
  readonly #inner: Transport;
  body: Uint8Array = new Uint8Array();

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  async ask(question: Question): Promise<Reply> {
    const reply = await this.#inner.ask(question);
    this.body = reply.body;
    return reply;
  }

  close(): void {
    this.#inner.close();
  }
}
