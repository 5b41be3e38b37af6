/**
 * Where the page is: a path below the page's own base, and parameters. All that a view shows follows from them, so that
 * every view has an address to share; views change them by `go` and `setParams`, plain links work too.
 */

import { Store, useStore } from './store.ts';

export interface Place {
  /** Begins with `/`; the base (a reverse proxy's prefix, say) is taken off. */
  readonly path: string;
  readonly params: URLSearchParams;
}

/** Changes to parameters by name; undefined takes one away. */
export type ParamChanges = Readonly<Record<string, string | undefined>>;

interface Going {
  /** In the place of the present entry of the browser's history. */
  readonly replace?: boolean;
}

/** Without a slash at the end; fixed at the start, since a relative base would move with the address. */
const BASE = new URL('.', document.baseURI).pathname.replace(/\/$/, '');
const baseElement = document.querySelector('base');
if (baseElement) baseElement.href = `${BASE}/`;

const current = new Store<Place>(read());
addEventListener('popstate', () => current.set(read()));

function read(): Place {
  const { pathname, search } = window.location;
  const path = pathname.startsWith(`${BASE}/`) ? pathname.slice(BASE.length) : pathname;
  return { path, params: new URLSearchParams(search) };
}

export function place(): Place {
  return current.get();
}

export function usePlace(): Place {
  return useStore(current);
}

/** The address of something below the base: a view, or an API's path. */
export function href(path: string, params?: URLSearchParams | ParamChanges): string {
  const query = params instanceof URLSearchParams ? params : changed(new URLSearchParams(), params ?? {});
  const text = query.toString();
  return `${BASE}${path}${text === '' ? '' : `?${text}`}`;
}

export function go(path: string, params?: URLSearchParams | ParamChanges, { replace }: Going = {}): void {
  goTo(href(path, params), { replace: replace ?? false });
}

/** To an address that `href` has made. */
export function goTo(address: string, { replace }: Going = {}): void {
  const { pathname, search } = window.location;
  if (address === pathname + search) return;
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  current.set(read());
}

/** The same view with other parameters. */
export function setParams(changes: ParamChanges, going: Going = {}): void {
  const { path, params } = current.get();
  go(path, changed(new URLSearchParams(params), changes), going);
}

function changed(params: URLSearchParams, changes: ParamChanges): URLSearchParams {
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) params.delete(name);
    else params.set(name, value);
  }
  return params;
}

/**
 * Lets links to views of this page change the view without loading the page anew. `isView` says which paths are views:
 * links to APIs and other pages stay what they are.
 */
export function followLinks(isView: (path: string) => boolean): void {
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest('a');
    if (link?.target !== '' || link.hasAttribute('download') || link.origin !== window.location.origin)
      return;
    if (!link.pathname.startsWith(`${BASE}/`) || !isView(link.pathname.slice(BASE.length))) return;
    event.preventDefault();
    goTo(link.pathname + link.search, {});
    window.scrollTo(0, 0);
  });
}
