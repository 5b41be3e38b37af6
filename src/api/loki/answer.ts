/** Answers of Loki's API: JSON bodies, plain-text errors without a newline, the skeleton of `stats`. */

import { utf8Encode } from '../../base/bytes.ts';
import type { ErrorKind } from '../../model/errors.ts';
import { TriliteError } from '../../model/errors.ts';
import type { ScanStats } from '../../query/logs/scan.ts';
import type { Service, ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';

const JSON_TYPE = 'application/json; charset=UTF-8';
const TEXT_TYPE = 'text/plain; charset=utf-8';
const NO_SNIFF = { 'x-content-type-options': 'nosniff' };

/** What a failed query answers; a query that is well formed but cannot be evaluated is the server's fault here. */
const STATUS: Readonly<Partial<Record<ErrorKind, number>>> = {
  bad_data: 400,
  limit: 400,
  execution: 500,
  timeout: 504,
  canceled: 499,
  not_found: 404,
  overloaded: 503,
  too_large: 413,
};

export function plainError(status: number, text: string): ServiceAnswer {
  return { status, contentType: TEXT_TYPE, body: utf8Encode(text), headers: NO_SNIFF };
}

export function jsonAnswer(body: Uint8Array): ServiceAnswer {
  return { status: 200, contentType: JSON_TYPE, body };
}

export function jsonValue(value: unknown, status = 200): ServiceAnswer {
  return { status, contentType: JSON_TYPE, body: utf8Encode(JSON.stringify(value)) };
}

/** Turns what a service throws into Loki's plain text. */
export function lokiService(run: Service): Service {
  return async (request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> => {
    try {
      return await run(request, context);
    } catch (error) {
      if (!(error instanceof TriliteError)) throw error;
      return plainError(STATUS[error.kind] ?? 500, error.message);
    }
  };
}

/** `{"name":"value",…}` of sorted pairs. */
const CHUNK_STATS = {
  headChunkBytes: 0,
  headChunkLines: 0,
  decompressedBytes: 0,
  decompressedLines: 0,
  compressedBytes: 0,
  totalDuplicates: 0,
  postFilterLines: 0,
  headChunkStructuredMetadataBytes: 0,
  decompressedStructuredMetadataBytes: 0,
};

const DATAOBJ_STATS = {
  prePredicateDecompressedRows: 0,
  prePredicateDecompressedBytes: 0,
  prePredicateDecompressedStructuredMetadataBytes: 0,
  postPredicateRows: 0,
  postPredicateDecompressedBytes: 0,
  postPredicateStructuredMetadataBytes: 0,
  postFilterRows: 0,
  pagesScanned: 0,
  pagesDownloaded: 0,
  pagesDownloadedBytes: 0,
  pageBatches: 0,
  totalRowsAvailable: 0,
  totalPageDownloadTime: 0,
};

const CACHE_STATS = {
  entriesFound: 0,
  entriesRequested: 0,
  entriesStored: 0,
  bytesReceived: 0,
  bytesSent: 0,
  requests: 0,
  downloadTime: 0,
  queryLengthServed: 0,
};

const CACHES = [
  'chunk',
  'index',
  'result',
  'statsResult',
  'volumeResult',
  'seriesResult',
  'labelResult',
  'instantMetricResult',
  'logResult',
  'taskResult',
];

function storeStats(stats: ScanStats): object {
  return {
    totalChunksRef: stats.chunks,
    totalChunksDownloaded: stats.chunks,
    chunksDownloadTime: 0,
    queryReferencedStructuredMetadata: false,
    queryUsedV2Engine: false,
    chunk: {
      ...CHUNK_STATS,
      decompressedBytes: stats.bytes,
      decompressedLines: stats.lines,
      postFilterLines: stats.postFilterLines,
    },
    chunkRefsFetchTime: 0,
    congestionControlLatency: 0,
    pipelineWrapperFilteredLines: 0,
    dataobj: DATAOBJ_STATS,
  };
}

/** What the query read, in Loki's shape; times in seconds. Places of parts that do not exist here are 0. */
export function statsOf(stats: ScanStats, entriesReturned: number): object {
  const execTime = Math.max((performance.now() - stats.startedMs) / 1000, 1e-6);
  const emptyStore = {
    ...storeStats(stats),
    totalChunksRef: 0,
    totalChunksDownloaded: 0,
    chunk: CHUNK_STATS,
  };
  return {
    summary: {
      bytesProcessedPerSecond: Math.round(stats.bytes / execTime),
      linesProcessedPerSecond: Math.round(stats.lines / execTime),
      totalBytesProcessed: stats.bytes,
      totalLinesProcessed: stats.lines,
      execTime,
      queueTime: 0,
      subqueries: 0,
      totalEntriesReturned: entriesReturned,
      splits: 0,
      shards: 0,
      totalPostFilterLines: stats.postFilterLines,
      totalStructuredMetadataBytesProcessed: stats.metadataBytes,
    },
    querier: { store: storeStats(stats), querierExecTime: 0 },
    ingester: {
      totalReached: 0,
      totalChunksMatched: 0,
      totalBatches: 0,
      totalLinesSent: 0,
      store: emptyStore,
    },
    cache: Object.fromEntries(CACHES.map((name) => [name, CACHE_STATS])),
    index: {
      totalChunks: 0,
      postFilterChunks: 0,
      shardsDuration: 0,
      usedBloomFilters: false,
      totalStreams: 0,
      chunkRefsLookupTime: 0,
      bloomFilterTime: 0,
    },
  };
}
