/** `trilite convert FILE`: Loki's or Tempo's configuration as one of Trilite, with what has no place in it. */

import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { type Converted, isSettings } from '../config/originals/conversion.ts';
import { foreignFile } from '../config/originals/foreign-file.ts';
import { convertLokiFile, isLokiFile } from '../config/originals/loki-file.ts';
import { convertTempoFile, isTempoFile } from '../config/originals/tempo-file.ts';
import { TriliteError } from '../model/errors.ts';
import { type Output, processOutput } from './output.ts';

export const CONVERT_OPTIONS = { help: { type: 'boolean', short: 'h' } } as const;

export const CONVERT_USAGE = `Usage: trilite convert FILE

Prints, as a configuration of Trilite, what Loki's or Tempo's configuration says that has a meaning here; what has
none is named in comments. A prometheus.yml needs no converting, a Promtail configuration goes to --promtail-config.

  trilite convert /etc/loki/config.yml > trilite.yml
  trilite check config trilite.yml
  trilite --config trilite.yml

Exit code 0, or 1 where the file cannot be read or is another system's.
`;

/** Resolves with the exit code. Throws `TriliteError` for a file that cannot be read, or is another system's. */
export function convertCommand(rest: readonly string[], output: Output = processOutput): number {
  if (rest.includes('--help') || rest.includes('-h')) {
    output.out(CONVERT_USAGE.trimEnd());
    return 0;
  }
  const [file] = rest;
  if (rest.length !== 1 || file === undefined || file.startsWith('-')) {
    throw new TriliteError('bad_data', 'usage: trilite convert FILE; see trilite convert --help');
  }
  output.out(printConverted(file, convert(file)).trimEnd());
  return 0;
}

function convert(file: string): Converted {
  const content = readYaml(file);
  if (isSettings(content)) {
    if (isLokiFile(content)) return convertLokiFile(content);
    if (isTempoFile(content)) return convertTempoFile(content);
  }
  const what =
    foreignFile(file, content) ?? 'no configuration of Loki or Tempo; one of Prometheus works as it is';
  throw new TriliteError('bad_data', `${file} is ${what}`);
}

function readYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new TriliteError('bad_data', `cannot read ${file}: ${(error as Error).message.split('\n', 1)[0]}`);
  }
}

function printConverted(file: string, { config, notes, unheeded }: Converted): string {
  const head = [`From ${file}.`, ...notes];
  const none = unheeded.length === 0 ? [] : ['Without effect here:', ...unheeded.map((path) => `  ${path}`)];
  const comment = (lines: readonly string[]) => lines.map((line) => `# ${line}\n`).join('');
  return `${comment(head)}\n${stringify(config)}${none.length > 0 ? '\n' : ''}${comment(none)}`;
}
