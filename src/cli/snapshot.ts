/** `trilite snapshot`: copies a window of all three signals into one file, of a running server or of a database that none runs on. */

import { createWriteStream } from 'node:fs';
import fs from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { bodyStream, HttpClient } from '../base/http-request.ts';
import { readBody } from '../base/read-body.ts';
import { ConfigError } from '../config/config-error.ts';
import { clientEnvironment } from '../config.ts';
import { TriliteError } from '../model/errors.ts';
import { parseWindow } from '../model/moment.ts';
import { openSealed } from '../sealed-file.ts';
import { databaseAddon } from '../storage/sqlite/addon.ts';
import { copyWindow } from '../storage/sqlite/copy-window.ts';
import { authorizationOf, CREDENTIAL_FLAGS, CREDENTIAL_USAGE } from './client-credentials.ts';
import { CLIENT_OPTIONS, CLIENT_USAGE, readAddress, readClientFlags } from './client-flags.ts';
import { type Output, processOutput } from './output.ts';

const DEFAULT_ADDRESS = 'http://127.0.0.1:9090';
const ERROR_MAX_BYTES = 65_536;
/** A large window of a busy server; the server ends it where it cannot go on. */
const ANSWER_MAX_MS = 60 * 60_000;
const PARTIAL_SUFFIX = '.partial';

export const SNAPSHOT_OPTIONS = {
  ...CLIENT_OPTIONS,
  ...CREDENTIAL_FLAGS,
  from: { type: 'string' },
  to: { type: 'string' },
  url: { type: 'string' },
  data: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const SNAPSHOT_USAGE = `Usage: trilite snapshot [flags] FILE

Copies a window of metrics, logs and traces into one file, which "trilite serve FILE" shows at its own time.

  trilite snapshot --from -1h incident.db
  trilite snapshot --from 2026-11-30T04:00:00Z --to 2026-11-30T05:00:00Z incident.db
  trilite snapshot --data ./data --from -6h incident.db

  --from TIME, --to TIME
                        now, -1h, RFC 3339 or seconds since the epoch (-1h, now)
  --url URL             of a running server (${DEFAULT_ADDRESS}); also TRILITE_ADDR. Takes the right to administer
  --data PATH           a data directory that no server runs on, or a database file; -1h is before the end of its data
${CREDENTIAL_USAGE}
${CLIENT_USAGE}  --help

Exit code 0 where the file is whole, 1 where there is none, 2 for bad flags.
`;

type Flags = { readonly [name: string]: string | boolean | undefined };

/** Resolves with the exit code. Throws `ConfigError` for bad flags, `TriliteError` where there is no file. */
export async function snapshotCommand(
  argv: readonly string[],
  output: Output = processOutput,
): Promise<number> {
  let parsed: { values: Flags; positionals: string[] };
  try {
    parsed = parseArgs({ args: withTimes(argv), options: SNAPSHOT_OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new ConfigError(`${(error as Error).message}; see trilite snapshot --help`);
  }
  const { values, positionals } = parsed;
  if (values.help) {
    output.out(SNAPSHOT_USAGE.trimEnd());
    return 0;
  }
  const [file, more] = positionals;
  if (file === undefined || more !== undefined)
    throw new ConfigError('one file is to be written; see trilite snapshot --help');
  if (values.data !== undefined && values.url !== undefined)
    throw new ConfigError('--data and --url cannot both be given; see trilite snapshot --help');
  const partial = file + PARTIAL_SUFFIX;
  try {
    await fs.rm(partial, { force: true });
    if (values.data === undefined) await ofServer(values, partial);
    else await ofFile(values, String(values.data), partial);
    await fs.rename(await synced(partial), file);
  } catch (error) {
    await fs.rm(partial, { force: true });
    throw error;
  }
  output.out(`${file}: ${(await fs.stat(file)).size} bytes`);
  return 0;
}

/** `--from -1h` is what people write, and what `parseArgs` takes for two flags. */
function withTimes(argv: readonly string[]): string[] {
  const args: string[] = [];
  for (const arg of argv) {
    const isTime = /^-\d/.test(arg) && (args.at(-1) === '--from' || args.at(-1) === '--to');
    if (isTime) args.push(`${args.pop()}=${arg}`);
    else args.push(arg);
  }
  return args;
}

function textOf({ from = '-1h', to = 'now' }: Flags): readonly [from: string, to: string] {
  return [String(from), String(to)];
}

async function ofFile(values: Flags, path: string, target: string): Promise<void> {
  const source = await openSealed(path);
  try {
    const window = parseWindow(...textOf(values), source.endMs);
    const nativeBinding = databaseAddon();
    const work = copyWindow(source.path, target, { window, createdMs: Date.now(), nativeBinding });
    while (!work.next().done);
  } finally {
    source.close();
  }
}

async function ofServer(values: Flags, target: string): Promise<void> {
  const environment = clientEnvironment();
  const given = values.url ?? environment.address ?? DEFAULT_ADDRESS;
  const url = readAddress(String(given), '--url', DEFAULT_ADDRESS, 'snapshot');
  const authorization = authorizationOf(values as Parameters<typeof authorizationOf>[0], url, environment);
  url.username = '';
  url.password = '';
  url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v1/trilite/snapshot`;
  const [from, to] = textOf(values);
  url.search = new URLSearchParams({ from, to }).toString();
  const client = new HttpClient({ ...(await readClientFlags(values)), followRedirects: false });
  try {
    const answer = await client.send({
      method: 'POST',
      url: url.href,
      headers: authorization === undefined ? {} : { Authorization: authorization },
      signal: AbortSignal.timeout(ANSWER_MAX_MS),
    });
    if (answer.statusCode !== 200) {
      const said = (await readBody(bodyStream(answer), ERROR_MAX_BYTES)).toString().trim();
      throw new TriliteError('internal', `${url.origin} answered ${answer.statusCode}: ${said}`);
    }
    await pipeline(bodyStream(answer), createWriteStream(target));
    const [bytes, wanted] = [(await fs.stat(target)).size, Number(answer.headers['trilite-file-bytes'])];
    if (bytes !== wanted)
      throw new TriliteError('internal', `${url.origin} broke off after ${bytes} of ${wanted} bytes`);
  } finally {
    client.close();
  }
}

/** On disk, not in the system's memory alone. */
async function synced(path: string): Promise<string> {
  const handle = await fs.open(path, 'r+');
  try {
    await handle.sync();
    return path;
  } finally {
    await handle.close();
  }
}
