/**
 * The program: reads the command line, runs the command, and turns what goes wrong into one line on stderr and an
 * exit code: 1 for a failure while running, 2 for flags or a configuration that cannot be.
 */

import { parseCommandLine } from '../config/flags.ts';
import { VERSION } from '../version.ts';
import { processOutput } from './output.ts';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

async function run(argv: readonly string[]): Promise<number> {
  if (argv[0] === 'help') return help(argv[1]);
  const line = parseCommandLine(argv);
  switch (line.command) {
    case 'help':
      return help(argv[0] === 'serve' ? 'serve' : undefined);
    case 'version':
      process.stdout.write(`trilite ${VERSION} (node ${process.version})\n`);
      return 0;
    case 'query':
      return (await import('./query.ts')).queryCommand(line.rest);
    case 'completion':
      return (await import('./completion.ts')).completionCommand(line.rest);
    case 'tail':
      return (await import('./tail.ts')).tailCommand(line.rest);
    case 'doctor':
      return (await import('./doctor.ts')).doctorCommand(line.rest);
    case 'ask':
      return (await import('./ask.ts')).askCommand(line.rest);
    case 'check':
      return (await import('./check.ts')).checkCommand(line.rest);
    case 'test':
      return (await import('./test.ts')).testCommand(line.rest);
    case 'convert':
      return (await import('./convert.ts')).convertCommand(line.rest);
    case 'slo':
      return (await import('./slo.ts')).sloCommand(line.rest);
    case 'diff':
      return (await import('./diff.ts')).diffCommand(line.rest);
    case 'lgtm':
      return (await import('./lgtm.ts')).lgtmCommand(line.rest);
    case 'mcp':
      return (await import('./mcp.ts')).mcpCommand(line.rest);
    case 'export':
      return (await import('./export.ts')).exportCommand(line.rest);
    case 'import':
      return (await import('./import.ts')).importCommand(line.rest);
    case 'verify':
      return (await import('./verify.ts')).verifyCommand(line.rest);
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

async function help(name: string | undefined): Promise<number> {
  return (await import('./help.ts')).helpCommand(name, processOutput);
}

async function fail(error: unknown): Promise<number> {
  const { name, message, stack } = error as Error;
  // Foreseen errors are a line; anything else is a bug and shows where.
  const foreseen = ['ConfigError', 'StartError', 'TriliteError', 'SystemError'].includes(name);
  const told = /unknown (option|command)/i.test(message)
    ? await (await import('./help.ts')).withSuggestion(message, process.argv.slice(2))
    : message;
  process.stderr.write(`trilite: ${foreseen ? told : (stack ?? String(error))}\n`);
  return name === 'ConfigError' ? EXIT_USAGE : EXIT_FAILURE;
}

run(process.argv.slice(2))
  .catch(fail)
  .then((code) => process.exit(code));
