/**
 * Builds the web page into a folder: modules and styles whose names tell their content, so that browsers keep them for ever,
 * each also compressed, and `index.html`, which names what is needed first.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildResult, build } from 'esbuild';

const COMPRESSION_LEVEL = 9;

export async function buildPage(root: string, outdir: string): Promise<void> {
  const source = join(root, 'src/ui');
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['app.tsx', 'style/page.css', 'icon.svg'].map((name) => join(source, name)),
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.svg': 'copy' },
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    minify: true,
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
    write: false,
  });
  mkdirSync(outdir, { recursive: true });
  for (const { path, contents } of result.outputFiles) {
    const file = join(outdir, basename(path));
    writeFileSync(file, contents);
    if (!path.endsWith('.svg')) writeFileSync(`${file}.gz`, gzipSync(contents, { level: COMPRESSION_LEVEL }));
  }
  const template = readFileSync(join(source, 'index.html'), 'utf8');
  writeFileSync(join(outdir, 'index.html'), indexPage(template, result, relative(root, source)));
}

/** The modules that the first one imports are named too: a browser asks for all at once. */
function indexPage(template: string, { metafile }: BuildResult, source: string): string {
  const outputs = Object.entries(metafile!.outputs);
  const outputOf = (entry: string) =>
    outputs.find(([, { entryPoint }]) => entryPoint === join(source, entry))!;
  const [script, { imports }] = outputOf('app.tsx');
  const preloads = imports
    .filter(({ kind }) => kind === 'import-statement')
    .map(({ path }) => basename(path));
  const icon = outputs.find(([path]) => path.endsWith('.svg'))![0];
  const head = [
    `<link rel="stylesheet" href="ui/${basename(outputOf('style/page.css')[0])}">`,
    `<script type="module" src="ui/${basename(script)}"></script>`,
    ...preloads.map((name) => `<link rel="modulepreload" href="ui/${name}">`),
  ];
  return template.replace('{{icon}}', basename(icon)).replace('{{head}}', head.join('\n'));
}
