/**
 * Entry of the single executable: the program of `run.ts`, with its threads and its database addon taken from the
 * executable itself. `tools/executable.ts` puts it together; docs/executable.md tells how.
 */

import { setWorkerSources } from '../base/worker-pool.ts';
import { setDatabaseAddon } from '../storage/sqlite/addon.ts';
import { addonFile, workerCode } from './assets.ts';

setWorkerSources((name) => ({ code: workerCode(`${name}.cjs`) }));
setDatabaseAddon(addonFile);
void import('./run.ts');
