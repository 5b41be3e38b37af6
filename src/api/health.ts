/**
 * What a server is asked about itself, at the paths of all three originals: is it ready, is it healthy, its own
 * metrics, write the heads out.
 */

import { TEXT_CONTENT_TYPE, type Telemetry } from '../base/telemetry.ts';
import type { ServiceAnswer, ServiceRequest } from '../query/service.ts';
import type { Storage } from '../storage/interface.ts';
import { NO_SNIFF, textAnswer } from './error-answer.ts';
import type { HandledRoute, RouteTenants } from './route.ts';

export interface FrontState {
  readonly version: string;
  readonly telemetry: Telemetry;
  readonly storage: Storage;
  /** Where traces wait for a sampling decision. */
  readonly sampler?: { decideAll(): Promise<void> } | undefined;
  /** Writes what is about to become data, so that a flush has it. */
  readonly beforeFlush?: (() => Promise<void>) | undefined;
  /** Ends the server; undefined where requests may not. */
  readonly quit?: (() => void) | undefined;
  /** Reads the configuration again; rejects where it is not taken in. Undefined where requests may not ask for it. */
  readonly reload?: (() => Promise<void>) | undefined;
  /** False until everything is served, and again once the server stops. */
  ready(): boolean;
}

const NO_CONTENT: ServiceAnswer = { status: 204, contentType: '', body: new Uint8Array(0) };

export function frontRoutes(state: FrontState): HandledRoute[] {
  const get = (
    path: string,
    handle: HandledRoute['handle'],
    tenants: RouteTenants = 'none',
  ): HandledRoute => ({ methods: ['GET'], path, tenants, handle });
  const ready = (text: string) => () =>
    state.ready() ? textAnswer(200, text) : textAnswer(503, 'Service Unavailable\n');
  const { quit, reload } = state;
  return [
    get('/ready', ready('ready\n')),
    get('/-/ready', ready('Prometheus Server is Ready.\n')),
    get('/-/healthy', () => textAnswer(200, 'Prometheus Server is Healthy.\n')),
    ...lifecycle('/-/reload', reload && (() => reloaded(reload))),
    ...lifecycle(
      '/-/quit',
      quit &&
        (() => {
          quit();
          return textAnswer(200, 'Requesting termination... Goodbye!');
        }),
    ),
    get(
      '/metrics',
      async () => textAnswer(200, await expose(state.telemetry, state.storage), TEXT_CONTENT_TYPE),
      'operator',
    ),
    { methods: ['POST'], path: '/-/flush', tenants: 'operator', handle: (request) => flush(state, request) },
    // Loki's spelling of the same.
    {
      methods: ['GET', 'POST'],
      path: '/flush',
      tenants: 'operator',
      handle: (request) => flush(state, request),
    },
  ];
}

/** What requests may do to the server, where they may; the words are the original's. */
function lifecycle(path: string, handle: HandledRoute['handle'] | undefined): HandledRoute[] {
  return [
    {
      methods: ['POST', 'PUT'],
      path,
      tenants: 'operator',
      handle: handle ?? (() => textAnswer(403, 'Lifecycle API is not enabled.')),
    },
    {
      methods: ['GET'],
      path,
      tenants: 'none',
      handle: () => textAnswer(405, 'Only POST or PUT requests allowed'),
    },
  ];
}

/** Answers when the new configuration is in force, or was refused. */
async function reloaded(reload: () => Promise<void>): Promise<ServiceAnswer> {
  try {
    await reload();
    return { ...NO_CONTENT, status: 200 };
  } catch (error) {
    const text = `failed to reload config: ${(error as Error).message}\n`;
    return { ...textAnswer(500, text), headers: NO_SNIFF };
  }
}

/** `sampling=decide`: traces that wait are decided first. Without, a flush changes no decision. */
async function flush(state: FrontState, request: ServiceRequest): Promise<ServiceAnswer> {
  const asks = (key: string, word: string) =>
    request.params.some(([name, value]) => name === key && value === word);
  if (asks('sampling', 'decide')) await state.sampler?.decideAll();
  await state.beforeFlush?.();
  await state.storage.flush({ compact: asks('compact', 'true') });
  return NO_CONTENT;
}

/** The metrics of this server in text format 0.0.4, storage asked anew. */
export async function expose(telemetry: Telemetry, storage: Storage): Promise<string> {
  await noteStorage(telemetry, storage);
  return telemetry.print();
}

/** Sets the metrics that storage is asked for. */
export async function noteStorage(telemetry: Telemetry, storage: Storage): Promise<void> {
  const stats = await storage.stats();
  const gauge = (name: string, help: string, value: number) => telemetry.gauge(name, help).with().set(value);
  gauge('trilite_head_series', 'Series and streams that the heads hold.', stats.headSeries);
  gauge('trilite_head_bytes', 'Bytes that the heads hold.', stats.headBytes);
  gauge('trilite_wal_bytes', 'Bytes in the write-ahead log.', stats.walBytes);
  gauge('trilite_database_bytes', 'Size of the database.', stats.databaseBytes);
  gauge('trilite_database_free_bytes', 'Bytes of the database that are free.', stats.freeBytes);
  gauge(
    'trilite_writer_damaged_pages',
    'Places found damaged by recovery, compaction and the check after a start, put right or skipped.',
    stats.damagedPages,
  );
  const blocks = telemetry.gauge('trilite_blocks', 'Blocks in the database.', ['signal']);
  for (const [signal, count] of Object.entries(stats.blocks)) blocks.with(signal).set(count);
  const bytes = telemetry.gauge('trilite_block_bytes', 'Bytes of the blocks in the database.', ['signal']);
  for (const [signal, count] of Object.entries(stats.blockBytes)) bytes.with(signal).set(count);
}
