/** `trilite slo FILE…`: makes rules of service level objectives. */

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ConfigError } from '../config/config-error.ts';
import { RULE_YAML } from '../config/rule-group-yaml.ts';
import { parseSloFile, type SloFileOptions } from '../config/slo-file-yaml.ts';
import { windowNames } from '../config/slo-values.ts';
import { parseDuration } from '../model/duration.ts';
import { TriliteError } from '../model/errors.ts';
import { checkSloFile } from '../rules/check-file.ts';
import type { GroupDefinition } from '../rules/rule-group.ts';
import { SLO_WINDOWS } from '../slo/burn-windows.ts';
import { VERSION } from '../version.ts';
import { type Output, processOutput } from './output.ts';

export const SLO_OPTIONS = {
  out: { type: 'string', short: 'o' },
  window: { type: 'string' },
  label: { type: 'string', short: 'l', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const;

export const SLO_USAGE = `Usage: trilite slo [flags] FILE...

Makes rules of service level objectives: the share of what is bad over several windows, what is left of the error budget, and alerts
where it goes too fast. Files are in Trilite's own form or in Sloth's, as a file or as a resource of Kubernetes; the rules are an ordinary
file for rule_files, of any Prometheus.

  trilite slo slo.yaml > rules/slo.yml
  trilite slo shop.yaml cart.yaml -o rules/slo.yml
  trilite slo --window 28d --label cluster=eu sloth.yml

  -o, --out FILE        where to write the rules (stdout)
  --window DURATION     of objectives that say none (30d): ${windowNames()}
  -l, --label NAME=VALUE
                        repeatable; a label for every series and alert
  --help

Exit code 0, 1 where a file cannot be read or written or an objective is wrong, 2 for bad flags.
`;

/** Resolves with the exit code. Throws `ConfigError` for bad flags, `TriliteError` with all that is wrong with the files. */
export async function sloCommand(argv: readonly string[], output: Output = processOutput): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help) {
    output.out(SLO_USAGE.trimEnd());
    return 0;
  }
  if (positionals.length === 0)
    throw new ConfigError('a file of objectives is needed; see trilite slo --help');
  const options = {
    version: `trilite-${VERSION}`,
    windowMs: values.window === undefined ? undefined : readWindow(values.window),
    labels: Object.fromEntries((values.label ?? []).map(readLabel)),
  };
  const groups: GroupDefinition[] = [];
  for (const file of positionals) groups.push(...(await sloRules(file, options)));
  const name = groups.map((group) => group.name).find((one, i, all) => all.indexOf(one) < i);
  if (name !== undefined) {
    throw new TriliteError(
      'bad_data',
      `the group ${JSON.stringify(name)} comes of two files: objectives need names of their own`,
    );
  }
  const text = `# Made by trilite slo of ${positionals.join(', ')}; changes belong there.\n${RULE_YAML.print({ groups })}`;
  if (values.out === undefined || values.out === '-') output.out(text.trimEnd());
  else write(values.out, text);
  return 0;
}

/** The rules of one file, checked as those of a rule file are. Throws `TriliteError`. */
async function sloRules(file: string, options: SloFileOptions): Promise<readonly GroupDefinition[]> {
  const yaml = {
    ...RULE_YAML,
    parseSloFile: (name: string, text: string) => parseSloFile(name, text, options),
  };
  const { groups, faults } = await checkSloFile(file, read(file), yaml);
  if (faults.length > 0) throw new TriliteError('bad_data', faults.join('\n'));
  return groups.map(({ definition }) => definition);
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: SLO_OPTIONS, allowPositionals: true });
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\. (?=[A-Z])|\n/, 1);
    throw new ConfigError(`${sentence}; see trilite slo --help`);
  }
}

function readWindow(text: string): number {
  try {
    const ms = parseDuration(text);
    if (SLO_WINDOWS.has(ms)) return ms;
  } catch {
    // Told of below.
  }
  throw new ConfigError(
    `--window: ${JSON.stringify(text)} is none of ${windowNames()}; see trilite slo --help`,
  );
}

function readLabel(text: string): [string, string] {
  const [, name, value] = /^([a-zA-Z_][a-zA-Z0-9_]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) {
    throw new ConfigError(`--label: ${JSON.stringify(text)} is no NAME=VALUE; see trilite slo --help`);
  }
  return [name, value!];
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new TriliteError('bad_data', `cannot read ${file}: ${(error as Error).message}`);
  }
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new TriliteError('bad_data', `cannot write ${file}: ${(error as Error).message}`);
  }
}
