/** Names in rules: every spelling of a name is that name, a glob is of all of it. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { normalizeMetadataName } from '../../../src/ingest/decode/stream-labels.ts';
import { labelSpelling, NameSet } from '../../../src/ingest/process/attribute-names.ts';
import { OtlpNamer } from '../../../src/ingest/translate/otlp-names.ts';
import { DEFAULT_OTLP_SETTINGS, otlpOptionsByPath } from '../../../src/model/otlp-options.ts';

const has = (names: readonly string[], name: string) => new NameSet(names).has(name);

describe('names', () => {
  it('are one name in all spellings', () => {
    for (const name of ['user.email', 'user_email', 'user-email', 'user..email']) {
      assert.ok(has(['user.email'], name), name);
      assert.ok(has(['user_email'], name), name);
    }
    assert.ok(!has(['user.email'], 'user_email2'));
    assert.ok(!has(['user.email'], 'User.Email'));
    assert.ok(has(['3rd.party'], 'key_3rd_party'));
    assert.ok(has(['_x'], 'key_x'));
    assert.ok(!has(['id'], 'key_id'));
  });

  it('keep letters beyond ASCII apart', () => {
    assert.ok(has(['größe'], 'größe'));
    assert.ok(!has(['äö'], 'ü'));
    assert.ok(has(['用户'], '用户'));
    assert.ok(!has(['用户'], '邮箱'));
  });

  it('may be globs, in all spellings too', () => {
    assert.ok(has(['http.request.header.*'], 'http.request.header.cookie'));
    assert.ok(has(['http.request.header.*'], 'http_request_header_cookie'));
    assert.ok(has(['*'], ''));
    assert.ok(has(['a?c'], 'abc'));
    assert.ok(!has(['a?c'], 'ac'));
    assert.ok(has(['*secret*'], 'a.SECRET.secret.b'));
    assert.ok(!has(['*.*x'], 'ab'));
    assert.ok(has(['a.b'], 'a.b') && !has(['a.b'], 'axb'));
  });

  it('are matched in little time whatever they are', () => {
    const name = 'a'.repeat(200_000);
    assert.ok(!has(['*a*a*a*a*a*b'], name));
  });

  it('are found under what decoders make of them', () => {
    const namer = new OtlpNamer(otlpOptionsByPath(DEFAULT_OTLP_SETTINGS).prometheus);
    const name = fc.string({
      minLength: 1,
      maxLength: 12,
      unit: fc.constantFrom('a', 'B', '1', '.', '-', '_', ' ', '/'),
    });
    fc.assert(
      fc.property(
        name.filter((n) => /[a-z0-9]/i.test(n)),
        (n) => {
          assert.ok(has([n], namer.label(n)), `label of ${n}: ${namer.label(n)}`);
          const metadata = normalizeMetadataName(n);
          assert.ok(has([n], metadata), `metadata of ${n}: ${metadata}`);
          assert.ok(has([n], labelSpelling(n)));
        },
      ),
    );
  });
});
