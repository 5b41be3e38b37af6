/** Getting a database file of a running server, and writing a file so that it is whole or not there. */

import { createWriteStream } from 'node:fs';
import fs from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { bodyStream, HttpClient } from '../base/http-request.ts';
import { readBody } from '../base/read-body.ts';
import { clientEnvironment } from '../config.ts';
import { TriliteError } from '../model/errors.ts';
import { authorizationOf } from './client-credentials.ts';
import { readAddress, readClientFlags } from './client-flags.ts';
import { startProgress } from './progress.ts';

export type Flags = { readonly [name: string]: string | boolean | undefined };

export const DEFAULT_ADDRESS = 'http://127.0.0.1:9090';
const ERROR_MAX_BYTES = 65_536;
/** A large file of a busy server; the server ends it where it cannot go on. */
const ANSWER_MAX_MS = 60 * 60_000;
const PARTIAL_SUFFIX = '.partial';

/** `write` writes the file under another name, which becomes `file` when it is on disk; nothing is left where it fails. */
export async function writeWhole(file: string, write: (partial: string) => Promise<void>): Promise<void> {
  const partial = file + PARTIAL_SUFFIX;
  try {
    await fs.rm(partial, { force: true });
    await write(partial);
    const handle = await fs.open(partial, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(partial, file);
  } catch (error) {
    for (const suffix of ['', '-wal', '-shm', '-journal', '.lock'])
      await fs.rm(partial + suffix, { force: true });
    throw error;
  }
}

/** Sends `path` below `/api/v1/trilite/` as a POST to the server that the flags name, and writes what it answers to `target`. */
export async function download(values: Flags, command: string, path: string, target: string): Promise<void> {
  const environment = clientEnvironment();
  const given = values.url ?? environment.address ?? DEFAULT_ADDRESS;
  const url = readAddress(String(given), '--url', DEFAULT_ADDRESS, command);
  const authorization = authorizationOf(values as Parameters<typeof authorizationOf>[0], url, environment);
  url.username = '';
  url.password = '';
  const client = new HttpClient({ ...(await readClientFlags(values)), followRedirects: false });
  try {
    const answer = await client.send({
      method: 'POST',
      url: `${url.href.replace(/\/$/, '')}/api/v1/trilite/${path}`,
      headers: authorization === undefined ? {} : { Authorization: authorization },
      signal: AbortSignal.timeout(ANSWER_MAX_MS),
    });
    if (answer.statusCode !== 200) {
      const said = (await readBody(bodyStream(answer), ERROR_MAX_BYTES)).toString().trim();
      throw new TriliteError('internal', `${url.origin} answered ${answer.statusCode}: ${said}`);
    }
    const source = bodyStream(answer);
    const wanted = Number(answer.headers['trilite-file-bytes']);
    const progress = startProgress('receiving', { unit: 'bytes', total: wanted });
    let bytes = 0;
    source.on('data', (piece: Uint8Array) => {
      bytes += piece.length;
      progress.update(bytes);
    });
    try {
      await pipeline(source, createWriteStream(target));
    } finally {
      progress.done('');
    }
    if (bytes !== wanted)
      throw new TriliteError('internal', `${url.origin} broke off after ${bytes} of ${wanted} bytes`);
  } finally {
    client.close();
  }
}
