/** Entry of the thread that compares passwords with bcrypt hashes: each takes a tenth of a second, which the front has not. */

import { parentPort } from 'node:worker_threads';
import bcrypt from 'bcryptjs';
import { assert } from '../base/assert.ts';

export interface BcryptQuestion {
  readonly id: number;
  readonly password: string;
  readonly hash: string;
}

export interface BcryptAnswer {
  readonly id: number;
  readonly isSame: boolean;
}

assert(parentPort, 'hashes are compared in a worker thread');
const port = parentPort;

port.on('message', ({ id, password, hash }: BcryptQuestion) => {
  let isSame = false;
  try {
    isSame = bcrypt.compareSync(password, hash);
  } catch {
    // A hash that is none is nobody's password.
  }
  port.postMessage({ id, isSame } satisfies BcryptAnswer);
});
