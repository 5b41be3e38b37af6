/**
 * Entry of the single executable, and all of it that Node reads uncompressed: unpacks the program and runs it.
 * `tools/executable.ts` puts it together; docs/executable.md tells how.
 */

import { requireAsset } from './assets.ts';

requireAsset('program.cjs');
