/**
 * Text as a terminal shows it: how many cells it takes, cut and filled to so many, without what would steer the terminal. Data comes from
 * anywhere, so whatever is printed goes through `plain` first.
 */

import stringWidth from 'string-width';

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/** Controls, and marks that turn the direction of text around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };
const CUT = '…';

let segmenter: Intl.Segmenter | undefined;

/** One line of printable text. */
export function plain(text: string): string {
  if (PRINTABLE_ASCII.test(text)) return text;
  return text.replace(
    CONTROL,
    (found) => NAMED[found] ?? `\\u{${found.charCodeAt(0).toString(16).padStart(2, '0')}}`,
  );
}

/** In cells. */
export function cellsOf(text: string): number {
  return PRINTABLE_ASCII.test(text) ? text.length : stringWidth(text);
}

/** At most `cells` wide; an ellipsis stands for what was cut off. */
export function cut(text: string, cells: number): string {
  if (cells <= 0) return '';
  if (cellsOf(text) <= cells) return text;
  if (PRINTABLE_ASCII.test(text)) return text.slice(0, cells - 1) + CUT;
  segmenter ??= new Intl.Segmenter();
  let kept = '';
  let taken = 0;
  for (const { segment } of segmenter.segment(text)) {
    taken += cellsOf(segment);
    if (taken > cells - 1) break;
    kept += segment;
  }
  return kept + CUT;
}

/** Exactly `cells` wide. */
export function fill(text: string, cells: number, align: 'left' | 'right' = 'left'): string {
  const shown = cut(text, cells);
  const space = ' '.repeat(Math.max(0, cells - cellsOf(shown)));
  return align === 'left' ? shown + space : space + shown;
}

/** SGR parameters. */
export const STYLES = { dim: '2', bold: '1', red: '31', yellow: '33', cyan: '36' } as const;

/** `isColored`: whether there are colours at all. */
export function paint(text: string, style: string | undefined, isColored: boolean): string {
  return isColored && style !== undefined && text !== '' ? `\x1b[${style}m${text}\x1b[0m` : text;
}
