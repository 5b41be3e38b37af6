/** The command line of `trilite ask`. */

import { parseArgs } from 'node:util';
import type { HttpClientConfig } from '../base/http-client.ts';
import type { AcrossSignal } from '../client/across.ts';
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
const SIGNALS: readonly AcrossSignal[] = ['logs', 'traces', 'metrics'];
const OUTPUTS = ['table', 'json', 'jsonl'] as const;
const HOUR_MS = 3_600_000;

export const ASK_USAGE = `Usage: trilite ask logs|traces|metrics [flags]

Asks across signals: log lines of the traces that a TraceQL query selects, traces that log lines or exemplars name, metrics of
a trace's resources in its time.

  trilite ask logs --traceql '{ duration > 2s }' --logql '|= "error"'
  trilite ask logs --traceql '{ status = error }' --logql 'sum by (service_name) (count_over_time({service_name=~".+"}[1h]))'
  trilite ask traces --logql '{app="shop"} |= "panic"' --traceql '{ duration > 1s }'
  trilite ask metrics --trace 4bf92f3577b34da6a3ce929d0e0e4736 --promql 'rate(process_cpu_seconds_total[2m])'

  --traceql QUERY       logs: which traces (needed); traces: only those of them that it selects
  --logql QUERY         logs: which of their lines, or numbers of them; traces: lines that name traces
  --promql QUERY        traces: series whose exemplars name traces; metrics: over the trace's series alone
  --trace ID            metrics: the trace, in any notation of its id
  --since DURATION      from so long ago to now (1h); or --start and --end, as RFC 3339 or unix seconds
  --start TIME, --end TIME
  --limit N             lines (100) or traces (20)
  --traces N            logs: the newest N traces at most (500)
  --by WORD             logs: trace, or service for all lines of the traces' services; metrics: instance, target_info, pod,
                        container, service, node, host, several with commas
  --deep                logs: ids in any notation, which reads all lines of the time
  --slack DURATION      before and after the traces (logs 1m, metrics 5m)
  --step DURATION       of numbers over time
  --direction WORD      logs: backward (the newest first), forward
  --output WORD         table, json (the server's answer), jsonl (an item a line)
  --url URL             where the server is (${DEFAULT_ADDRESS}); also TRILITE_ADDR
  --header 'NAME: VALUE'
                        sent with the request; repeatable
  --org-id ID           the tenant (X-Scope-OrgID)
${CREDENTIAL_USAGE}
${CLIENT_USAGE}  --help

Exit code 0 where something is found, 1 where nothing is, or the question fails, 2 for bad flags, 3 where no server answers.
`;

/** Those that are passed on as they are. */
const PASSED = [
  'traceql',
  'logql',
  'promql',
  'trace',
  'limit',
  'traces',
  'by',
  'slack',
  'step',
  'direction',
] as const;

export const ASK_OPTIONS = {
  traceql: { type: 'string' },
  logql: { type: 'string' },
  promql: { type: 'string' },
  trace: { type: 'string' },
  since: { type: 'string' },
  start: { type: 'string' },
  end: { type: 'string' },
  limit: { type: 'string' },
  traces: { type: 'string' },
  by: { type: 'string' },
  deep: { type: 'boolean' },
  slack: { type: 'string' },
  step: { type: 'string' },
  direction: { type: 'string' },
  output: { type: 'string' },
  url: { type: 'string' },
  header: { type: 'string', multiple: true },
  'org-id': { type: 'string' },
  ...CREDENTIAL_FLAGS,
  ...CLIENT_OPTIONS,
  help: { type: 'boolean', short: 'h' },
} as const;

export interface AskFlags {
  readonly signal: AcrossSignal;
  readonly params: readonly (readonly [string, string])[];
  readonly output: (typeof OUTPUTS)[number];
  readonly address: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly client: HttpClientConfig;
}

/** Without the word `ask`; undefined where help is asked for. Throws `ConfigError`. */
export async function parseAskFlags(
  argv: readonly string[],
  nowMs: number,
  defaultAddress: string | undefined,
  credentials: ClientCredentials = NO_CREDENTIALS,
): Promise<AskFlags | undefined> {
  const { values, positionals } = parse(argv);
  if (values.help) return undefined;
  const [word, ...more] = positionals;
  const signal = SIGNALS.find((one) => one === word);
  if (!signal || more.length > 0) throw wrong(`one of ${SIGNALS.join(', ')} is expected`);
  const output = OUTPUTS.find((one) => one === (values.output ?? 'table'));
  if (!output) throw wrong(`--output: ${JSON.stringify(values.output)} is none of ${OUTPUTS.join(', ')}`);
  const params: [string, string][] = PASSED.flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [[name, value] as [string, string]];
  });
  if (values.deep) params.push(['deep', 'true']);
  params.push(...times(signal, values, nowMs));
  const where = values.url ? '--url' : 'TRILITE_ADDR';
  const address = readAddress(values.url ?? defaultAddress ?? DEFAULT_ADDRESS, where, DEFAULT_ADDRESS, 'ask');
  return {
    signal,
    params,
    output,
    address,
    headers: {
      ...authorizationHeaders(values, address, credentials, 'ask'),
      ...readHeaders(values.header ?? [], values['org-id'], 'ask'),
    },
    client: await readClientFlags(values),
  };
}

type Times = { readonly [Name in 'since' | 'start' | 'end']?: string | undefined };

/** A trace has a time of its own. */
function times(signal: AcrossSignal, { since, start, end }: Times, nowMs: number): [string, string][] {
  const out: [string, string][] = [];
  if (end !== undefined) out.push(['end', end]);
  if (start !== undefined) {
    if (since !== undefined) throw wrong('--since and --start exclude each other');
    return [['start', start], ...out];
  }
  if (signal === 'metrics' && since === undefined) return out;
  const endMs = end === undefined ? nowMs : undefined;
  if (endMs === undefined) throw wrong('--end needs --start');
  const ms = since === undefined ? HOUR_MS : readDuration(since);
  return [
    ['start', String((endMs - ms) / 1000)],
    ['end', String(endMs / 1000)],
  ];
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: ASK_OPTIONS, allowPositionals: true });
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\. (?=[A-Z])|\n/, 1);
    throw wrong(sentence!);
  }
}

function readDuration(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    throw wrong(`--since: ${JSON.stringify(text)} is no duration such as 1h`);
  }
}

function wrong(what: string): ConfigError {
  return new ConfigError(`${what}; see trilite ask --help`);
}
