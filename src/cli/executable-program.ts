/**
 * The program of the single executable: that of `run.ts`, with its threads, its web page and its database addon taken
 * from the executable itself.
 */

import { setPageFiles } from '../api/page-files.ts';
import { setWorkerSources } from '../base/worker-pool.ts';
import { setDatabaseAddon } from '../storage/sqlite/addon.ts';
import { addonFile, pageAsset, workerCode } from './assets.ts';

setWorkerSources((name) => ({ code: workerCode(`${name}.cjs`) }));
setDatabaseAddon(addonFile);
setPageFiles(pageAsset);
void import('./run.ts');
