/** A line as pieces to draw: without escapes of terminals, with their colours where wanted, and with what was found marked. */

import { stripAnsi } from '../../../model/ansi.ts';
import { marksIn } from './line-marks.ts';

export interface LinePiece {
  readonly text: string;
  /** `ansi-red`, `ansi-bold ansi-green`; '' for none. */
  readonly look: string;
  readonly isMarked: boolean;
}

export const COLOURS: readonly string[] = [
  'black',
  'red',
  'green',
  'yellow',
  'blue',
  'magenta',
  'cyan',
  'white',
];
// biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is looked for
const SGR = /\u001b\[([\d;]*)m/g;

export function hasColours(line: string): boolean {
  return line.includes('\u001b[');
}

export function linePieces(
  line: string,
  isColoured: boolean,
  marker: RegExp | undefined,
): readonly LinePiece[] {
  const coloured =
    isColoured && hasColours(line) ? colouredPieces(line) : [{ text: stripAnsi(line), look: '' }];
  if (!marker) return coloured.map((piece) => ({ ...piece, isMarked: false }));
  const marks = marksIn(coloured.map(({ text }) => text).join(''), marker);
  const out: LinePiece[] = [];
  let offset = 0;
  for (const { text, look } of coloured) {
    let at = 0;
    for (const mark of marks) {
      const [from, to] = [Math.max(mark.from - offset, at), Math.min(mark.to - offset, text.length)];
      if (from >= to) continue;
      if (from > at) out.push({ text: text.slice(at, from), look, isMarked: false });
      out.push({ text: text.slice(from, to), look, isMarked: true });
      at = to;
    }
    if (at < text.length) out.push({ text: text.slice(at), look, isMarked: false });
    offset += text.length;
  }
  return out;
}

function colouredPieces(line: string): { text: string; look: string }[] {
  const out: { text: string; look: string }[] = [];
  let [isBold, colour, at] = [false, '', 0];
  const add = (to: number) => {
    const text = stripAnsi(line.slice(at, to));
    const look = [isBold ? 'ansi-bold' : '', colour === '' ? '' : `ansi-${colour}`].filter(Boolean).join(' ');
    if (text !== '') out.push({ text, look });
  };
  for (const match of line.matchAll(SGR)) {
    add(match.index);
    at = match.index + match[0].length;
    for (const code of match[1]!.split(';').map(Number)) {
      if (code === 0) [isBold, colour] = [false, ''];
      else if (code === 1) isBold = true;
      else if (code === 22) isBold = false;
      else if (code === 39) colour = '';
      else if (code >= 30 && code <= 37) colour = COLOURS[code - 30]!;
      else if (code >= 90 && code <= 97) colour = COLOURS[code - 90]!;
      // Colours of larger palettes are numbers behind these: 38;5;n, 38;2;r;g;b.
      else if (code === 38 || code === 48) break;
    }
  }
  add(line.length);
  return out;
}
