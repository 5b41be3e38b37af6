/** Entry of the thread that reads the configuration of a running server: it ends with its one answer. */

import { parentPort, workerData } from 'node:worker_threads';
import { assert } from './base/assert.ts';
import type { CommandLine } from './config/flags.ts';
import type { Config } from './config/settings.ts';
import { loadConfig } from './config.ts';

export interface ConfigData {
  readonly line: CommandLine;
}

export type FromConfigThread = { readonly config: Config } | { readonly wrong: string };

assert(parentPort, 'the configuration is read in a worker thread');
const port = parentPort;
const { line } = workerData as ConfigData;

loadConfig(line).then(
  (config) => port.postMessage({ config } satisfies FromConfigThread),
  (error: Error) => port.postMessage({ wrong: error.message } satisfies FromConfigThread),
);
