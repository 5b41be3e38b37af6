/**
 * Which pages of a log block may hold entries that say the IDs of a query: of each run of the block's ID index the buckets
 * of the IDs are read, each once. What cannot be told (a block without an index, a run or bucket that is damaged) is said to
 * hold them: the index saves work, it never decides what is found.
 */

import type { IdDemand } from '../../model/entry-id.ts';
import { hashId } from '../block/id-scan.ts';
import { DamagedPageError } from '../block/page.ts';
import type { OnDamage } from '../block/page-cursor.ts';
import {
  bucketOf,
  decodeIdRunHeader,
  findInBucket,
  type IdRunHeader,
  PAGE_FLAG,
} from '../chunkenc/id-run.ts';
import type { IdTable } from '../sqlite/id-table.ts';

/** Numbers under which damage of an index is counted: no page of a block has a negative one. */
const damagedRun = (run: number) => -run;

/** The numbers of the pages to read; undefined: all. */
export function idPages(
  table: IdTable,
  block: number,
  demands: readonly IdDemand[],
  onDamage: OnDamage,
): Set<number> | undefined {
  const rows = table.runs(block);
  if (rows.length === 0) return undefined;
  const wanted = new Set<number>();
  const hashed = demands.map((demand) => ({ demand, hashes: [...new Set(demand.anyOf.map(hashId))] }));
  for (const { id, header: bytes } of rows) {
    let header: IdRunHeader;
    try {
      header = decodeIdRunHeader(bytes);
    } catch (error) {
      // Which pages it speaks of is unknown.
      onDamage(block, damagedRun(id), String(error));
      return undefined;
    }
    const met = new Uint8Array(header.pages);
    for (const demand of hashed) {
      const pages = pagesOf(table, id, header, demand, (error) => onDamage(block, damagedRun(id), error));
      for (let i = 0; i < met.length; i++) met[i]! += pages[i]!;
    }
    for (let i = 0; i < met.length; i++) if (met[i] === demands.length) wanted.add(header.firstPage + i);
  }
  return wanted;
}

interface HashedDemand {
  readonly demand: IdDemand;
  /** Distinct: an ID has the same in either case. */
  readonly hashes: readonly number[];
}

/** 1 for each page of the run that may meet the demand. */
function pagesOf(
  table: IdTable,
  run: number,
  header: IdRunHeader,
  { demand, hashes }: HashedDemand,
  onDamage: (error: string) => void,
): Uint8Array {
  const always = PAGE_FLAG.escapedDigit | (demand.partial ? PAGE_FLAG.longRun : 0);
  const pages = header.flags.map((flags) => ((flags & always) === 0 ? 0 : 1));
  const buckets = Map.groupBy(hashes, (hash) => bucketOf(hash, header.bucketBits));
  for (const [number, own] of buckets) {
    try {
      const bucket = table.bucket(run, number);
      if (!bucket) throw new DamagedPageError('a bucket is missing');
      findInBucket(bucket, own, header.bucketBits, (page) => {
        if (page < pages.length) pages[page] = 1;
      });
    } catch (error) {
      onDamage(String(error));
      return pages.fill(1);
    }
  }
  return pages;
}
