/**
 * The program: reads the command line, runs the command, and turns what goes wrong into one line on stderr and an
 * exit code: 1 for a failure while running, 2 for flags or a configuration that cannot be.
 */

import { parseCommandLine } from '../config/flags.ts';
import { USAGE } from '../config/usage.ts';
import { VERSION } from '../version.ts';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

async function run(argv: readonly string[]): Promise<number> {
  const line = parseCommandLine(argv);
  switch (line.command) {
    case 'help':
      process.stdout.write(USAGE);
      return 0;
    case 'version':
      process.stdout.write(`trilite ${VERSION} (node ${process.version})\n`);
      return 0;
    case 'tail':
      return (await import('./tail.ts')).tailCommand(line.rest);
    case 'doctor':
      return (await import('./doctor.ts')).doctorCommand(line.rest);
    case 'check':
      return (await import('./check.ts')).checkCommand(line.rest);
    case 'test':
      return (await import('./test.ts')).testCommand(line.rest);
    case 'convert':
      return (await import('./convert.ts')).convertCommand(line.rest);
    case 'lgtm':
      return (await import('./lgtm.ts')).lgtmCommand(line.rest);
    case 'snapshot':
      return (await import('./snapshot.ts')).snapshotCommand(line.rest);
    case 'backup':
      return (await import('./backup.ts')).backupCommand(line.rest);
    case 'restore':
      return (await import('./backup.ts')).restoreCommand(line.rest);
    case 'bench':
      return (await import('./bench.ts')).benchCommand(line.rest);
    default:
      return (await import('./serve.ts')).serveCommand(line);
  }
}

function fail(error: unknown): number {
  const { name, message, stack } = error as Error;
  // Foreseen errors are a line; anything else is a bug and shows where.
  const foreseen = ['ConfigError', 'StartError', 'TriliteError', 'SystemError'].includes(name);
  process.stderr.write(`trilite: ${foreseen ? message : (stack ?? String(error))}\n`);
  return name === 'ConfigError' ? EXIT_USAGE : EXIT_FAILURE;
}

run(process.argv.slice(2))
  .catch(fail)
  .then((code) => process.exit(code));
