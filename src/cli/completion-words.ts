/** What may stand at the end of a command line: for the scripts of `trilite completion`. */

import { COMMANDS, COMMON_VALUES, type CommandEntry, isListed, type Options } from './command-list.ts';
import { queryCandidates } from './completion-query.ts';
import { type FlagHelp, flagHelps } from './flag-help.ts';
import { shellWords } from './shell-words.ts';

/** Placeholders of flags that take a file or a directory. */
const FILE_LIKE = /FILE|DIR|\.db|PATH/;
const FILES = ':files';

/** The word that is completed, then a line a candidate: the whole word, a tab, what it means; `:files` stands for names of files. */
export async function completeLine(line: string): Promise<string[]> {
  const all = shellWords(line);
  const program = all.findLastIndex((word, at) => /(^|\/)trilite$/.test(word) && at < all.length - 1);
  const words = all.slice(program + 1);
  const word = words.at(-1) ?? '';
  const found = await candidates(words.slice(0, -1), word);
  return [word, ...found.filter((text) => text === FILES || text.startsWith(word))];
}

async function candidates(before: readonly string[], word: string): Promise<string[]> {
  const [name] = before;
  if (name === undefined && !word.startsWith('-')) return commandNames();
  if (name === 'help') return before.length === 1 ? commandNames() : [];
  if (name === 'version') return [];
  const isCommand = name !== undefined && isListed(name);
  const entry = COMMANDS[isCommand ? name : 'serve'];
  const { usage, options } = await entry.load();
  const helps = flagHelps(usage);
  const rest = isCommand ? before.slice(1) : before;
  const equals = /^--([\w.-]+)=/.exec(word);
  if (equals) return valuesOf(equals[1]!, entry, helps).map((v) => (v === FILES ? v : `--${equals[1]}=${v}`));
  const flag = flagOf(rest.at(-1), options);
  if (flag !== undefined && options[flag]!.type === 'string') return valuesOf(flag, entry, helps);
  if (word.startsWith('-')) return flagLines(options, helps);
  const positionals = positionalsOf(rest, options);
  const own = positionals.length === 0 ? (entry.words ?? []) : [];
  if (entry.takes === 'query') return [...own, ...(await queryCandidates(name!, positionals, rest, word))];
  return [...own, ...(entry.takes === 'files' ? [FILES] : [])];
}

function commandNames(): string[] {
  const listed = Object.entries(COMMANDS).map(([name, { summary }]) => `${name}\t${summary}`);
  return [...listed, 'help\ttells of a command', 'version\ttells the version'];
}

function flagLines(options: Options, helps: ReadonlyMap<string, FlagHelp>): string[] {
  return Object.keys(options).map((flag) => `--${flag}\t${helps.get(flag)?.text ?? ''}`);
}

function valuesOf(flag: string, { values }: CommandEntry, helps: ReadonlyMap<string, FlagHelp>): string[] {
  const known = values?.[flag] ?? COMMON_VALUES[flag];
  if (known) return [...known];
  return FILE_LIKE.test(helps.get(flag)?.placeholder ?? '') ? [FILES] : [];
}

/** The name of a flag that is given without its value. */
function flagOf(word: string | undefined, options: Options): string | undefined {
  const [, long, short] = /^(?:--([\w.-]+)|-(\w))$/.exec(word ?? '') ?? [];
  if (long !== undefined) return Object.hasOwn(options, long) ? long : undefined;
  if (short === undefined) return undefined;
  return Object.keys(options).find((name) => options[name]!.short === short);
}

/** Words that are neither flags nor values of flags. */
function positionalsOf(words: readonly string[], options: Options): string[] {
  return words.filter((word, at) => {
    if (word.startsWith('-')) return false;
    const flag = flagOf(words[at - 1], options);
    return flag === undefined || options[flag]!.type === 'boolean';
  });
}
