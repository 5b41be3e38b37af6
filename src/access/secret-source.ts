/**
 * A secret that stands in the configuration, in a file or in a variable, as a digest. Files are read again, at most every second and
 * only when somebody is about to be let in by them; one that cannot be read, or is empty, lets nobody in.
 */

import { readFile } from 'node:fs/promises';
import { fileError } from '../base/file-error.ts';
import type { Logger } from '../base/log.ts';
import type { PlainSecret } from '../model/access.ts';
import type { KeyedDigest } from './keyed-digest.ts';

/** How old what a file said may be. */
export const FILE_FRESH_MS = 1000;

export interface SecretParts {
  readonly digest: KeyedDigest;
  /** The value of a variable of the environment. */
  readonly environment: (name: string) => string | undefined;
  readonly log: Logger;
  /** Milliseconds of a clock that is never set. */
  readonly elapsedMs: () => number;
}

export interface SecretSource {
  /** Undefined: there is none now. A promise only where a file has to be looked at. */
  digest(): Buffer | undefined | Promise<Buffer | undefined>;
}

/** `owner` says in the log whose secret it is. */
export function secretSource(secret: PlainSecret, owner: string, parts: SecretParts): SecretSource {
  if ('file' in secret) return new FileSecret(secret.file, owner, parts);
  if ('variable' in secret) return new VariableSecret(secret.variable, owner, parts);
  const digest = parts.digest.of(secret.value);
  return { digest: () => digest };
}

/** Tells once that a secret is missing, and anew when it has been there again. */
class Trouble {
  readonly #owner: string;
  readonly #log: Logger;
  #isTold = false;

  constructor(owner: string, log: Logger) {
    this.#owner = owner;
    this.#log = log;
  }

  tell(why: string): void {
    if (!this.#isTold) this.#log.error('nobody gets in by this credential', { credential: this.#owner, why });
    this.#isTold = true;
  }

  over(): void {
    this.#isTold = false;
  }
}

class VariableSecret implements SecretSource {
  readonly #name: string;
  readonly #parts: SecretParts;
  readonly #trouble: Trouble;
  /** What it last was, and the digest of that. */
  #value: string | undefined;
  #digest: Buffer | undefined;

  constructor(name: string, owner: string, parts: SecretParts) {
    this.#name = name;
    this.#parts = parts;
    this.#trouble = new Trouble(owner, parts.log);
  }

  digest(): Buffer | undefined {
    const value = this.#parts.environment(this.#name);
    if (!value) {
      this.#trouble.tell(`the variable ${this.#name} is not set`);
      return undefined;
    }
    this.#trouble.over();
    if (value !== this.#value) {
      this.#value = value;
      this.#digest = this.#parts.digest.of(value);
    }
    return this.#digest;
  }
}

class FileSecret implements SecretSource {
  readonly #path: string;
  readonly #parts: SecretParts;
  readonly #trouble: Trouble;
  #digest: Buffer | undefined;
  #readMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<Buffer | undefined> | undefined;

  constructor(path: string, owner: string, parts: SecretParts) {
    this.#path = path;
    this.#parts = parts;
    this.#trouble = new Trouble(owner, parts.log);
  }

  digest(): Buffer | undefined | Promise<Buffer | undefined> {
    if (this.#parts.elapsedMs() - this.#readMs < FILE_FRESH_MS) return this.#digest;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<Buffer | undefined> {
    const startMs = this.#parts.elapsedMs();
    this.#digest = undefined;
    try {
      // As everywhere, spaces around it and the line's end are not part of it.
      const text = (await readFile(this.#path, 'utf8')).trim();
      if (text === '') this.#trouble.tell(`${this.#path} is empty`);
      else {
        this.#trouble.over();
        this.#digest = this.#parts.digest.of(text);
      }
    } catch (error) {
      this.#trouble.tell(fileError(error, this.#path));
    }
    this.#readMs = startMs;
    return this.#digest;
  }
}
