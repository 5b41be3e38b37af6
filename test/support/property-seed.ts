/**
 * Loaded before every test file (`tools/test.sh`): property tests draw the same cases in every run, so that a run
 * means the same everywhere. `TRILITE_TEST_SEED=NUMBER` draws others, `TRILITE_TEST_SEED=random` new ones each time.
 */

import fc from 'fast-check';

const SEED = 20_260_101;
const wanted = process.env.TRILITE_TEST_SEED ?? String(SEED);
if (wanted !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(wanted) });
