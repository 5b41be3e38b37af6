/**
 * Worker threads: where their code lies, and calls that are answered by message. The code of a worker is a bundle
 * beside the main one in a build, a TypeScript source in a checkout under test.
 */

import { Worker } from 'node:worker_threads';

export const OUT_OF_MEMORY = 'ERR_WORKER_OUT_OF_MEMORY';

/** Set by the bundler: the folder of the bundles is then the main bundle's own. */
declare const TRILITE_BUNDLE_DIR: string | undefined;

export type WorkerThread = Worker;

export type WorkerSource = { readonly path: string | URL } | { readonly code: string };

let sources: ((name: string) => WorkerSource) | undefined;

/** Tells where the code of a worker comes from when it is not a file beside this one (the single executable). */
export function setWorkerSources(find: (name: string) => WorkerSource): void {
  sources = find;
}

const ENTRIES: Readonly<Record<string, string>> = {
  writer: '../storage/sqlite/writer-entry.ts',
  reader: '../query/reader-entry.ts',
  tail: '../query/logs/live/tail-entry.ts',
  remote: '../remote/write/write-entry.ts',
  config: '../config-entry.ts',
  bcrypt: '../access/bcrypt-entry.ts',
};

function sourceOf(name: string): WorkerSource {
  if (sources) return sources(name);
  if (typeof TRILITE_BUNDLE_DIR !== 'undefined') return { path: `${TRILITE_BUNDLE_DIR}/${name}.cjs` };
  return { path: new URL(ENTRIES[name]!, import.meta.url) };
}

/**
 * Starts the worker called `name` (`writer`, `reader`, `tail`, `remote`, `config`, `bcrypt`). One whose JavaScript heap grows above
 * `heapMaxBytes` is ended, with an error of the code `OUT_OF_MEMORY`.
 */
export function startWorker(name: string, workerData: unknown, heapMaxBytes?: number): Worker {
  const source = sourceOf(name);
  const resourceLimits = heapMaxBytes === undefined ? {} : { maxOldGenerationSizeMb: heapMaxBytes / 2 ** 20 };
  const options = { name, workerData, stdout: false, stderr: false, resourceLimits };
  if ('code' in source) return new Worker(source.code, { ...options, eval: true });
  if (typeof TRILITE_BUNDLE_DIR === 'undefined') return new Worker(source.path, options);
  return new Worker(cachedStart(source.path as string), { ...options, eval: true, execArgv: [] });
}

/**
 * Code that runs a bundle from the cache of compiled code, which a thread does not have by itself: it saves a writer 25 ms of its
 * start, a reader 45. Options of the process (loaders of a test runner, say) are not for bundles.
 */
function cachedStart(path: string): string {
  return `require('node:module').enableCompileCache();require(${JSON.stringify(path)});`;
}
