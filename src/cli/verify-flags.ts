/** The command line of `trilite verify`. */

import { parseArgs } from 'node:util';
import type { HttpClientConfig } from '../base/http-client.ts';
import { ConfigError } from '../config/config-error.ts';
import { parseAddress, parseAnyDurationMs } from '../config/values.ts';
import {
  authorizationHeaders,
  type ClientCredentials,
  CREDENTIAL_FLAGS,
  CREDENTIAL_USAGE,
} from './client-credentials.ts';
import { CLIENT_OPTIONS, CLIENT_USAGE, readAddress, readClientFlags, readHeaders } from './client-flags.ts';

const DEFAULT_ADDRESS = 'http://127.0.0.1:9090';

export const VERIFY_OPTIONS = {
  url: { type: 'string' },
  start: { type: 'boolean' },
  http: { type: 'string' },
  'otlp-grpc': { type: 'string' },
  data: { type: 'string' },
  oats: { type: 'boolean' },
  'app-url': { type: 'string' },
  timeout: { type: 'string' },
  'absent-timeout': { type: 'string' },
  junit: { type: 'string' },
  github: { type: 'boolean' },
  json: { type: 'boolean' },
  snapshot: { type: 'string' },
  'snapshot-on-failure': { type: 'boolean' },
  example: { type: 'boolean' },
  color: { type: 'string' },
  header: { type: 'string', multiple: true },
  'org-id': { type: 'string' },
  ...CREDENTIAL_FLAGS,
  ...CLIENT_OPTIONS,
  help: { type: 'boolean', short: 'h' },
} as const;

export const VERIFY_USAGE = `Usage: trilite verify [flags] FILE... [-- COMMAND ARGS...]

Says whether the telemetry is what files of expectations expect: queries, and what must hold of what they find. With a COMMAND a Trilite
is started for it, which SDKs find by the variables they read (OTEL_EXPORTER_OTLP_ENDPOINT, ...); expectations are checked when it has ended.

  trilite verify --example > expectations.yaml
  trilite verify expectations.yaml -- npm test
  trilite verify --url http://127.0.0.1:9090 expectations.yaml
  trilite verify --data run.db expectations.yaml
  trilite verify --oats tests/ --app-url http://127.0.0.1:8080 -- node app.js

  --start               starts a Trilite, in memory; a COMMAND does so too unless --url is given
  --http HOST:PORT, --otlp-grpc HOST:PORT
                        where it listens (free ports of 127.0.0.1)
  --url URL             a running server instead (${DEFAULT_ADDRESS}); also TRILITE_ADDR
  --data PATH           a database instead, which no server runs on; nothing is waited for
  --oats                the files, or all in the directories, are cases of OATS; files with its configuration are known without it
  --app-url URL         of the application that OATS cases send their input to; COMMAND is the application then, and is ended
  --timeout DURATION    for expectations that name none (30s)
  --absent-timeout DURATION
                        for how long OATS cases watch what must be absent (10s)
  --json                the outcome as JSON on stdout; lines go to stderr
  --junit FILE          the outcome as JUnit's XML
  --github              annotations and a summary for GitHub Actions; by itself where GITHUB_ACTIONS is true
  --snapshot FILE       keeps the database of a started Trilite
  --snapshot-on-failure only where something does not hold
  --example             prints a file of expectations with comments
  --color WHEN          auto (where stdout is a terminal and NO_COLOR is not set), always, never
  --header 'NAME: VALUE'
                        sent with every request; repeatable
  --org-id ID           the tenant (X-Scope-OrgID)
${CREDENTIAL_USAGE}
${CLIENT_USAGE}  --help

Exit code 0 where all hold, 1 where some do not, 2 for a bad file or flags, 3 where the server cannot be reached. A COMMAND that failed:
its own code, whatever holds (128 and the number of the signal that ended it; 127 where it cannot be started).
`;

export type VerifyTarget =
  | { readonly kind: 'start'; readonly http: Address | undefined; readonly otlpGrpc: Address | undefined }
  | { readonly kind: 'data'; readonly path: string }
  | {
      readonly kind: 'server';
      readonly url: URL;
      readonly headers: Readonly<Record<string, string>>;
      readonly client: HttpClientConfig;
    };

interface Address {
  readonly host: string;
  readonly port: number;
}

export interface VerifyFlags {
  readonly files: readonly string[];
  readonly command: readonly string[];
  readonly target: VerifyTarget;
  readonly isOats: boolean;
  readonly appUrl: URL | undefined;
  readonly timeoutMs: number | undefined;
  readonly absentTimeoutMs: number | undefined;
  readonly junit: string | undefined;
  readonly github: boolean | undefined;
  readonly json: boolean;
  readonly snapshot: string | undefined;
  readonly snapshotOnFailure: boolean;
  readonly color: 'auto' | 'always' | 'never';
}

/** Without the word `verify`. Throws `ConfigError`. */
export async function parseVerifyFlags(
  argv: readonly string[],
  environment: ClientCredentials & { readonly address: string | undefined },
): Promise<VerifyFlags | 'help' | 'example'> {
  const dashes = argv.indexOf('--');
  const command = dashes < 0 ? [] : argv.slice(dashes + 1);
  const { values, positionals } = parse(dashes < 0 ? argv : argv.slice(0, dashes));
  if (values.help) return 'help';
  if (values.example) return 'example';
  if (positionals.length === 0) throw wrong('no file of expectations is named');
  if (dashes >= 0 && command.length === 0) throw wrong('no command follows --');
  const color = (['auto', 'always', 'never'] as const).find((when) => when === (values.color ?? 'auto'));
  if (!color) throw wrong('--color: expected auto, always or never');
  const target = await readTarget(values, command.length > 0, environment);
  const { snapshot } = values;
  const snapshotOnFailure = values['snapshot-on-failure'] ?? false;
  if (snapshot !== undefined && target.kind !== 'start')
    throw wrong('--snapshot keeps the database of a started Trilite');
  if (snapshotOnFailure && snapshot === undefined) throw wrong('--snapshot-on-failure needs --snapshot FILE');
  if (target.kind === 'data' && command.length > 0) throw wrong('--data has no COMMAND');
  const appUrl = values['app-url'];
  return {
    files: positionals,
    command,
    target,
    isOats: values.oats ?? false,
    appUrl:
      appUrl === undefined ? undefined : readAddress(appUrl, '--app-url', 'http://127.0.0.1:8080', 'verify'),
    timeoutMs: readFlag('--timeout', values.timeout, parseAnyDurationMs),
    absentTimeoutMs: readFlag('--absent-timeout', values['absent-timeout'], parseAnyDurationMs),
    junit: values.junit,
    github: values.github,
    json: values.json ?? false,
    snapshot,
    snapshotOnFailure,
    color,
  };
}

type Values = ReturnType<typeof parse>['values'];

async function readTarget(
  values: Values,
  hasCommand: boolean,
  environment: ClientCredentials & { readonly address: string | undefined },
): Promise<VerifyTarget> {
  const { url, data, start } = values;
  const given = [url !== undefined && '--url', data !== undefined && '--data', start && '--start'].filter(
    Boolean,
  );
  if (given.length > 1) throw wrong(`${given.join(' and ')} contradict each other`);
  if (data !== undefined) return { kind: 'data', path: data };
  if (start || (hasCommand && url === undefined)) {
    return {
      kind: 'start',
      http: readFlag('--http', values.http, parseAddress),
      otlpGrpc: readFlag('--otlp-grpc', values['otlp-grpc'], parseAddress),
    };
  }
  if (values.http !== undefined || values['otlp-grpc'] !== undefined)
    throw wrong('--http and --otlp-grpc belong to a started Trilite (--start)');
  const where = url === undefined ? 'TRILITE_ADDR' : '--url';
  const address = readAddress(
    url ?? environment.address ?? DEFAULT_ADDRESS,
    where,
    DEFAULT_ADDRESS,
    'verify',
  );
  return {
    kind: 'server',
    url: address,
    headers: {
      ...authorizationHeaders(values, address, environment, 'verify'),
      ...readHeaders(values.header ?? [], values['org-id'], 'verify'),
    },
    client: await readClientFlags(values),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: VERIFY_OPTIONS, allowPositionals: true });
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\. (?=[A-Z])|\n/, 1);
    throw wrong(sentence!);
  }
}

function readFlag<T>(flag: string, text: string | undefined, read: (text: string) => T): T | undefined {
  if (text === undefined) return undefined;
  try {
    return read(text);
  } catch (error) {
    throw wrong(`${flag}: ${(error as Error).message}`);
  }
}

function wrong(what: string): ConfigError {
  return new ConfigError(`${what}; see trilite verify --help`);
}
