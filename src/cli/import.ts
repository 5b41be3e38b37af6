/** `trilite import`: files into a server or a data directory. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { clientEnvironment } from '../config.ts';
import { filesOfManifest, type ImportTarget, importFile } from '../transfer/import-run.ts';
import { ServerTarget } from '../transfer/import-server.ts';
import type { Tally } from '../transfer/tally.ts';
import { MANIFEST_FILE } from './export.ts';
import { IMPORT_USAGE, type ImportFlags, parseImportFlags } from './import-flags.ts';
import { type Output, processOutput } from './output.ts';
import { TransferProgress } from './transfer-progress.ts';

const EXIT_LOSS = 1;

/** What to do where a server finds something too old or in no order. */
const ADVICE: readonly (readonly [words: RegExp, advice: string])[] = [
  [/too far in the future|too new/i, 'it is ahead of the server’s clock: no setting allows that'],
  [
    /out of bounds|out of order|too old|greater than max sample age|entry too far behind/i,
    'the server’s limits of age (trilite.limits.max_age, storage.tsdb.out_of_order_time_window) refuse it; trilite import --data, with the server stopped, has none',
  ],
];

type ClosedTarget = ImportTarget & { readonly tallies: readonly Tally[]; close(): Promise<void> };

/** Resolves with the exit code. Throws `ConfigError` for bad flags, `TriliteError` where a file is wrong. */
export async function importCommand(
  argv: readonly string[],
  output: Output = processOutput,
  signal: AbortSignal = new AbortController().signal,
): Promise<number> {
  const environment = clientEnvironment();
  const flags = await parseImportFlags(argv, environment.address, environment);
  if (!flags) {
    output.out(IMPORT_USAGE.trimEnd());
    return 0;
  }
  const paths = flags.paths.flatMap(filesOf);
  const target = await openTarget(flags, output, signal);
  const progress = new TransferProgress(process.stderr.isTTY ? output.err : undefined);
  let failure: unknown;
  try {
    for (const path of paths) {
      await importFile(path, flags.format, target, ({ bytesRead, bytesTotal }) =>
        progress.note(target.tallies, bytesTotal ? bytesRead / bytesTotal : undefined),
      );
    }
  } catch (error) {
    failure = error;
  }
  await target.close();
  summarize(flags, target.tallies, output);
  if (failure !== undefined) throw failure;
  return target.tallies.some((tally) => tally.hasLoss) ? EXIT_LOSS : 0;
}

async function openTarget(flags: ImportFlags, output: Output, signal: AbortSignal): Promise<ClosedTarget> {
  const { data, address, headers, client } = flags;
  if (data !== undefined) {
    const { DataTarget, databasePath } = await import('../local-transfer.ts');
    return DataTarget.open(databasePath(data, true), (what) => output.err(what));
  }
  const base = address.origin + address.pathname.replace(/\/+$/, '');
  const onRetry = (words: string, waitMs: number) =>
    output.err(`the server: ${words}; again in ${Math.ceil(waitMs / 1000)} s`);
  return new ServerTarget(base, { headers, client, signal, onRetry });
}

/** A directory is the files of its manifest. */
function filesOf(path: string): string[] {
  if (path === '-' || !existsSync(path) || !statSync(path).isDirectory()) return [path];
  const manifest = join(path, MANIFEST_FILE);
  return filesOfManifest(existsSync(manifest) ? readFileSync(manifest, 'utf8') : '', manifest).map((name) =>
    join(path, name),
  );
}

function summarize({ json }: ImportFlags, tallies: readonly Tally[], output: Output): void {
  const used = tallies.filter((t) => t.items + t.refused > 0 || t.hasLoss);
  if (json) {
    output.out(JSON.stringify(Object.fromEntries(used.map((t) => [t.noun, t])), undefined, 2));
    return;
  }
  const lines = used.flatMap((t) => t.lines('imported'));
  for (const line of lines.length > 0 ? lines : ['nothing to import']) output.out(line);
  const refusals = lines.filter((line) => line.startsWith('  refused'));
  for (const [words, advice] of ADVICE)
    if (refusals.some((line) => words.test(line))) output.out(`  ${advice}`);
}
