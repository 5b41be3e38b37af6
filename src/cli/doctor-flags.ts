/** The command line of `trilite doctor`. */

import { parseArgs } from 'node:util';
import type { HttpClientConfig } from '../base/http-client.ts';
import { ConfigError } from '../config/config-error.ts';
import { parseDuration } from '../model/duration.ts';
import {
  authorizationHeaders,
  type ClientCredentials,
  CREDENTIAL_FLAGS,
  CREDENTIAL_USAGE,
  NO_CREDENTIALS,
} from './client-credentials.ts';
import { CLIENT_OPTIONS, CLIENT_USAGE, readAddress, readClientFlags, readHeaders } from './client-flags.ts';

const DEFAULT_ADDRESS = 'http://127.0.0.1:9090';
const COLORS = ['auto', 'always', 'never'] as const;

/** For `parseArgs`. */
export const DOCTOR_OPTIONS = {
  url: { type: 'string' },
  json: { type: 'boolean' },
  all: { type: 'boolean' },
  wait: { type: 'string' },
  send: { type: 'boolean' },
  data: { type: 'string' },
  config: { type: 'string' },
  color: { type: 'string' },
  header: { type: 'string', multiple: true },
  'org-id': { type: 'string' },
  ...CREDENTIAL_FLAGS,
  ...CLIENT_OPTIONS,
  help: { type: 'boolean', short: 'h' },
} as const;

export const DOCTOR_USAGE = `Usage: trilite doctor [flags]

Says of a running server whether data arrives, what was refused and why, and what to do about whatever is wrong: senders,
clocks, targets, rules, queries, cardinality, disk, configuration.

  trilite doctor
  trilite doctor --wait 30s       tells as data arrives, then what is wrong
  trilite doctor --send           sends one item of each signal by each protocol, and asks it back
  trilite doctor --data ./data    looks at a data directory, without a server

  --url URL             where the server is (${DEFAULT_ADDRESS}); also TRILITE_ADDR
  --json                the report as JSON
  --all                 what is well too, line by line, and the numbers behind each finding
  --wait DURATION       watches for arrivals first
  --send                test items (job trilite-doctor) through every way in; they are stored as any other
  --data DIR            of a database that no server runs on: format, sizes, times, whether it is sound; read only
  --config FILE         the configuration to look at where no server answers
  --color WHEN          auto (where stdout is a terminal and NO_COLOR is not set), always, never
  --header 'NAME: VALUE'
                        sent with every request; repeatable
  --org-id ID           the tenant (X-Scope-OrgID), for --send
${CREDENTIAL_USAGE}
${CLIENT_USAGE}  --help

Exit code 0 where there is no problem, 1 where there is one, 2 for bad flags, 3 where no server can be reached: then what can be
seen from outside is told.
`;

export interface DoctorFlags {
  readonly address: URL;
  readonly json: boolean;
  readonly all: boolean;
  readonly waitMs: number;
  readonly send: boolean;
  /** A directory to look at instead of a server. */
  readonly data: string | undefined;
  readonly config: string | undefined;
  readonly color: (typeof COLORS)[number];
  readonly headers: Readonly<Record<string, string>>;
  readonly client: HttpClientConfig;
}

/** Without the word `doctor`; undefined where help is asked for. Throws `ConfigError`. */
export async function parseDoctorFlags(
  argv: readonly string[],
  defaultAddress: string | undefined,
  credentials: ClientCredentials = NO_CREDENTIALS,
): Promise<DoctorFlags | undefined> {
  const values = parse(argv);
  if (values.help) return undefined;
  const color = COLORS.find((when) => when === (values.color ?? 'auto'));
  if (!color) throw wrong(`--color: ${JSON.stringify(values.color)} is none of ${COLORS.join(', ')}`);
  if (values.send && values.data !== undefined) throw wrong('--send needs a running server, --data none');
  const text = values.url ?? defaultAddress ?? DEFAULT_ADDRESS;
  const where = values.url ? '--url' : 'TRILITE_ADDR';
  const address = readAddress(text, where, DEFAULT_ADDRESS, 'doctor');
  return {
    address,
    json: values.json ?? false,
    all: values.all ?? false,
    waitMs: values.wait === undefined ? 0 : readDuration(values.wait),
    send: values.send ?? false,
    data: values.data,
    config: values.config,
    color,
    headers: {
      ...authorizationHeaders(values, address, credentials, 'doctor'),
      ...readHeaders(values.header ?? [], values['org-id'], 'doctor'),
    },
    client: await readClientFlags(values),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: DOCTOR_OPTIONS,
    }).values;
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\. (?=[A-Z])|\n/, 1);
    throw wrong(sentence!);
  }
}

function readDuration(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    throw wrong(`--wait: ${JSON.stringify(text)} is no duration such as 30s`);
  }
}

function wrong(what: string): ConfigError {
  return new ConfigError(`${what}; see trilite doctor --help`);
}
