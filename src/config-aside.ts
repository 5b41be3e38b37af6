/** Reading the configuration of a running server beside the front: parsing a large file takes longer than requests may wait. */

import { startWorker } from './base/worker-pool.ts';
import { ConfigError } from './config/config-error.ts';
import type { CommandLine } from './config/flags.ts';
import type { Config } from './config/settings.ts';
import { deepFreeze } from './config.ts';
import type { ConfigData, FromConfigThread } from './config-entry.ts';

/** As `loadConfig`; the environment is the one of the start. Rejects with `ConfigError`. */
export function loadConfigAside(line: CommandLine): Promise<Config> {
  const worker = startWorker('config', { line } satisfies ConfigData);
  return new Promise((resolve, reject) => {
    worker.on('message', (answer: FromConfigThread) => {
      if ('config' in answer) resolve(deepFreeze(answer.config));
      else reject(new ConfigError(answer.wrong));
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('the thread that reads the configuration ended')));
  });
}
