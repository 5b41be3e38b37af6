/** Light or dark: what the system says, or what was chosen here. */

import { remembered, Store } from '../store.ts';

export type Theme = 'light' | 'dark';

const chosen = remembered('theme');
const system = window.matchMedia('(prefers-color-scheme: dark)');

function wanted(): Theme {
  const kept = chosen.get();
  if (kept === 'light' || kept === 'dark') return kept;
  return system.matches ? 'dark' : 'light';
}

/** The theme on view. */
export const shownTheme = new Store<Theme>(wanted());

function show(): void {
  const theme = wanted();
  document.documentElement.dataset.theme = theme;
  shownTheme.set(theme);
}

system.addEventListener('change', show);
show();

/** The other one from now on; where that is the system's, the system decides again. */
export function toggleTheme(): void {
  const next: Theme = shownTheme.get() === 'dark' ? 'light' : 'dark';
  chosen.set(next === (system.matches ? 'dark' : 'light') ? undefined : next);
  show();
}
