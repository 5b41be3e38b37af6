/** What the package's bundle has: the program, and the library, which share nearly all of their code. Loading it runs neither. */

export const runProgram = () => import('./cli/run.ts');
export const loadSink = () => import('./library/start.ts');
