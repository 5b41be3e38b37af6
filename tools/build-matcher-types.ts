/**
 * Types of `trilite/matchers` and `trilite/assert`. What is public stands in one source file that holds types alone; it becomes
 * `matchers.d.ts` as it is, with what Jest and Vitest have to know. `assert.d.ts` declares its functions by it.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCE = 'src/library/matchers/expectations.ts';
const ASSERTIONS = 'src/library/matchers/assert.ts';
/** The sink's own types are beside it. */
const IMPORT = /from '\.\.\/(?:\.\.\/client\/answer|sink)\.ts'/g;

/**
 * Each framework's interfaces, where it is installed; a module that is not there is no error of whoever uses the other.
 * Vitest's are those of version 5, Jest's `expect`'s and the global namespace of `@types/jest`.
 */
const FRAMEWORKS = `
/** For \`expect.extend\`. */
export declare const matchers: {
  readonly [Name in keyof SinkMatchers]: (
    this: any,
    sink: unknown,
    ...args: Parameters<SinkMatchers[Name]>
  ) => Promise<{ pass: boolean; message: () => string }>;
};

// @ts-ignore
declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends SinkMatchers<Promise<void>> {}
}
// @ts-ignore
declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends SinkMatchers<Promise<void>> {}
}
declare global {
  namespace jest {
    // @ts-ignore
    interface Matchers<R, T = {}> extends SinkMatchers<Promise<void>> {}
  }
}
`;

export function bundleMatcherTypes(root: string, outdir: string): void {
  const types = readFileSync(join(root, SOURCE), 'utf8').replace(IMPORT, "from './index.js'");
  writeFileSync(join(outdir, 'matchers.d.ts'), types + FRAMEWORKS);
  const functions = [
    ...readFileSync(join(root, ASSERTIONS), 'utf8').matchAll(/^export (?:async )?function (\w+)/gm),
  ].map((m) => `export declare const ${m[1]}: SinkAssertions['${m[1]}'];`);
  const head =
    "/** Assertions for node:test. */\nimport type { SinkAssertions } from './matchers.js';\nexport type * from './matchers.js';\n";
  writeFileSync(join(outdir, 'assert.d.ts'), `${head}\n${functions.join('\n')}\n`);
}
