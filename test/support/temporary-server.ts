/** A server for the tests of one `describe` or `test`: a data directory and configuration of its own, gone afterwards. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startServer, type TestServer } from './server.ts';

export interface TemporaryServer {
  readonly server: TestServer;
  readonly dir: string;
  /** Kills the server and removes its files. */
  dispose(): Promise<void>;
}

/** `config` is the text of the configuration file; without one nothing is scraped. */
export async function temporaryServer(
  config = 'scrape_configs: []\n',
  args: readonly string[] = [],
): Promise<TemporaryServer> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-clients-'));
  const remove = () => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  const file = path.join(dir, 'config.yml');
  fs.writeFileSync(file, config);
  try {
    const server = await startServer({ dataDir: path.join(dir, 'data'), args: ['--config', file, ...args] });
    const dispose = async () => {
      await server.stop('SIGKILL');
      remove();
    };
    return { server, dir, dispose };
  } catch (error) {
    remove();
    throw error;
  }
}
