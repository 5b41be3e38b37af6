/** Certificates as openssl makes them, in a folder that is gone when the tests are over. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Pair {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

export interface Wanted {
  /** Such as `IP:127.0.0.1,DNS:localhost`; none without it. */
  readonly names?: string;
  readonly commonName?: string;
  /** Of its validity from now; a negative number is over. */
  readonly days?: number;
}

/** An authority of its own. */
export class Authority {
  readonly folder: string;
  readonly pair: Pair;

  constructor(name = 'test authority') {
    this.folder = mkdtempSync(join(tmpdir(), 'trilite-certificates-'));
    this.#openssl(
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`],
      ...['-keyout', 'ca.key', '-out', 'ca.crt', '-addext', 'basicConstraints=critical,CA:TRUE'],
    );
    this.pair = this.#pair('ca');
  }

  issue(name: string, { names, commonName = '', days = 2 }: Wanted = {}): Pair {
    const subject = commonName === '' ? '/O=trilite' : `/O=trilite/CN=${commonName}`;
    this.#openssl(
      ...['req', '-newkey', 'rsa:2048', '-nodes', '-subj', subject],
      ...['-keyout', `${name}.key`, '-out', `${name}.csr`],
    );
    writeFileSync(join(this.folder, `${name}.ext`), names === undefined ? '' : `subjectAltName=${names}\n`);
    this.#openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key'],
      ...['-out', `${name}.crt`, '-extfile', `${name}.ext`, '-CAcreateserial', '-days', String(days)],
    );
    return this.#pair(name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #pair(name: string): Pair {
    const certFile = join(this.folder, `${name}.crt`);
    const keyFile = join(this.folder, `${name}.key`);
    return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  }

  #openssl(...argv: readonly string[]): void {
    execFileSync('openssl', argv, { cwd: this.folder, stdio: 'pipe' });
  }
}
