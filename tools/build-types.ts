/**
 * The library's types, `dist/index.d.ts`: one file that needs no other. What is public stands in source files that hold types
 * alone, which are declarations as they are: they are put one after another, without their imports, and the function behind them.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES: readonly string[] = ['src/client/answer.ts', 'src/library/sink.ts', 'src/library/options.ts'];
const FACE = 'src/index.ts';
const IMPORT = /^import type \{[^}]*\} from '[^']+';\n/gm;
const FUNCTION =
  /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\nexport async function startTrilite\(options: TriliteOptions = \{\}\): Promise<Sink> \{/;
/** A line that begins none of these, nor stands within one, is no type. */
const DECLARATION = /^(?:export )?(?:interface|type) |^[\s}|/*?:]|^$/;
const HEAD = `/** Trilite as a library: a whole server in the calling process, for tests. */
/// <reference lib="esnext.disposable" />
/// <reference types="node" />
`;

export function bundleTypes(root: string, file: string): void {
  const parts = SOURCES.map((path) => {
    const text = readFileSync(join(root, path), 'utf8').replace(IMPORT, '');
    const wrong = text.split('\n').find((line) => !DECLARATION.test(line));
    if (wrong !== undefined) throw new Error(`${path} holds more than types: ${wrong}`);
    return text;
  });
  const face = FUNCTION.exec(readFileSync(join(root, FACE), 'utf8'))?.[0];
  if (face === undefined) throw new Error(`${FACE} has no startTrilite of the signature that is declared`);
  const declared = face
    .replace('export async function', 'export declare function')
    .replace('options: TriliteOptions = {}', 'options?: TriliteOptions')
    .replace(/ \{$/, ';\n');
  // Without it everything in the file would be public.
  writeFileSync(file, [HEAD, ...parts, declared, 'export {};\n'].join('\n'));
}
