/** The command line of `trilite tail`. */

import { parseArgs } from 'node:util';
import { ConfigError } from '../config/config-error.ts';
import { parseDuration } from '../model/duration.ts';
import {
  authorizationHeaders,
  type ClientCredentials,
  CREDENTIAL_FLAGS,
  CREDENTIAL_USAGE,
  NO_CREDENTIALS,
} from './client-credentials.ts';
import { CLIENT_OPTIONS, CLIENT_USAGE, type ClientValues, readAddress, readHeaders } from './client-flags.ts';

const OUTPUTS = ['default', 'raw', 'jsonl'] as const;
const COLORS = ['auto', 'always', 'never'] as const;
const DEFAULT_ADDRESS = 'http://127.0.0.1:3100';
const DEFAULT_SINCE_MS = 3_600_000;
/** About a screen of lines. */
const DEFAULT_LIMIT = 20;

/** For `parseArgs`. */
export const TAIL_OPTIONS = {
  addr: { type: 'string' },
  since: { type: 'string' },
  limit: { type: 'string' },
  output: { type: 'string', short: 'o' },
  labels: { type: 'boolean' },
  utc: { type: 'boolean' },
  color: { type: 'string' },
  header: { type: 'string', multiple: true },
  'org-id': { type: 'string' },
  ...CREDENTIAL_FLAGS,
  ...CLIENT_OPTIONS,
  help: { type: 'boolean', short: 'h' },
} as const;

export const TAIL_USAGE = `Usage: trilite tail [flags] QUERY

Follows the logs of a running server: the last lines that match, then every new one, until Ctrl-C.

  trilite tail '{app="shop"}'
  trilite tail '{app="shop"} |= "error" | json | status >= 500'

  --addr URL            where the server is (${DEFAULT_ADDRESS}); also TRILITE_ADDR
  --since DURATION      how old the first lines may be (1h)
  --limit N             how many lines to begin with (${DEFAULT_LIMIT}); 0 for none
  -o, --output FORMAT   default: time, the labels in which streams differ, line
                        raw: the line alone; jsonl: a JSON object a line, with everything
  --labels              show all labels, structured metadata and what the query parsed
  --utc                 times in UTC
  --color WHEN          lines by their level: auto (where stdout is a terminal and NO_COLOR is not set), always, never
  --header 'NAME: VALUE'
                        sent with every request; repeatable
  --org-id ID           the tenant (X-Scope-OrgID)
${CREDENTIAL_USAGE}
${CLIENT_USAGE}  --help

When the server goes away it is tried again until it is back; no line is shown twice. Exit code 0 after Ctrl-C, 1 where the
server cannot be reached or the tail fails, 2 for bad flags or a query that the server refuses. The server may be a Loki.
`;

export interface TailFlags {
  readonly query: string;
  /** Without a path at its end, in which the API's paths are. */
  readonly address: URL;
  readonly sinceMs: number;
  readonly limit: number;
  readonly output: (typeof OUTPUTS)[number];
  readonly allLabels: boolean;
  readonly utc: boolean;
  readonly color: (typeof COLORS)[number];
  readonly headers: Readonly<Record<string, string>>;
  /** As they were given. */
  readonly client: ClientValues;
}

/** Without the word `tail`; undefined where help is asked for. Throws `ConfigError`. */
export function parseTailFlags(
  argv: readonly string[],
  defaultAddress: string | undefined,
  credentials: ClientCredentials = NO_CREDENTIALS,
): TailFlags | undefined {
  const { values, positionals } = parse(argv);
  if (values.help) return undefined;
  const [query, ...more] = positionals;
  if (query === undefined) throw wrong('a query is missing, such as \'{app="shop"}\'');
  if (more.length > 0) {
    throw wrong(`unexpected argument ${JSON.stringify(more[0])}: the query is one argument, in quotes`);
  }
  const address = readAddress(
    values.addr ?? defaultAddress ?? DEFAULT_ADDRESS,
    values.addr ? '--addr' : 'TRILITE_ADDR',
    DEFAULT_ADDRESS,
    'tail',
  );
  return {
    query,
    address,
    sinceMs: values.since === undefined ? DEFAULT_SINCE_MS : readDuration(values.since),
    limit: values.limit === undefined ? DEFAULT_LIMIT : readCount(values.limit),
    output: oneOf('--output', values.output ?? 'default', OUTPUTS),
    allLabels: values.labels ?? false,
    utc: values.utc ?? false,
    color: oneOf('--color', values.color ?? 'auto', COLORS),
    headers: {
      ...authorizationHeaders(values, address, credentials, 'tail'),
      ...readHeaders(values.header ?? [], values['org-id'], 'tail'),
    },
    client: values,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: TAIL_OPTIONS,
    });
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\. (?=[A-Z])|\n/, 1);
    throw wrong(sentence!);
  }
}

function wrong(what: string): ConfigError {
  return new ConfigError(`${what}; see trilite tail --help`);
}

function readDuration(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    throw wrong(`--since: ${JSON.stringify(text)} is no duration such as 10m`);
  }
}

function readCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw wrong(`--limit: ${JSON.stringify(text)} is no number of lines`);
}

function oneOf<T extends string>(flag: string, text: string, values: readonly T[]): T {
  const value = values.find((v) => v === text);
  if (value !== undefined) return value;
  throw wrong(`${flag}: ${JSON.stringify(text)} is none of ${values.join(', ')}`);
}
