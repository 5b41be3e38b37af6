/** Filters of a list: words, and buttons for states; both stand in the address. */

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { setParams, usePlace } from '../location.ts';
import { type KeyAction, useKeys } from '../shell/keys.ts';
import { readList, writeList } from './list-param.ts';

/** The parameters' names. */
interface FilterNames {
  readonly text: string;
  readonly choice: string;
}

export interface Choice {
  readonly value: string;
  readonly name: string;
  readonly count?: number | undefined;
}

const FOCUS_FILTER = 'trilite-focus-filter';
const FILTER_KEYS: readonly KeyAction[] = [
  { keys: 'f', what: 'Filter the list', run: () => dispatchEvent(new Event(FOCUS_FILTER)) },
];

export function useFilter({ text, choice }: FilterNames): {
  readonly words: string;
  readonly chosen: readonly string[];
} {
  const { params } = usePlace();
  return { words: params.get(text) ?? '', chosen: readList(params.get(choice)) };
}

export function FilterBar(props: {
  readonly names: FilterNames;
  /** What is searched, for the label. */
  readonly what: string;
  readonly choices: readonly Choice[];
  readonly children?: ComponentChildren;
}) {
  const { names, what, choices, children } = props;
  const { words, chosen } = useFilter(names);
  const input = useRef<HTMLInputElement>(null);
  useKeys(FILTER_KEYS);
  useEffect(() => {
    const focus = () => input.current?.focus();
    addEventListener(FOCUS_FILTER, focus);
    return () => removeEventListener(FOCUS_FILTER, focus);
  }, []);
  const toggle = (value: string) => {
    const next = chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value];
    setParams({ [names.choice]: writeList(next) }, { replace: true });
  };
  return (
    <div class="filter-bar">
      <input
        ref={input}
        type="search"
        class="grow"
        value={words}
        aria-label={what}
        placeholder={`${what}  ( f )`}
        onInput={(event) =>
          setParams({ [names.text]: event.currentTarget.value || undefined }, { replace: true })
        }
      />
      {choices.map(({ value, name, count }) => (
        <button key={value} type="button" aria-pressed={chosen.includes(value)} onClick={() => toggle(value)}>
          {name} {count !== undefined && <span class="faint">{count}</span>}
        </button>
      ))}
      {children}
    </div>
  );
}
