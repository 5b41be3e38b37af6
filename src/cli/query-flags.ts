/** The command line of `trilite query`. */

import { parseArgs } from 'node:util';
import { ConfigError } from '../config/config-error.ts';
import {
  authorizationHeaders,
  type ClientCredentials,
  CREDENTIAL_FLAGS,
  CREDENTIAL_USAGE,
  NO_CREDENTIALS,
} from './client-credentials.ts';
import { CLIENT_OPTIONS, CLIENT_USAGE, type ClientValues, readAddress, readHeaders } from './client-flags.ts';
import { flagFault } from './flag-fault.ts';
import { durationMs, niceStepMs, parseMoment } from './query-time.ts';

export const QUERY_LANGUAGES = ['promql', 'logql', 'traceql'] as const;
/** What can be asked; without one of them the query itself says which language it is in. */
export const QUERY_SUBJECTS = [...QUERY_LANGUAGES, 'trace', 'labels', 'values', 'series', 'metrics'] as const;
export const QUERY_OUTPUTS = ['table', 'graph', 'json', 'csv', 'jsonl', 'raw'] as const;
export const QUERY_SIGNALS = ['metrics', 'logs', 'traces'] as const;
export const COLORS = ['auto', 'always', 'never'] as const;

export type QueryLanguage = (typeof QUERY_LANGUAGES)[number];
export type QuerySubject = (typeof QUERY_SUBJECTS)[number];
export type QueryOutput = (typeof QUERY_OUTPUTS)[number];

const DEFAULT_ADDRESS = 'http://127.0.0.1:9090';
/** How far back lines and traces are looked for, and graphs reach. */
const DEFAULT_SINCE_MS = 3_600_000;
const DEFAULT_LIMIT = 100;
/** Steps of a range that nothing else is said of. */
const DEFAULT_POINTS = 250;

export const QUERY_OPTIONS = {
  url: { type: 'string' },
  data: { type: 'string' },
  time: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  since: { type: 'string' },
  step: { type: 'string' },
  limit: { type: 'string' },
  signal: { type: 'string' },
  output: { type: 'string', short: 'o' },
  all: { type: 'boolean' },
  ascii: { type: 'boolean' },
  utc: { type: 'boolean' },
  width: { type: 'string' },
  height: { type: 'string' },
  color: { type: 'string' },
  header: { type: 'string', multiple: true },
  'org-id': { type: 'string' },
  ...CREDENTIAL_FLAGS,
  ...CLIENT_OPTIONS,
  help: { type: 'boolean', short: 'h' },
} as const;

export const QUERY_USAGE = `Usage: trilite query [promql|logql|traceql] [flags] QUERY
       trilite query trace [flags] TRACE-ID
       trilite query metrics|labels|series [flags] [SELECTOR]
       trilite query values [flags] LABEL [SELECTOR]

Asks a running server, or a database that none runs on, and shows the answer: as a table, a graph in the terminal, JSON, CSV.
The language may be left out where it is clear.

  trilite query up
  trilite query promql 'sum by (job) (rate(http_requests_total[5m]))' --since 6h -o graph
  trilite query logql '{app="shop"} |= "error"' --since 15m --limit 20
  trilite query '{ status = error && duration > 100ms }'
  trilite query trace 4bf92f3577b34da6a3ce929d0e0e4736 --all
  trilite query values job
  trilite query up --from 2026-11-30T06:00:00Z --to now-5m --step 1m -o csv > up.csv
  trilite query up --data ./data

Where
  --url URL             where the server is (${DEFAULT_ADDRESS}); also TRILITE_ADDR
  --data DIR            asks a database or data directory that no server runs on; "now" is then the newest that is in it
  --signal SIGNAL       of labels, values and series: metrics, logs or traces (metrics)

When
  --time TIME           the moment of a query that is asked once (now)
  --from TIME, --to TIME
                        a range (an hour until now); a PromQL query is then asked at each step of it
  --since DURATION      instead of --from: so long before --to
  --step DURATION       between two points (a round one that makes up to ${DEFAULT_POINTS} of them)
  --limit N             lines or traces at most, the newest of them (${DEFAULT_LIMIT})

  A TIME is RFC 3339, a date, seconds or milliseconds since 1970, or relative: now, -1h, now-30m.

How
  -o, --output FORMAT   table: aligned columns; of lines and traces what a terminal shows best (table)
                        graph: ranges as lines, instants and histograms as bars
                        json: the API's own answer, as it is; csv: one row a sample, line, trace or span
                        jsonl: a JSON object a line; raw: log lines, values or names alone
  --all                 everything there is of spans and lines: attributes, events, labels
  --ascii               graphs of ASCII characters
  --width N, --height N of the output in characters (the terminal's; what is piped is never cut)
  --utc                 times in UTC
  --color WHEN          auto (where stdout is a terminal and NO_COLOR is not set), always, never

Who
  --header 'NAME: VALUE'
                        sent with every request; repeatable
  --org-id ID           the tenant (X-Scope-OrgID)
${CREDENTIAL_USAGE}
${CLIENT_USAGE}  --help

Exit code 0 where something was found, 1 where nothing was (as grep has it), 2 for bad flags, 3 where no server can be reached,
4 where the query is refused or fails. The server may be a Prometheus, a Loki or a Tempo.
`;

export interface QueryFlags {
  /** Undefined: as the text is. */
  readonly subject: QuerySubject | undefined;
  readonly text: string;
  /** What `values` is narrowed to. */
  readonly selector: string | undefined;
  readonly address: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly client: ClientValues;
  readonly data: string | undefined;
  readonly signal: (typeof QUERY_SIGNALS)[number];
  readonly limit: number;
  readonly output: QueryOutput;
  readonly all: boolean;
  readonly ascii: boolean;
  readonly utc: boolean;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly color: (typeof COLORS)[number];
  /** What is said of times, to be read when it is known what now is. */
  readonly times: Times;
}

type Times = { readonly [Name in 'time' | 'from' | 'to' | 'since' | 'step']?: string | undefined };

/** Without the word `query`; undefined where help is asked for. Throws `ConfigError`. */
export function parseQueryFlags(
  argv: readonly string[],
  defaultAddress: string | undefined,
  credentials: ClientCredentials = NO_CREDENTIALS,
): QueryFlags | undefined {
  const { values, positionals } = parse(argv);
  if (values.help) return undefined;
  const where = values.url ? '--url' : 'TRILITE_ADDR';
  const address = readAddress(
    values.url ?? defaultAddress ?? DEFAULT_ADDRESS,
    where,
    DEFAULT_ADDRESS,
    'query',
  );
  if (values.time !== undefined && (values.from ?? values.to ?? values.since ?? values.step) !== undefined)
    throw wrong('--time is one moment: --from, --to, --since and --step do not go with it');
  if (values.from !== undefined && values.since !== undefined)
    throw wrong('--since stands instead of --from');
  readTimes(values, 0);
  return {
    ...readSubject(positionals),
    address,
    headers: {
      ...authorizationHeaders(values, address, credentials, 'query'),
      ...readHeaders(values.header ?? [], values['org-id'], 'query'),
    },
    client: values,
    data: values.data,
    signal: oneOf('--signal', values.signal ?? 'metrics', QUERY_SIGNALS),
    limit: count('--limit', values.limit) ?? DEFAULT_LIMIT,
    output: oneOf('--output', values.output ?? 'table', QUERY_OUTPUTS),
    all: values.all ?? false,
    ascii: values.ascii ?? false,
    utc: values.utc ?? false,
    width: count('--width', values.width),
    height: count('--height', values.height),
    color: oneOf('--color', values.color ?? 'auto', COLORS),
    times: values,
  };
}

function parse(argv: readonly string[]) {
  // parseArgs takes `--from -1h` for two flags.
  const joined: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const [arg, next] = [argv[at]!, argv[at + 1]];
    if (/^--(from|to|time)$/.test(arg) && next !== undefined && /^-\d/.test(next)) {
      joined.push(`${arg}=${next}`);
      at++;
    } else joined.push(arg);
  }
  try {
    return parseArgs({ args: joined, allowPositionals: true, options: QUERY_OPTIONS });
  } catch (error) {
    throw wrong(flagFault(error, 'query').message.replace(/; see trilite query --help$/, ''));
  }
}

function readSubject(positionals: readonly string[]): Pick<QueryFlags, 'subject' | 'text' | 'selector'> {
  const subject = QUERY_SUBJECTS.find((name) => name === positionals[0]);
  const [text, selector, ...more] = subject ? positionals.slice(1) : positionals;
  const needsText = subject !== 'labels' && subject !== 'metrics' && subject !== 'series';
  if (text === undefined && needsText) {
    const what = subject === 'trace' ? 'a trace id' : subject === 'values' ? 'a label' : 'a query';
    throw wrong(`${what} is missing`);
  }
  const unexpected = subject === 'values' ? more[0] : selector;
  if (unexpected !== undefined)
    throw wrong(`unexpected argument ${JSON.stringify(unexpected)}: the query is one argument, in quotes`);
  return { subject, text: text ?? '', selector };
}

export interface QueryTimes {
  /** Undefined: now. */
  readonly timeMs: number | undefined;
  /** Whether a range was asked for. */
  readonly isRange: boolean;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/** Throws `ConfigError`. */
export function readTimes(times: Times, nowMs: number): QueryTimes {
  const moment = (name: 'time' | 'from' | 'to') => {
    const text = times[name];
    if (text === undefined) return undefined;
    const ms = parseMoment(text, nowMs);
    if (ms === undefined)
      throw wrong(`--${name}: ${JSON.stringify(text)} is no time such as 2026-11-30T06:00:00Z or -1h`);
    return ms;
  };
  const span = (name: 'since' | 'step') => {
    const text = times[name];
    if (text === undefined) return undefined;
    const ms = durationMs(text);
    if (ms === undefined || ms <= 0)
      throw wrong(`--${name}: ${JSON.stringify(text)} is no duration such as 30s`);
    return ms;
  };
  const endMs = moment('to') ?? moment('time') ?? nowMs;
  const startMs = moment('from') ?? endMs - (span('since') ?? DEFAULT_SINCE_MS);
  if (startMs > endMs) throw wrong('--from lies after --to');
  return {
    timeMs: moment('time'),
    isRange: (times.from ?? times.to ?? times.since ?? times.step) !== undefined,
    startMs,
    endMs,
    stepMs: span('step') ?? niceStepMs(Math.max(1, endMs - startMs), DEFAULT_POINTS),
  };
}

export function wrong(what: string): ConfigError {
  return new ConfigError(`${what}; see trilite query --help`);
}

function count(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw wrong(`${flag}: ${JSON.stringify(text)} is no number from 1 on`);
}

function oneOf<const T extends string>(flag: string, text: string, words: readonly T[]): T {
  const word = words.find((one) => one === text);
  if (word !== undefined) return word;
  throw wrong(`${flag}: ${JSON.stringify(text)} is none of ${words.join(', ')}`);
}
