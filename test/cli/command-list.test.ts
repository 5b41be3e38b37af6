/** The table of commands has all there is: each command, each of its flags; every example of a help is a command line that can be. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { COMMANDS, COMMON_VALUES, isListed } from '../../src/cli/command-list.ts';
import { completeLine } from '../../src/cli/completion-words.ts';
import { flagHelps } from '../../src/cli/flag-help.ts';
import { mainHelp, nearest, withSuggestion } from '../../src/cli/help.ts';
import { shellWords } from '../../src/cli/shell-words.ts';
import { parseCommandLine } from '../../src/config/flags.ts';

const CLI = path.join(import.meta.dirname, '../../src/cli');
/** Promtool's, for what is on here anyway; and what every command has. */
const UNTOLD = ['enable-feature', 'help'];

describe('every command', () => {
  test('that the program runs is listed, and the other way round', () => {
    const run = readFileSync(path.join(CLI, 'run.ts'), 'utf8');
    const cases = [...run.matchAll(/case '([\w-]+)':/g)].map(([, name]) => name!);
    const listed = cases.filter((name) => name !== 'help' && name !== 'version');
    assert.deepEqual([...listed, 'serve'].sort(), Object.keys(COMMANDS).sort());
    for (const name of listed) assert.equal(parseCommandLine([name]).command, name);
    for (const name of listed) assert.match(mainHelp(), new RegExp(`^  ${name} `, 'm'));
  });

  for (const [name, entry] of Object.entries(COMMANDS)) {
    test(`${name}: its help tells of each flag, with a text, and has examples`, async () => {
      const { usage, options } = await entry.load();
      assert.match(usage, new RegExp(`^Usage: trilite \\[?${name}\\b`));
      assert.match(usage, /^ {2}.*\btrilite\b/m);
      const helps = flagHelps(usage);
      const flags = Object.keys(options).filter((flag) => !UNTOLD.includes(flag));
      // Flags of the server are told of in its help; bench tells of several in a sentence.
      if (name === 'lgtm') return assert.ok(helps.has('grafana'));
      assert.deepEqual(
        flags.filter((flag) => !helps.has(flag)),
        [],
      );
      const words = (await completeLine(`trilite ${name} --`)).map((line) => line.split('\t')[0]!);
      for (const flag of flags) assert.ok(words.includes(`--${flag}`), flag);
    });
  }

  test('has the flags that its own parser takes', async () => {
    // Every constant of options in the folder belongs to a command of the table, or is part of one.
    const shared = ['CLIENT', 'CREDENTIAL'];
    const names = readdirSync(CLI)
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [
        ...readFileSync(path.join(CLI, file), 'utf8').matchAll(/^export const ([A-Z]+)_OPTIONS/gm),
      ])
      .map(([, name]) => name!)
      .filter((name) => !shared.includes(name));
    assert.deepEqual(
      names.filter((name) => !isListed(name.toLowerCase())),
      [],
    );
  });

  test('fixed values are of flags that there are', async () => {
    const all = new Set<string>();
    for (const entry of Object.values(COMMANDS)) {
      const { options } = await entry.load();
      for (const flag of Object.keys(options)) all.add(flag);
      for (const flag of Object.keys(entry.values ?? {})) assert.ok(Object.hasOwn(options, flag), flag);
    }
    for (const flag of Object.keys(COMMON_VALUES)) assert.ok(all.has(flag), flag);
  });
});

test('examples of all helps name commands, subcommands and flags that there are', async () => {
  let count = 0;
  for (const entry of Object.values(COMMANDS)) {
    const { usage } = await entry.load();
    for (const example of examplesOf(usage)) {
      count++;
      const [first, ...rest] = example;
      const name = first !== undefined && isListed(first) ? first : 'serve';
      const { options } = await COMMANDS[name].load();
      for (const word of name === 'serve' ? example : rest) {
        const flag = /^--([\w.-]+)/.exec(word)?.[1];
        if (flag !== undefined) assert.ok(Object.hasOwn(options, flag), `${example.join(' ')}: --${flag}`);
      }
      const { words } = COMMANDS[name];
      const [word] = rest;
      if (words && entry.takes !== 'query' && word !== undefined && !word.startsWith('-'))
        assert.ok(words.includes(word), `${example.join(' ')}: ${word}`);
    }
  }
  assert.ok(count > 25, `${count} examples`);
});

/** Lines of a help that begin as a command does, without the program and what follows a pipe or a comment. */
function examplesOf(usage: string): string[][] {
  const lines = usage.split('\n').flatMap((line) => line.match(/^ {2}(?:.*[|&(] ?)?trilite(?: .*)?$/) ?? []);
  return lines.map((line) => {
    const command = line.slice(line.indexOf('trilite') + 'trilite'.length).split(/ {3,}| [|&>#] ?|\)/, 1)[0]!;
    return shellWords(command.trim()).filter((word) => word !== '');
  });
}

test('what was perhaps meant', async () => {
  assert.equal(nearest('tial', ['tail', 'test']), 'tail');
  assert.equal(nearest('comp', ['completion', 'check']), 'completion');
  assert.equal(nearest('nothing', ['tail', 'test']), undefined);
  assert.equal(
    await withSuggestion('unknown command "qeury"; see trilite help', ['qeury']),
    'unknown command "qeury", perhaps query; see trilite help',
  );
  assert.equal(
    await withSuggestion("Unknown option '--otput'; see trilite query --help", ['query', '--otput']),
    "Unknown option '--otput', perhaps --output; see trilite query --help",
  );
});

test('words of a line that is being written', () => {
  assert.deepEqual(shellWords(`trilite query 'a b`), ['trilite', 'query', 'a b']);
  assert.deepEqual(shellWords('x "a\\"b" c\\ d '), ['x', 'a"b', 'c d', '']);
  assert.deepEqual(shellWords(''), ['']);
});

test('candidates: commands, words, values, files', async () => {
  const of = async (line: string) => (await completeLine(line)).slice(1).map((text) => text.split('\t')[0]);
  assert.deepEqual(await of('trilite qu'), ['query']);
  assert.deepEqual(await of('cd x && ./bin/trilite check ru'), ['rules']);
  assert.deepEqual(await of('trilite query -o c'), ['csv']);
  assert.deepEqual(await of('trilite query --output=js'), ['--output=json', '--output=jsonl']);
  assert.deepEqual(await of('trilite --config '), [':files']);
  assert.deepEqual(await of('trilite --data '), [':files']);
  assert.deepEqual(await of('trilite help com'), ['completion']);
  assert.deepEqual(await of('trilite completion '), ['bash', 'zsh', 'fish']);
});
