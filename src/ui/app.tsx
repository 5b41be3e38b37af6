/** Where the page begins. */

import { render } from 'preact';
import { followLinks, place } from './location.ts';
import { viewOf } from './routes.ts';
import { App } from './shell/app.tsx';

// The view is on its way while the frame is drawn; whoever shows it finds out if it does not come.
viewOf(place().path)
  ?.route.load()
  .catch(() => {});
followLinks((path) => viewOf(path) !== undefined);
render(<App />, document.getElementById('app')!);
