/**
 * Comparing passwords with bcrypt hashes, in a thread that starts with the first question and ends when nobody has asked for a
 * while. Questions wait in line, and only so many: whoever tries passwords fills it, which must cost neither memory nor, thanks
 * to what `verified-pairs.ts` remembers, those who have been let in before.
 */

import { startWorker, type WorkerThread } from '../base/worker-pool.ts';
import { TriliteError } from '../model/errors.ts';
import type { BcryptAnswer, BcryptQuestion } from './bcrypt-entry.ts';

/** Some seconds of work for the thread. */
const WAITING_MAX = 32;
/** Then its memory, some 10 MB, is given back. */
const IDLE_MS = 60_000;

interface Waiting {
  resolve(isSame: boolean): void;
  reject(error: Error): void;
}

export class BcryptThread {
  #worker: WorkerThread | undefined;
  #idle: NodeJS.Timeout | undefined;
  #nextId = 0;
  readonly #waiting = new Map<number, Waiting>();

  /** Rejects with `overloaded` where too many wait. */
  compare(password: string, hash: string): Promise<boolean> {
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(new TriliteError('overloaded', 'too many passwords are being checked'));
    }
    const worker = this.#running();
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, password, hash } satisfies BcryptQuestion);
    });
  }

  #running(): WorkerThread {
    clearTimeout(this.#idle);
    if (this.#worker) return this.#worker;
    const worker = startWorker('bcrypt', undefined);
    this.#worker = worker;
    // A server that stops does not wait for passwords.
    worker.unref();
    worker.on('message', (answer: BcryptAnswer) => this.#answered(answer));
    worker.on('error', () => {});
    worker.on('exit', () => {
      if (this.#worker === worker) this.#lost();
    });
    return worker;
  }

  #answered({ id, isSame }: BcryptAnswer): void {
    this.#waiting.get(id)?.resolve(isSame);
    this.#waiting.delete(id);
    if (this.#waiting.size > 0) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.close(), IDLE_MS);
    this.#idle.unref();
  }

  #lost(): void {
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) {
      reject(new TriliteError('overloaded', 'passwords cannot be checked now'));
    }
    this.#waiting.clear();
  }

  /** Ends the thread; who still waits is told to try again. */
  close(): void {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#lost();
    void worker?.terminate();
  }
}
