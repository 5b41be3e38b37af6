/** What a stream's lines are, guessed from one of them: a program prints one form. */

import { compileSearch } from '../../../model/regex.ts';
import { tokenizeJson } from './tokenize-json.ts';
import { tokenizeLogfmt } from './tokenize-logfmt.ts';
import { tokenizeText } from './tokenize-text.ts';
import { LINE_BYTES_MAX, type Tokenizer } from './tokens.ts';

export type LineFormat = 'json' | 'logfmt' | 'text';

export const TOKENIZERS: Readonly<Record<LineFormat, Tokenizer>> = {
  json: tokenizeJson,
  logfmt: tokenizeLogfmt,
  text: tokenizeText,
};

/** Pairs and nothing else, single spaces between them: `key=value` or `key="some value"`. */
const PAIR = '\\w+=(?:[^"]\\S*|".+")';
const PAIRS_ONLY = compileSearch(`^(?:${PAIR} )*(?:${PAIR})+$`);

/** The format of the line `bytes[start, end)`, by the original's rules. */
export function lineFormat(bytes: Uint8Array, start: number, end: number): LineFormat {
  if (end - start < 2) return 'text';
  if (bytes[start] === 0x7b && bytes[end - 1] === 0x7d) return 'json';
  // Longer ones have no pattern; testing them would be in vain.
  if (end - start > LINE_BYTES_MAX) return 'text';
  const line = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
  return PAIRS_ONLY.test(line) ? 'logfmt' : 'text';
}
