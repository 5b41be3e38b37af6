/** Secrets in files and variables, and passwords that are known by their bcrypt hash. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import bcrypt from 'bcryptjs';
import { BcryptThread } from '../../src/access/bcrypt-thread.ts';
import { KeyedDigest } from '../../src/access/keyed-digest.ts';
import { FILE_FRESH_MS } from '../../src/access/secret-source.ts';
import { Tokens } from '../../src/access/tokens.ts';
import { Users } from '../../src/access/users.ts';
import { createLogger } from '../../src/base/log.ts';
import type { UserCredential } from '../../src/model/access.ts';
import { TriliteError } from '../../src/model/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'trilite-secrets-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let nowMs = 0;
let variable: string | undefined;
const lines: string[] = [];
const parts = {
  digest: new KeyedDigest(),
  environment: (name: string) => (name === 'TOKEN' ? variable : undefined),
  log: createLogger('debug', (line) => lines.push(line)),
  elapsedMs: () => nowMs,
};
const rights = { scopes: ['read'] as const, tenants: undefined };

describe('a token in a file', () => {
  const file = join(folder, 'token');
  const tokens = new Tokens([{ name: 'ci', token: { file }, ...rights }], parts);
  const later = () => {
    nowMs += FILE_FRESH_MS;
  };

  test('lets nobody in while there is no such file, which the log is told once', async () => {
    for (const text of ['', 'undefined', 'x']) {
      assert.equal(await tokens.find(text), undefined);
      later();
    }
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /level=error .* credential="token ci" why="open .*: no such file or directory"/);
  });

  test('is read again when it has changed, without spaces around it', async () => {
    writeFileSync(file, ' first\n');
    later();
    assert.equal((await tokens.find('first'))?.name, 'ci');
    assert.ok(!(tokens.find('first') instanceof Promise), 'it is fresh');
    writeFileSync(file, 'other\r\n');
    later();
    assert.equal(await tokens.find('first'), undefined);
    assert.equal((await tokens.find('other'))?.name, 'ci');
  });

  test('lets nobody in once it is gone or empty, and the log is told again', async () => {
    lines.length = 0;
    writeFileSync(file, ' \n');
    later();
    assert.equal(await tokens.find(''), undefined);
    unlinkSync(file);
    later();
    assert.equal(await tokens.find('other'), undefined);
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /is empty/);
  });

  test('that is asked for by many at once is read for all of them', async () => {
    writeFileSync(file, 'many');
    later();
    const found = await Promise.all(Array.from({ length: 20 }, () => tokens.find('many')));
    assert.equal(found.filter((caller) => caller?.name === 'ci').length, 20);
  });
});

test('a token in a variable is what the variable is now', async () => {
  const tokens = new Tokens([{ name: 'ci', token: { variable: 'TOKEN' }, ...rights }], parts);
  assert.equal(await tokens.find(''), undefined);
  variable = 'one';
  assert.equal((await tokens.find('one'))?.name, 'ci');
  variable = 'two';
  assert.equal(await tokens.find('one'), undefined);
  assert.equal((await tokens.find('two'))?.name, 'ci');
});

describe('a password that is known by its hash', () => {
  const hashed: UserCredential = {
    username: 'hashed',
    password: { bcrypt: bcrypt.hashSync('right', 4) },
    ...rights,
  };
  const plain: UserCredential = { username: 'plain', password: { value: 'right' }, ...rights };
  /** Counts what is compared. */
  class Counting extends BcryptThread {
    count = 0;
    override compare(password: string, hash: string): Promise<boolean> {
      this.count++;
      return super.compare(password, hash);
    }
  }
  const bcryptThread = new Counting();
  const users = new Users([hashed, plain], parts, bcryptThread);
  after(() => bcryptThread.close());

  test('is compared once and then remembered, be it right or wrong', async () => {
    for (let i = 0; i < 3; i++) {
      assert.equal((await users.find('hashed', 'right'))?.name, 'hashed');
      assert.equal(await users.find('hashed', 'wrong'), undefined);
    }
    assert.equal(bcryptThread.count, 2);
  });

  test('is compared once for all who ask at once', async () => {
    const before = bcryptThread.count;
    const some = new Users([hashed], parts, bcryptThread);
    const found = await Promise.all(Array.from({ length: 100 }, () => some.find('hashed', 'right')));
    assert.ok(found.every((caller) => caller?.name === 'hashed'));
    assert.equal(bcryptThread.count, before + 1);
  });

  test('costs as much where there is no such user, and where he has none', async () => {
    const before = bcryptThread.count;
    assert.equal(await users.find('nobody', 'right'), undefined);
    assert.equal(await users.find('plain', 'wrong'), undefined);
    assert.equal(bcryptThread.count, before + 2);
    assert.equal((await users.find('plain', 'right'))?.name, 'plain');
    assert.equal(bcryptThread.count, before + 2);
  });

  test('of Apache and of Go are taken', async () => {
    // Of "secret": `htpasswd -nbB`, and golang.org/x/crypto's.
    for (const prefix of ['$2y$', '$2b$', '$2a$']) {
      const hash = prefix + bcrypt.hashSync('secret', 4).slice(4);
      const some = new Users([{ ...hashed, password: { bcrypt: hash } }], parts, bcryptThread);
      assert.equal((await some.find('hashed', 'secret'))?.name, 'hashed', prefix);
    }
  });

  test('does not hold the front', async () => {
    const dear = new Users(
      [{ ...hashed, password: { bcrypt: bcrypt.hashSync('right', 10) } }],
      parts,
      bcryptThread,
    );
    let isDone = false;
    const found = Promise.resolve(dear.find('hashed', 'right')).finally(() => {
      isDone = true;
    });
    let turns = 0;
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    assert.equal((await found)?.name, 'hashed');
    assert.ok(turns > 20, `the front had ${turns} turns`);
  });

  test('is refused for now where too many wait, and later again', async () => {
    const tries = Array.from({ length: 100 }, (_, i) =>
      bcryptThread.compare(`try ${i}`, (hashed.password as { bcrypt: string }).bcrypt),
    );
    const results = await Promise.allSettled(tries);
    const refused = results.filter((r) => r.status === 'rejected');
    assert.equal(refused.length, 68);
    assert.ok(refused.every(({ reason }) => reason instanceof TriliteError && reason.kind === 'overloaded'));
    assert.equal((await new Users([hashed], parts, bcryptThread).find('hashed', 'right'))?.name, 'hashed');
  });

  test('is refused where the thread ends, and compared by the next one', async () => {
    const waiting = bcryptThread.compare('x', bcrypt.hashSync('right', 4));
    bcryptThread.close();
    await assert.rejects(waiting, (error) => error instanceof TriliteError && error.kind === 'overloaded');
    assert.equal(await bcryptThread.compare('right', bcrypt.hashSync('right', 4)), true);
  });

  test('does not match a hash that is none', async () => {
    assert.equal(await bcryptThread.compare('x', '$2y$04$nonsense'), false);
  });
});
