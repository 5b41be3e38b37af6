/** `trilite backup FILE`: everything that a server has, or a directory, as one file. */

import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { BACKUP_PATH } from '../api/backup-route.ts';
import type { HttpClientConfig } from '../base/http-client.ts';
import { bodyStream, HttpClient, networkError } from '../base/http-request.ts';
import { readBody } from '../base/read-body.ts';
import { writeWhole } from '../base/whole-file.ts';
import { ConfigError } from '../config/config-error.ts';
import { clientEnvironment } from '../config.ts';
import { TriliteError } from '../model/errors.ts';
import { type Inspection, inspect } from '../storage/sqlite/inspect.ts';
import { authorizationHeaders, CREDENTIAL_FLAGS, CREDENTIAL_USAGE } from './client-credentials.ts';
import { CLIENT_OPTIONS, CLIENT_USAGE, readAddress, readClientFlags, readHeaders } from './client-flags.ts';
import { openCopied } from './copied-database.ts';
import { type Output, processOutput } from './output.ts';
import { startProgress } from './progress.ts';

const DEFAULT_ADDRESS = 'http://127.0.0.1:9090';
const ERROR_MAX_BYTES = 64 * 1024;

export const BACKUP_OPTIONS = {
  url: { type: 'string' },
  data: { type: 'string' },
  header: { type: 'string', multiple: true },
  ...CREDENTIAL_FLAGS,
  ...CLIENT_OPTIONS,
  help: { type: 'boolean', short: 'h' },
} as const;

export const BACKUP_USAGE = `Usage: trilite backup [flags] FILE

Copies everything that a server has to one file, while it goes on: what was acknowledged before is in it. The file is looked over before it gets its
name. "trilite restore" puts it back, "trilite serve FILE" shows it.

  trilite backup /backup/trilite-$(date +%F).db
  trilite backup --url https://trilite.example:9090 --token-file token backup.db
  trilite backup --data ./data backup.db

  --url URL             where the server is (${DEFAULT_ADDRESS}); also TRILITE_ADDR
  --data DIR            of a database that no server runs on, instead
  --header 'NAME: VALUE'
                        sent with the request; repeatable
${CREDENTIAL_USAGE}
${CLIENT_USAGE}  --help

Exit code 0 when the file is there and sound, 1 where it could not be made: then there is none, 2 for bad flags.
`;

/** Resolves with the exit code. Throws `ConfigError` for bad flags, `TriliteError` where there is no backup. */
export async function backupCommand(
  argv: readonly string[],
  output: Output = processOutput,
): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help) {
    output.out(BACKUP_USAGE.trimEnd());
    return 0;
  }
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw wrong('one file is made');
  if (values.data !== undefined && values.url !== undefined)
    throw wrong('--data and --url exclude each other');
  const inspection = await writeWhole(file, async (partial) => {
    if (values.data === undefined) await backUpServer(values, partial);
    else await backUpDirectory(values.data, partial);
    return sound(partial);
  });
  output.out(`${file}: ${contentsOf(inspection)}`);
  return 0;
}

type Values = ReturnType<typeof parse>['values'];

async function backUpServer(values: Values, partial: string): Promise<void> {
  const environment = clientEnvironment();
  const text = values.url ?? environment.address ?? DEFAULT_ADDRESS;
  const address = readAddress(text, values.url ? '--url' : 'TRILITE_ADDR', DEFAULT_ADDRESS, 'backup');
  const headers = {
    ...authorizationHeaders(values, address, environment, 'backup'),
    ...readHeaders(values.header ?? [], undefined, 'backup'),
  };
  await fetchBackup(address, headers, await readClientFlags(values), partial);
}

/** A copy of it is opened as a server would open it, which takes in what its log still has. */
async function backUpDirectory(data: string, partial: string): Promise<void> {
  const opened = await openCopied(data);
  try {
    await fetchBackup(opened.address, {}, { followRedirects: false, httpHeaders: {} }, partial);
  } finally {
    await opened.close();
  }
}

async function fetchBackup(
  address: URL,
  headers: Readonly<Record<string, string>>,
  config: HttpClientConfig,
  partial: string,
): Promise<void> {
  const client = new HttpClient({ ...config, followRedirects: false });
  const base = address.origin + address.pathname.replace(/\/+$/, '');
  try {
    const request = {
      method: 'GET',
      url: base + BACKUP_PATH,
      headers,
      signal: new AbortController().signal,
    } as const;
    const answer = await client.send(request).catch((error) => {
      throw new TriliteError('execution', `${base}: ${networkError(error)}`);
    });
    if (answer.statusCode !== 200) {
      const body = Buffer.from(await readBody(bodyStream(answer), ERROR_MAX_BYTES)).toString();
      throw new TriliteError(
        'execution',
        `${base} answers ${answer.statusCode}: ${body.trim().slice(0, 300)}`,
      );
    }
    const total = Number(answer.headers['x-trilite-bytes']);
    const bar = startProgress('backup', { unit: 'bytes', ...(Number.isFinite(total) && { total }) });
    let bytes = 0;
    const counted = async function* (pieces: AsyncIterable<Uint8Array>) {
      for await (const piece of pieces) {
        bar.update((bytes += piece.length));
        yield piece;
      }
    };
    await pipeline(bodyStream(answer), counted, createWriteStream(partial));
    bar.done();
    // One that broke off in the middle would not be noticed otherwise.
    if (bytes !== total) throw new TriliteError('execution', `${base}: ${bytes} bytes came of ${total}`);
  } finally {
    client.close();
  }
}

/** Throws `TriliteError` for a file that is not whole. */
export function sound(file: string): Inspection {
  const inspection = inspect(file);
  const { format, formatMax, faults } = inspection;
  if (faults.length > 0) throw new TriliteError('execution', `${file} is not sound: ${faults.join('; ')}`);
  if (format > formatMax) {
    const what = `format ${format}, this program reads up to ${formatMax}`;
    throw new TriliteError('execution', `${file} was written by a newer version (${what}): use that version`);
  }
  return inspection;
}

export function contentsOf({ signals, fileBytes }: Inspection): string {
  const items = Object.entries(signals).map(
    ([signal, { items }]) => `${items.toLocaleString('en-US')} of ${signal}`,
  );
  return `${items.join(', ')} in blocks, ${fileBytes.toLocaleString('en-US')} bytes`;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: BACKUP_OPTIONS, allowPositionals: true });
  } catch (error) {
    throw wrong((error as Error).message.split(/\. (?=[A-Z])|\n/, 1)[0]!);
  }
}

function wrong(what: string): ConfigError {
  return new ConfigError(`${what}; see trilite backup --help`);
}
