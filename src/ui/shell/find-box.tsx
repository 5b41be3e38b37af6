/**
 * One box for whatever was copied from somewhere: a trace id in any of its forms opens the trace, a query opens the view
 * of its language, plain words are looked for in the logs.
 */

import { useEffect, useRef, useState } from 'preact/hooks';
import { go } from '../location.ts';
import { rangeParams } from '../time/use-time.ts';
import { destinationOf } from './destination.ts';

/** The box asks for the cursor when this event comes (the key `/`). */
export const FOCUS_FIND = 'trilite-focus-find';

export function FindBox() {
  const [text, setText] = useState('');
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = () => input.current?.focus();
    addEventListener(FOCUS_FIND, focus);
    return () => removeEventListener(FOCUS_FIND, focus);
  }, []);
  const open = (event: Event) => {
    event.preventDefault();
    const destination = destinationOf(text);
    if (!destination) return;
    go(destination.path, { ...rangeParams(), ...destination.params });
    setText('');
    input.current?.blur();
  };
  return (
    <search class="find">
      <form onSubmit={open}>
        <input
          ref={input}
          type="search"
          value={text}
          aria-label="Find a trace by its id, or open a query"
          placeholder="Trace id, traceparent or query  ( / )"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </form>
    </search>
  );
}
