/** Opens a database that no server runs on, to ask it: read-only, at its own time, on a free port of this machine. */

import { SILENT } from '../base/log.ts';
import { Client } from '../client/client.ts';
import { HttpTransport } from '../client/http-transport.ts';
import { DEFAULT_CONFIG } from '../config/settings.ts';
import { openSealed, startSealed } from '../sealed-file.ts';

export interface OpenedDatabase {
  readonly client: Client;
  /** Where it answers, for as long as it is open. */
  readonly address: URL;
  /** The window that it is about, in ms, inclusive. */
  readonly startMs: number;
  readonly endMs: number;
  close(): Promise<void>;
}

/** `path` is a database or the directory of one. Throws `TriliteError` where there is none, or a server runs on it. */
export async function openDatabase(path: string): Promise<OpenedDatabase> {
  const file = await openSealed(path);
  try {
    const http = [{ host: '127.0.0.1', port: 0 }];
    const config = { ...DEFAULT_CONFIG, http, otlpGrpc: undefined, autoReload: false };
    const running = await startSealed(file, config, { log: SILENT });
    const address = new URL(`http://127.0.0.1:${running.http[0]!.port}/`);
    const client = new Client(new HttpTransport({ url: address }));
    return {
      client,
      address,
      startMs: file.startMs,
      endMs: file.endMs,
      close: async () => {
        client.close();
        await running.stop();
        file.close();
      },
    };
  } catch (error) {
    file.close();
    throw error;
  }
}
