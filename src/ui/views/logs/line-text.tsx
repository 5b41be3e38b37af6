/** The text of a line, with colours and marks. */

import type { Bounds } from '../../time/range.ts';
import { linePieces } from './line-pieces.ts';

/** How lines of one list are shown; the same object until something of it changes. */
export interface LineView {
  readonly query: string;
  readonly bounds: Bounds;
  readonly wraps: boolean;
  readonly isColoured: boolean;
  readonly marker: RegExp | undefined;
}

export function LineText(props: {
  readonly line: string;
  readonly view: LineView;
  readonly maxChars: number;
}) {
  const { line, view, maxChars } = props;
  const isCut = line.length > maxChars;
  const pieces = linePieces(isCut ? line.slice(0, maxChars) : line, view.isColoured, view.marker);
  return (
    <span class="log-text">
      {pieces.map(({ text, look, isMarked }) =>
        isMarked ? <mark class={look}>{text}</mark> : look === '' ? text : <span class={look}>{text}</span>,
      )}
      {isCut && <span class="faint"> … {line.length - maxChars} more characters</span>}
    </span>
  );
}
