/** Where the page begins. */

import { render } from 'preact';
import { followLinks } from './location.ts';
import { viewOf } from './routes.ts';
import { App } from './shell/app.tsx';

followLinks((path) => viewOf(path) !== undefined);
render(<App />, document.getElementById('app')!);
