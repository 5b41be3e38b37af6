/** Secrets of a section: `key` itself, or the file in `key_file` that holds it. */

import type { Secret } from '../base/http-client.ts';
import type { Fields } from './yaml-node.ts';

/** The keys under which a secret may stand. */
export function secretKeys(key: string): readonly string[] {
  return [key, `${key}_file`, `${key}_ref`];
}

/** Undefined where nothing is said; empty counts as that. `twice` is the complaint about more than one of them. */
export function readSecret(fields: Fields, key: string, twice: string): Secret | undefined {
  const [inline, file, ref] = secretKeys(key).map((name) => {
    const node = fields.declares(name) ? fields.get(name) : undefined;
    return node?.string() === '' ? undefined : node;
  });
  const given = [inline, file, ref].filter((node) => node !== undefined);
  if (given.length > 1) given.at(-1)!.fail(twice);
  ref?.fail('cannot use secret ref without manager');
  if (inline) return { value: inline.string() };
  return file && { file: file.filePath() };
}
