/** Changes of a text area that the browser can undo. */

import type { Edit, Selection } from './brackets.ts';

/** Where there is no selection, both are the cursor. */
export function selectionOf(area: HTMLTextAreaElement): Selection {
  return { from: area.selectionStart, to: area.selectionEnd };
}

/**
 * As if it had been typed: the browser's own history knows of it, which it does of nothing that is set in another way. The area
 * must have the focus; `input` tells of the change as ever.
 */
export function applyEdit(area: HTMLTextAreaElement, { from, to, insert, selection }: Edit): void {
  if (from !== to || insert !== '') {
    area.setSelectionRange(from, to);
    const isDone =
      insert === '' ? document.execCommand('delete') : document.execCommand('insertText', false, insert);
    if (!isDone) {
      area.setRangeText(insert, from, to, 'end');
      area.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertText', data: insert }));
    }
  }
  area.setSelectionRange(selection.from, selection.to);
}
