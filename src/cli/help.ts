/** `trilite help`, `trilite help COMMAND`, and what was perhaps meant where a command or a flag is not known. */

import { ConfigError } from '../config/config-error.ts';
import { COMMANDS, GROUPS, isListed, type ListedCommand } from './command-list.ts';
import type { Output } from './output.ts';

/** Resolves with the exit code. Throws `ConfigError` for a command that there is not. */
export async function helpCommand(name: string | undefined, output: Output): Promise<number> {
  if (name === undefined) output.out(mainHelp().trimEnd());
  else if (isListed(name)) output.out((await COMMANDS[name].load()).usage.trimEnd());
  else throw new ConfigError(`unknown command ${JSON.stringify(name)}; see trilite help`);
  return 0;
}

export function mainHelp(): string {
  const names = Object.keys(COMMANDS) as ListedCommand[];
  const width = Math.max(...names.map((name) => name.length));
  const groups = Object.entries(GROUPS).map(([group, title]) => {
    const lines = names
      .filter((name) => COMMANDS[name].group === group)
      .map((name) => `  ${name.padEnd(width)}  ${COMMANDS[name].summary}\n`);
    return `${title}\n${lines.join('')}\n`;
  });
  return `Usage: trilite [COMMAND] [flags]

Metrics, logs and traces in one process and one SQLite file, behind the APIs of Prometheus, Loki and Tempo.

  trilite                            serves on 127.0.0.1:9090, 3100, 3200, 4318 and 4317; data goes to ./data
  trilite --config prometheus.yml    with a configuration of Prometheus
  trilite query up                   asks it

${groups.join('')}  trilite help COMMAND, or trilite COMMAND --help, tells of each; trilite help serve has the server's flags.
  trilite version tells the version.

Exit codes: 0 all is well, 1 a failure, 2 flags or a configuration that cannot be; commands that have others tell them.
`;
}

/** A message with the nearest name that there is, where one is near. `argv` is the whole command line. */
export async function withSuggestion(message: string, argv: readonly string[]): Promise<string> {
  const command = /^unknown command "([^"]+)"/.exec(message)?.[1];
  if (command !== undefined) return perhaps(message, command, Object.keys(COMMANDS), '');
  const flag = /Unknown option '--?([^']+)'/.exec(message)?.[1];
  if (flag === undefined) return message;
  const name = argv[0] !== undefined && isListed(argv[0]) ? argv[0] : 'serve';
  return perhaps(message, flag, Object.keys((await COMMANDS[name].load()).options), '--');
}

function perhaps(message: string, given: string, known: readonly string[], prefix: string): string {
  const near = nearest(given, known);
  return near === undefined
    ? message
    : message.replace(/;|$/, `, perhaps ${prefix}${near};`).replace(/;$/, '');
}

/** The one in reach of the fewest changes; undefined where it would take many. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(given.length / 3));
  let best: { name: string; changes: number } | undefined;
  for (const name of known) {
    const changes = given.length >= 3 && name.startsWith(given) ? 1 : changesBetween(given, name);
    if (changes <= most && (!best || changes < best.changes)) best = { name, changes };
  }
  return best?.name;
}

/** Letters to add, take away, replace or swap with their neighbour (optimal string alignment). */
function changesBetween(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
