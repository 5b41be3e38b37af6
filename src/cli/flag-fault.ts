/** What is wrong with the flags of a command, in one line that says where to look. */

import { TriliteError } from '../model/errors.ts';

/** `error` is what the platform's `parseArgs` threw; of what it says the first sentence. */
export function flagFault(error: unknown, command: string): TriliteError {
  const [sentence] = (error as Error).message.split(/\. (?=[A-Z])|\n/, 1);
  return new TriliteError('bad_data', `${sentence}; see trilite ${command} --help`);
}
