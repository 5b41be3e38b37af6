/** The command line of `trilite export`. */

import { existsSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { HttpClientConfig } from '../base/http-client.ts';
import { ConfigError } from '../config/config-error.ts';
import { parseDuration } from '../model/duration.ts';
import type { ExportSignal } from '../model/export-wire.ts';
import { parseTimeMs } from '../model/time.ts';
import {
  authorizationHeaders,
  type ClientCredentials,
  CREDENTIAL_FLAGS,
  CREDENTIAL_USAGE,
  NO_CREDENTIALS,
} from './client-credentials.ts';
import { CLIENT_OPTIONS, CLIENT_USAGE, readAddress, readClientFlags, readHeaders } from './client-flags.ts';

const DEFAULT_ADDRESS = 'http://127.0.0.1:9090';
const HOUR_MS = 3_600_000;

export const EXPORT_FORMATS = ['openmetrics', 'remote-write', 'loki-push', 'otlp', 'otlp-json'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const SIGNAL_OF: Readonly<Record<ExportFormat, ExportSignal>> = {
  openmetrics: 'metrics',
  'remote-write': 'metrics',
  'loki-push': 'logs',
  otlp: 'traces',
  'otlp-json': 'traces',
};

export const EXPORT_USAGE = `Usage: trilite export [flags]

Writes out what is stored: to files that other systems read and trilite import reads back, or straight to a receiver.

  trilite export --format openmetrics --output metrics.om
  trilite export --output backup/ --from 2h
  trilite export --format remote-write --to-url http://prometheus:9090/api/v1/write
  trilite export --data ./data --format loki-push --match '{app="shop"}' --to-url http://loki:3100/loki/api/v1/push
  trilite export --format otlp-json --output traces.jsonl.gz

  --url URL             the server whose data it is (${DEFAULT_ADDRESS}); also TRILITE_ADDR
  --data DIR|FILE.db    a data directory, or a database, that no server runs on, instead
  --format FORMAT       repeatable, one for a signal; all three signals (openmetrics, loki-push, otlp-json) where none is given
                          metrics  openmetrics (text for promtool; files only) or remote-write
                          logs     loki-push (a file has a push in JSON a line; one named *.pb has protobuf)
                          traces   otlp (protobuf) or otlp-json (a line each, as the collector's file exporter writes it)
  --from, --to TIME     RFC 3339, seconds, or a duration ago as 2h; everything where they are not given
  --match SELECTOR      repeatable for metrics; which series or streams
  --output FILE|DIR/|-  where to; a directory gets a file for each format and a manifest; *.gz and *.zst are compressed
  --to-url URL          a receiver instead: remote-write, a Loki's push path, OTLP over HTTP (…/v1/traces)
  --remote-write-version 2.0|1.0
                        what the receiver of remote-write takes (2.0)
  --slice DURATION      to a receiver metrics go in slices of time, oldest first (30m); 0 sends series after series
  --resume POSITION     goes on where an export to a receiver failed, which told it
  --to-header 'NAME: VALUE', --to-org-id ID, --to-username NAME, --to-password-file FILE, --to-token-file FILE
                        for the receiver
  --header 'NAME: VALUE'
                        sent to the server with every request; repeatable
  --org-id ID           the tenant (X-Scope-OrgID)
${CREDENTIAL_USAGE}
${CLIENT_USAGE}  --json                the summary as JSON
  --help

Exit code 0 where everything went out, 1 where it failed or something was refused or could not be said in the format (the
summary says what), 2 for bad flags.
`;

export const EXPORT_OPTIONS = {
  url: { type: 'string' },
  data: { type: 'string' },
  format: { type: 'string', multiple: true },
  from: { type: 'string' },
  to: { type: 'string' },
  match: { type: 'string', multiple: true },
  output: { type: 'string' },
  'to-url': { type: 'string' },
  'remote-write-version': { type: 'string' },
  slice: { type: 'string' },
  resume: { type: 'string' },
  'to-header': { type: 'string', multiple: true },
  'to-org-id': { type: 'string' },
  'to-username': { type: 'string' },
  'to-password-file': { type: 'string' },
  'to-token-file': { type: 'string' },
  header: { type: 'string', multiple: true },
  'org-id': { type: 'string' },
  json: { type: 'boolean' },
  ...CREDENTIAL_FLAGS,
  ...CLIENT_OPTIONS,
  help: { type: 'boolean', short: 'h' },
} as const;

export interface ExportFlags {
  readonly address: URL;
  readonly data: string | undefined;
  readonly formats: readonly ExportFormat[];
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly match: readonly string[];
  /** `-`, a file, or a directory. */
  readonly output: string;
  readonly isDirectory: boolean;
  readonly toUrl: URL | undefined;
  readonly toHeaders: Readonly<Record<string, string>>;
  readonly version: '1.0' | '2.0';
  readonly sliceMs: number;
  readonly resume: string | undefined;
  readonly json: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly client: HttpClientConfig;
}

/** Without the word `export`; undefined where help is asked for. Throws `ConfigError`. */
export async function parseExportFlags(
  argv: readonly string[],
  defaultAddress: string | undefined,
  credentials: ClientCredentials = NO_CREDENTIALS,
  nowMs = Date.now(),
): Promise<ExportFlags | undefined> {
  const values = parse(argv);
  if (values.help) return undefined;
  if (values.data !== undefined && values.url !== undefined)
    throw wrong('--data and --url exclude each other');
  const text = values.url ?? defaultAddress ?? DEFAULT_ADDRESS;
  const address = readAddress(text, values.url ? '--url' : 'TRILITE_ADDR', DEFAULT_ADDRESS, 'export');
  const toUrl = values['to-url'];
  const receiver =
    toUrl === undefined ? undefined : readAddress(toUrl, '--to-url', DEFAULT_ADDRESS, 'export');
  const formats = readFormats(values.format);
  const target = readTarget(values.output, receiver, formats);
  if (values.resume !== undefined && !receiver)
    throw wrong('--resume is for --to-url; a file is written anew');
  if (formats.includes('otlp') || formats.includes('otlp-json')) {
    if (values.match && formats.length === 1)
      throw wrong('--match selects series and streams; traces have none');
  }
  return {
    address,
    data: values.data,
    formats,
    ...target,
    fromMs: values.from === undefined ? undefined : readTime('--from', values.from, nowMs),
    toMs: values.to === undefined ? undefined : readTime('--to', values.to, nowMs),
    match: values.match ?? [],
    toUrl: receiver,
    toHeaders: receiver ? receiverHeaders(values, receiver) : {},
    version: readVersion(values['remote-write-version']),
    sliceMs: readSlice(values.slice, receiver !== undefined),
    resume: values.resume,
    json: values.json ?? false,
    headers: {
      ...(values.data === undefined && authorizationHeaders(values, address, credentials, 'export')),
      ...readHeaders(values.header ?? [], values['org-id'], 'export'),
    },
    client: await readClientFlags(values),
  };
}

type Values = ReturnType<typeof parse>;

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: EXPORT_OPTIONS }).values;
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\. (?=[A-Z])|\n/, 1);
    throw wrong(sentence!);
  }
}

/** The receiver's own: what is for one server is never sent to another. */
function receiverHeaders(values: Values, receiver: URL): Record<string, string> {
  const flags = {
    username: values['to-username'],
    'password-file': values['to-password-file'],
    'token-file': values['to-token-file'],
  };
  return {
    ...authorizationHeaders(flags, receiver, NO_CREDENTIALS, 'export'),
    ...readHeaders(values['to-header'] ?? [], values['to-org-id'], 'export'),
  };
}

function readFormats(given: readonly string[] | undefined): ExportFormat[] {
  if (!given) return ['openmetrics', 'loki-push', 'otlp-json'];
  const formats = given
    .flatMap((list) => list.split(','))
    .map((name) => {
      const format = EXPORT_FORMATS.find((f) => f === name);
      if (!format) throw wrong(`--format: ${JSON.stringify(name)} is none of ${EXPORT_FORMATS.join(', ')}`);
      return format;
    });
  const twice = formats.find((f, i) => formats.some((g, j) => j < i && SIGNAL_OF[g] === SIGNAL_OF[f]));
  if (twice) throw wrong(`--format: two formats for ${SIGNAL_OF[twice]}`);
  return formats;
}

function readTarget(output: string | undefined, receiver: URL | undefined, formats: readonly ExportFormat[]) {
  if (receiver) {
    if (output !== undefined) throw wrong('--output and --to-url exclude each other');
    if (formats.length > 1) throw wrong('--to-url takes one signal: say its --format');
    if (formats[0] === 'openmetrics') throw wrong('a receiver takes metrics as --format remote-write');
    return { output: '', isDirectory: false };
  }
  if (output === undefined && formats.length > 1) throw wrong('say --output DIR/, or one --format');
  const path = output ?? '-';
  const isDirectory =
    path.endsWith('/') || formats.length > 1 || (existsSync(path) && statSync(path).isDirectory());
  if (isDirectory && path === '-') throw wrong('standard output takes one --format');
  return { output: path, isDirectory };
}

function readTime(flag: string, text: string, nowMs: number): number {
  const ms = parseTimeMs(text);
  if (ms !== undefined) return ms;
  try {
    return nowMs - parseDuration(text);
  } catch {
    throw wrong(
      `${flag}: ${JSON.stringify(text)} is no time such as 2026-01-31T12:00:00Z, and no duration such as 2h`,
    );
  }
}

function readVersion(text = '2.0'): '1.0' | '2.0' {
  if (text === '1.0' || text === '2.0') return text;
  throw wrong(`--remote-write-version: ${JSON.stringify(text)} is neither 1.0 nor 2.0`);
}

/** To a receiver half an hour, to a file the whole. */
function readSlice(text: string | undefined, toReceiver: boolean): number {
  if (text === undefined) return toReceiver ? HOUR_MS / 2 : 0;
  if (text === '0') return 0;
  try {
    return parseDuration(text);
  } catch {
    throw wrong(`--slice: ${JSON.stringify(text)} is no duration such as 30m`);
  }
}

function wrong(what: string): ConfigError {
  return new ConfigError(`${what}; see trilite export --help`);
}
