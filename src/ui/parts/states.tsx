/** What a view shows in the place of data: that it is coming, that there is none, or what went wrong. */

import type { ComponentChildren } from 'preact';
import type { Loaded } from '../api/use-load.ts';

/** `children` say what could be done about it. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="state empty">
      <p class="state-title">{title}</p>
      {children}
    </div>
  );
}

export function Problem({ error, what }: { readonly error: Error; readonly what?: string }) {
  return (
    <div class="state problem" role="alert">
      <p class="state-title">{what ?? 'That did not work'}</p>
      <pre>{error.message}</pre>
    </div>
  );
}

export function Loading({ what }: { readonly what?: string }) {
  return (
    <div class="state loading" role="status">
      <p>{what ?? 'Loading …'}</p>
    </div>
  );
}

/** Shows what was loaded, or why there is nothing to show; old data stays while new data comes. */
export function Shown<T>(props: {
  readonly loaded: Loaded<T>;
  readonly what?: string;
  readonly children: (data: T) => ComponentChildren;
}) {
  const { loaded, what, children } = props;
  if (loaded.error) return <Problem error={loaded.error} {...(what === undefined ? {} : { what })} />;
  if (loaded.data === undefined) return loaded.loading ? <Loading /> : null;
  return <div class={loaded.loading ? 'is-stale' : ''}>{children(loaded.data)}</div>;
}
