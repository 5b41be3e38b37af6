/** What can be opened and closed; which of them are stands in the address. */

import type { ComponentChildren } from 'preact';
import { setParams, usePlace } from '../location.ts';
import { readList, writeList } from './list-param.ts';

export interface Folds {
  isOpen(key: string): boolean;
  toggle(key: string): void;
  /** All at once. */
  set(keys: readonly string[]): void;
}

/** `param` lists those that are not as they are by default. */
export function useFolds(param: string, isOpenByDefault: (key: string) => boolean = () => false): Folds {
  const { params } = usePlace();
  const toggled = readList(params.get(param));
  const write = (keys: readonly string[]) => setParams({ [param]: writeList(keys) }, { replace: true });
  return {
    isOpen: (key) => isOpenByDefault(key) !== toggled.includes(key),
    toggle: (key) =>
      write(toggled.includes(key) ? toggled.filter((other) => other !== key) : [...toggled, key]),
    set: write,
  };
}

/** The contents are made when it is open only. */
export function Fold(props: {
  readonly isOpen: boolean;
  readonly onToggle: () => void;
  readonly title: ComponentChildren;
  readonly beside?: ComponentChildren;
  readonly children: () => ComponentChildren;
}) {
  const { isOpen, onToggle, title, beside, children } = props;
  return (
    <section class={isOpen ? 'panel fold is-open' : 'panel fold'}>
      <div class="fold-head">
        <button type="button" class="fold-button" aria-expanded={isOpen} onClick={onToggle}>
          {title}
        </button>
        {beside}
      </div>
      {isOpen && <div class="fold-body">{children()}</div>}
    </section>
  );
}
