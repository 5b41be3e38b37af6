/** Bodies are decompressed alike in place and in threads, and the large ones leave the front its turn. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import zlib from 'node:zlib';
import { decompressBody } from '../../../src/ingest/receive/decompress-body.ts';

const MAX_BYTES = 8 * 1024 * 1024;
const ENCODERS: Readonly<Record<string, (raw: Uint8Array) => Uint8Array>> = {
  '': (raw) => raw,
  gzip: (raw) => zlib.gzipSync(raw),
  zlib: (raw) => zlib.deflateSync(raw),
  deflate: (raw) => zlib.deflateSync(raw),
  zstd: (raw) => zlib.zstdCompressSync(raw),
};

describe('a compressed body', () => {
  for (const [encoding, encode] of Object.entries(ENCODERS)) {
    it(`is read, small and large: ${encoding || 'identity'}`, async () => {
      for (const raw of [Buffer.from('small'), randomBytes(200_000)]) {
        const got = await decompressBody(encode(raw), encoding, MAX_BYTES);
        assert.deepEqual(Buffer.from(got), raw);
      }
    });
  }

  it('may be raw DEFLATE where that is what deflate means', async () => {
    const raw = randomBytes(100_000);
    const got = await decompressBody(zlib.deflateRawSync(raw), 'deflate', MAX_BYTES, { rawDeflate: true });
    assert.deepEqual(Buffer.from(got), raw);
  });

  it('leaves the front its turn where it may expand far', async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(40 * 1024 * 1024));
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    await assert.rejects(decompressBody(bomb, 'gzip', MAX_BYTES), { kind: 'too_large' });
    assert.ok(turned, 'other work went on meanwhile');
  });

  it('is bad data where it is broken', async () => {
    const broken = zlib.gzipSync(randomBytes(100_000));
    broken[50_000]! ^= 0xff;
    await assert.rejects(decompressBody(broken, 'gzip', MAX_BYTES), { kind: 'bad_data' });
    await assert.rejects(decompressBody(Buffer.from('nothing'), 'gzip', MAX_BYTES), { kind: 'bad_data' });
    await assert.rejects(decompressBody(randomBytes(20_000), 'br', MAX_BYTES), { kind: 'unsupported' });
  });
});
