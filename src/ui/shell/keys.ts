/**
 * The keyboard: single keys and two in a row (`g` then `m`). Views add their own while they are on view; the help
 * dialog lists what there is. Nothing happens while somebody types.
 */

import { useEffect } from 'preact/hooks';
import { Store } from '../store.ts';

export interface KeyAction {
  /** `r`, `?`, `g m`, `ArrowDown`. */
  readonly keys: string;
  readonly what: string;
  run(): void;
}

/** How long the second key may take. */
const SECOND_KEY_MAX_MS = 1200;

export const keyActions = new Store<readonly KeyAction[]>([]);
let first: { readonly key: string; readonly atMs: number } | undefined;

/** Holds while the component is there. */
export function useKeys(actions: readonly KeyAction[]): void {
  useEffect(() => {
    keyActions.set([...keyActions.get(), ...actions]);
    return () => keyActions.set(keyActions.get().filter((action) => !actions.includes(action)));
  }, [actions]);
}

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return element?.closest('input, textarea, select, [contenteditable=true]') != null;
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const second =
    first && event.timeStamp - first.atMs < SECOND_KEY_MAX_MS ? `${first.key} ${event.key}` : undefined;
  const actions = keyActions.get();
  // What was added last is nearest to what is on view.
  const action =
    actions.findLast(({ keys }) => keys === second) ?? actions.findLast(({ keys }) => keys === event.key);
  first = action ? undefined : { key: event.key, atMs: event.timeStamp };
  if (!action) return;
  event.preventDefault();
  action.run();
});
