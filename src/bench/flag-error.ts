/** A command line that cannot be: one line for the user, exit code 2. */

export class BenchFlagError extends Error {
  override name = 'BenchFlagError';
}
