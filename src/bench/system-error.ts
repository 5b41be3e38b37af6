/** A system under test, or its process, is not there: one line for the user, exit code 1. */

export class SystemError extends Error {
  override name = 'SystemError';
}
