/** Where the files of the built page are: beside the bundles, or wherever the single executable says. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PageFiles } from './page-routes.ts';

declare const TRILITE_BUNDLE_DIR: string | undefined;

let source: PageFiles = fromFolder;
const known = new Map<string, Uint8Array>();

/** Files come from there from now on. */
export function setPageFiles(files: PageFiles): void {
  source = files;
}

/** Kept once they were asked for: they are few and small. */
export function pageFile(name: string): Uint8Array | undefined {
  const kept = known.get(name);
  if (kept) return kept;
  const found = source(name);
  if (found) known.set(name, found);
  return found;
}

function fromFolder(name: string): Uint8Array | undefined {
  try {
    return readFileSync(join(bundleFolder(), 'ui', name));
  } catch {
    return undefined;
  }
}

/** Where the program runs from its sources, that of the last build. */
function bundleFolder(): string {
  if (typeof TRILITE_BUNDLE_DIR !== 'undefined') return TRILITE_BUNDLE_DIR;
  return fileURLToPath(new URL('../../dist', import.meta.url));
}
