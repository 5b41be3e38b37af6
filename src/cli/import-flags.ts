/** The command line of `trilite import`. */

import { parseArgs } from 'node:util';
import type { HttpClientConfig } from '../base/http-client.ts';
import { ConfigError } from '../config/config-error.ts';
import { FILE_FORMATS, type FileFormat } from '../transfer/file-format.ts';
import {
  authorizationHeaders,
  type ClientCredentials,
  CREDENTIAL_FLAGS,
  CREDENTIAL_USAGE,
  NO_CREDENTIALS,
} from './client-credentials.ts';
import { CLIENT_OPTIONS, CLIENT_USAGE, readAddress, readClientFlags, readHeaders } from './client-flags.ts';

const DEFAULT_ADDRESS = 'http://127.0.0.1:9090';

export const IMPORT_USAGE = `Usage: trilite import [flags] FILE|DIR|-...

Stores what files hold, with its own times: what trilite export wrote, and what others write in these formats.

  trilite import backup/
  trilite import metrics.om traces.jsonl.gz
  trilite import --data ./new-data backup/
  zcat old.jsonl.gz | trilite import -

What a file is, is seen from what is in it: OpenMetrics, Prometheus' text with timestamps, Loki's pushes as lines of JSON, OTLP
(traces, logs) as lines of JSON, and messages behind their lengths (remote-write, Loki, OTLP); gzip and zstd too.

  --url URL             the server that gets it (${DEFAULT_ADDRESS}); also TRILITE_ADDR. It goes through the receivers, with
                        their limits
  --data DIR|FILE.db    a data directory that no server runs on, instead; it is made where there is none. Nothing is too old for it
  --format FORMAT       what the files are, where it cannot be seen: ${FILE_FORMATS.slice(0, 5).join(', ')},
                        ${FILE_FORMATS.slice(5).join(', ')}
  --header 'NAME: VALUE'
                        sent with every request; repeatable
  --org-id ID           the tenant (X-Scope-OrgID)
${CREDENTIAL_USAGE}
${CLIENT_USAGE}  --json                the summary as JSON
  --help

Exit code 0 where everything was stored, 1 where a file is wrong or something was refused (the summary says what and why), 2 for
bad flags.
`;

export const IMPORT_OPTIONS = {
  url: { type: 'string' },
  data: { type: 'string' },
  format: { type: 'string' },
  header: { type: 'string', multiple: true },
  'org-id': { type: 'string' },
  json: { type: 'boolean' },
  ...CREDENTIAL_FLAGS,
  ...CLIENT_OPTIONS,
  help: { type: 'boolean', short: 'h' },
} as const;

export interface ImportFlags {
  readonly address: URL;
  readonly data: string | undefined;
  readonly format: FileFormat | undefined;
  readonly paths: readonly string[];
  readonly json: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly client: HttpClientConfig;
}

/** Without the word `import`; undefined where help is asked for. Throws `ConfigError`. */
export async function parseImportFlags(
  argv: readonly string[],
  defaultAddress: string | undefined,
  credentials: ClientCredentials = NO_CREDENTIALS,
): Promise<ImportFlags | undefined> {
  const { values, positionals } = parse(argv);
  if (values.help) return undefined;
  if (positionals.length === 0) throw wrong('say which files');
  if (values.data !== undefined && values.url !== undefined)
    throw wrong('--data and --url exclude each other');
  const format = FILE_FORMATS.find((f) => f === values.format);
  if (values.format !== undefined && !format) {
    throw wrong(`--format: ${JSON.stringify(values.format)} is none of ${FILE_FORMATS.join(', ')}`);
  }
  const text = values.url ?? defaultAddress ?? DEFAULT_ADDRESS;
  const address = readAddress(text, values.url ? '--url' : 'TRILITE_ADDR', DEFAULT_ADDRESS, 'import');
  return {
    address,
    data: values.data,
    format,
    paths: positionals,
    json: values.json ?? false,
    headers: {
      ...(values.data === undefined && authorizationHeaders(values, address, credentials, 'import')),
      ...readHeaders(values.header ?? [], values['org-id'], 'import'),
    },
    client: await readClientFlags(values),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: IMPORT_OPTIONS, allowPositionals: true });
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\. (?=[A-Z])|\n/, 1);
    throw wrong(sentence!);
  }
}

function wrong(what: string): ConfigError {
  return new ConfigError(`${what}; see trilite import --help`);
}
