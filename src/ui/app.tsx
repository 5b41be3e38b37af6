/** Where the page begins. */

import { render } from 'preact';
import { followLinks, go, place } from './location.ts';
import { viewOf } from './routes.ts';
import { alertmanagerPlace } from './shell/alertmanager-address.ts';
import { App } from './shell/app.tsx';

const meant = place().path === '/' ? alertmanagerPlace(window.location.hash) : undefined;
if (meant) go(meant.path, meant.params, { replace: true });
// The view is on its way while the frame is drawn; whoever shows it finds out if it does not come.
viewOf(place().path)
  ?.route.load()
  .catch(() => {});
followLinks((path) => viewOf(path) !== undefined);
render(<App />, document.getElementById('app')!);
