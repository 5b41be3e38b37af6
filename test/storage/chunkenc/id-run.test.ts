import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import zlib from 'node:zlib';
import fc from 'fast-check';
import {
  bucketOf,
  decodeIdRunHeader,
  encodeIdRun,
  findInBucket,
  RUN_PAGES_MAX,
} from '../../../src/storage/chunkenc/id-run.ts';
import { endsCleanly, mutated } from '../fuzz.ts';

const FIRST_PAGE = 7;

function lookUp(run: ReturnType<typeof encodeIdRun>, hash: number): Set<number> {
  const { bucketBits } = decodeIdRunHeader(run.header);
  const found = new Set<number>();
  findInBucket(run.buckets[bucketOf(hash, bucketBits)]!, [hash], bucketBits, (page) => found.add(page));
  return found;
}

const hashes = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff),
);

describe('a run of the ID index', () => {
  it('finds for several IDs what it finds for each', () => {
    const entries = fc.array(fc.tuple(hashes, fc.nat(40)), { maxLength: 300 });
    fc.assert(
      fc.property(entries, fc.array(hashes, { minLength: 1, maxLength: 20 }), (list, others) => {
        const columns = [0, 1].map((k) => Uint32Array.from(list, (entry) => entry[k]!));
        const run = encodeIdRun(FIRST_PAGE, new Uint8Array(41), columns[0]!, columns[1]!, list.length);
        const { bucketBits } = decodeIdRunHeader(run.header);
        const wanted = [...others, ...list.slice(0, 9).map(([h]) => h)];
        for (const [bucket, own] of Map.groupBy(wanted, (h) => bucketOf(h, bucketBits))) {
          const found = new Set<number>();
          findInBucket(run.buckets[bucket]!, own, bucketBits, (page) => found.add(page));
          assert.deepEqual(found, new Set(own.flatMap((h) => [...lookUp(run, h)])));
        }
      }),
    );
  });

  it('names every page that an ID was put into', () => {
    const entries = fc.array(fc.tuple(hashes, fc.nat(RUN_PAGES_MAX - 1)), { maxLength: 3000 });
    fc.assert(
      fc.property(entries, fc.nat(3), (list, flag) => {
        const pages = 1 + Math.max(0, ...list.map(([, p]) => p));
        const flags = new Uint8Array(pages).fill(flag, pages >> 1);
        const run = encodeIdRun(
          FIRST_PAGE,
          flags,
          Uint32Array.from(list, ([h]) => h),
          Uint32Array.from(list, ([, p]) => p),
          list.length,
        );
        const header = decodeIdRunHeader(run.header);
        assert.deepEqual(
          { ...header, flags: [...header.flags] },
          { ...header, firstPage: FIRST_PAGE, pages, flags: [...flags] },
        );
        assert.equal(run.buckets.length, 1 << header.bucketBits);
        for (const [hash, page] of list) assert.ok(lookUp(run, hash).has(page), `${hash} in page ${page}`);
      }),
      { numRuns: 60 },
    );
  });

  it('names a wrong page once in a thousand times, at some 20 bits an entry', () => {
    const n = 100_000;
    const random = (i: number) => zlib.crc32(`${i}`) ^ Math.imul(i, 0x9e3779b1);
    const all = Uint32Array.from({ length: n }, (_, i) => random(i) >>> 0);
    const run = encodeIdRun(
      0,
      new Uint8Array(100),
      all,
      Uint32Array.from(all, (_, i) => i % 100),
      n,
    );
    const bytes = run.buckets.reduce((sum, b) => sum + b.length, run.header.length);
    assert.ok(bytes / n < 2.6, `${bytes / n} bytes an entry`);
    let wrong = 0;
    for (let i = n; i < n + 20_000; i++) wrong += lookUp(run, random(i) >>> 0).size;
    assert.ok(wrong < 60, `${wrong} of 20,000 look-ups name a page`);
  });

  it('ends cleanly whatever the bytes', () => {
    const list = Uint32Array.from({ length: 600 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 0);
    const run = encodeIdRun(
      3,
      new Uint8Array(9).fill(1),
      list,
      list.map((h) => h % 9),
      list.length,
    );
    fc.assert(fc.property(mutated(run.header), (bytes) => endsCleanly(() => decodeIdRunHeader(bytes))));
    // With the checksum made right, so that what lies behind it is reached.
    const reach = (bytes: Uint8Array) => {
      if (bytes.length > 5)
        new DataView(bytes.buffer, bytes.byteOffset).setUint32(1, zlib.crc32(bytes.subarray(5)), true);
      return bytes;
    };
    fc.assert(
      fc.property(mutated(run.header), (bytes) => endsCleanly(() => decodeIdRunHeader(reach(bytes)))),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(mutated(run.buckets[0]!), hashes, (bytes, hash) =>
        endsCleanly(() => findInBucket(reach(bytes), [hash], 1, () => {})),
      ),
      { numRuns: 500 },
    );
  });

  it('refuses what a checksum does not cover', () => {
    const run = encodeIdRun(0, new Uint8Array(1), Uint32Array.of(5), Uint32Array.of(0), 1);
    const bytes = run.buckets[0]!.slice();
    bytes[bytes.length - 1]! ^= 1;
    assert.throws(() => findInBucket(bytes, [5], 0, () => {}), /checksum differs/);
  });
});
