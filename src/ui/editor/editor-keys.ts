/** What keys do in the editor besides typing. */

import type { Move, Offer } from './suggestions.ts';

/** `accept` takes the chosen option, or else the first; `leave` gives the page its keys back. */
export type EditorAction = 'run' | 'ask' | 'accept' | 'close' | 'leave' | Move;

/** What is read of a `KeyboardEvent`. */
export interface PressedKey {
  readonly key: string;
  readonly code: string;
  readonly keyCode: number;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly isComposing: boolean;
}

/** What browsers say of keys that an input method takes; some end the composition before the key is told. */
const TAKEN_BY_INPUT_METHOD = 229;

const MOVES: Readonly<Record<string, Move>> = {
  ArrowDown: 'next',
  ArrowUp: 'previous',
  PageDown: 'page down',
  PageUp: 'page up',
};
/** They move the cursor in the text until somebody is in the list. */
const MOVES_WHEN_CHOSEN: Readonly<Record<string, Move>> = { Home: 'first', End: 'last' };

/** Undefined where the browser does what the key does everywhere. */
export function editorAction(pressed: PressedKey, offer: Offer | undefined): EditorAction | undefined {
  const { key, code, ctrlKey, metaKey, altKey, shiftKey } = pressed;
  if (pressed.isComposing || pressed.keyCode === TAKEN_BY_INPUT_METHOD) return undefined;
  if (key === 'Enter' && (ctrlKey || metaKey)) return 'run';
  // Where the system takes Ctrl-Space to switch input methods, Alt-I is there.
  if (ctrlKey && code === 'Space') return 'ask';
  if (altKey && !ctrlKey && code === 'KeyI') return 'ask';
  if (ctrlKey || metaKey || altKey || shiftKey) return undefined;
  if (key === 'Escape') return offer ? 'close' : 'leave';
  // A query is complete as it stands more often than not: Enter must run it until an option was looked at.
  if (key === 'Enter') return offer?.chosen === undefined ? 'run' : 'accept';
  if (!offer) return undefined;
  if (key === 'Tab') return 'accept';
  return MOVES[key] ?? (offer.chosen === undefined ? undefined : MOVES_WHEN_CHOSEN[key]);
}
