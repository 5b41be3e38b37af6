/** The frame around every view: navigation, the box to find things, the range of time. Views load when they are opened. */

import type { ComponentType } from 'preact';
import { useEffect, useErrorBoundary, useState } from 'preact/hooks';
import { go, usePlace } from '../location.ts';
import { Loading, Problem } from '../parts/states.tsx';
import { type ViewProps, viewOf } from '../routes.ts';
import { RangePicker } from '../time/range-picker.tsx';
import { rangeParams, refresh } from '../time/use-time.ts';
import { FindBox, FOCUS_FIND } from './find-box.tsx';
import { Help } from './help.tsx';
import { type KeyAction, useKeys } from './keys.ts';
import { NAV, Nav } from './nav.tsx';
import { ShownFileBanner } from './shown-file.tsx';
import { TenantBox } from './tenant-box.tsx';
import { toggleTheme } from './theme.ts';

const GO_KEYS: readonly KeyAction[] = NAV.flat().map(({ key, name, path }) => ({
  keys: `g ${key}`,
  what: `Go to ${name.toLowerCase()}`,
  run: () => go(path, rangeParams()),
}));

const SHELL_KEYS: readonly KeyAction[] = [
  { keys: '/', what: 'Find a trace or open a query', run: () => dispatchEvent(new Event(FOCUS_FIND)) },
  { keys: 'r', what: 'Refresh', run: refresh },
  { keys: 'D', what: 'Light or dark', run: toggleTheme },
  ...GO_KEYS,
];

export function App() {
  const [showsHelp, setShowsHelp] = useState(false);
  const [helpKey] = useState<readonly KeyAction[]>(() => [
    { keys: '?', what: 'What the keyboard does', run: () => setShowsHelp(true) },
  ]);
  useKeys(SHELL_KEYS);
  useKeys(helpKey);
  return (
    <>
      <a class="skip" href="#view">
        Skip to content
      </a>
      <header class="top">
        <a class="brand" href="./">
          Trilite
        </a>
        <FindBox />
        <RangePicker />
        <TenantBox />
        <ShownFileBanner />
        <button
          type="button"
          class="quiet"
          title="Light or dark (D)"
          aria-label="Light or dark"
          onClick={toggleTheme}
        >
          ◐
        </button>
        <button
          type="button"
          class="quiet"
          title="Keyboard (?)"
          aria-label="Keyboard"
          onClick={() => setShowsHelp(true)}
        >
          ?
        </button>
      </header>
      <Nav />
      <main id="view" class="view" tabIndex={-1}>
        <View />
      </main>
      {showsHelp && <Help onClose={() => setShowsHelp(false)} />}
    </>
  );
}

type LoadedView = { readonly path: string; readonly View: ComponentType<ViewProps> };

/** A view that fails says so in its place; the frame stays. */
function View() {
  const { path } = usePlace();
  const [loaded, setLoaded] = useState<LoadedView>();
  const [error, setError] = useState<Error>();
  const [thrown, reset] = useErrorBoundary();
  const found = viewOf(path);
  const key = found?.route.paths[0];
  useEffect(() => {
    document.title = `${found?.route.title ?? 'Not found'} · Trilite`;
    setError(undefined);
    reset();
    if (!found) return;
    let isWanted = true;
    found.route.load().then(
      (Loaded) => isWanted && setLoaded({ path: key!, View: Loaded }),
      (failed: Error) => isWanted && setError(failed),
    );
    return () => {
      isWanted = false;
    };
  }, [key]);
  if (!found) return <Problem error={new Error(path)} what="There is no such page" />;
  const failed = (thrown as Error | undefined) ?? error;
  if (failed) return <Problem error={failed} what="This view does not work" />;
  if (!loaded || loaded.path !== key) return <Loading />;
  return <loaded.View id={found.id} />;
}
