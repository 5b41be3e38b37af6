/** `trilite snapshot`: copies a window of all three signals into one file, of a running server or of a database that none runs on. */

import fs from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ConfigError } from '../config/config-error.ts';
import { parseWindow } from '../model/moment.ts';
import { openSealed } from '../sealed-file.ts';
import { databaseAddon } from '../storage/sqlite/addon.ts';
import { copyWindow } from '../storage/sqlite/copy-window.ts';
import { CREDENTIAL_FLAGS, CREDENTIAL_USAGE } from './client-credentials.ts';
import { CLIENT_OPTIONS, CLIENT_USAGE } from './client-flags.ts';
import { DEFAULT_ADDRESS, download, type Flags, writeWhole } from './file-download.ts';
import { type Output, processOutput } from './output.ts';

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
  await writeWhole(file, async (partial) => {
    const [from, to] = textOf(values);
    const query = new URLSearchParams({ from, to }).toString();
    if (values.data === undefined) await download(values, 'snapshot', `snapshot?${query}`, partial);
    else await ofFile(values, String(values.data), partial);
  });
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
