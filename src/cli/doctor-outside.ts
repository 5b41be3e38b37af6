/**
 * What can be seen of a server that does not answer: whether its port is open, who answers instead, whether a process runs
 * on the data directory, whether the configuration is good, and which ports would be used.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { printAddress } from '../api/listeners.ts';
import { parseCommandLine } from '../config/flags.ts';
import { type Config, MEMORY_DATA_DIR } from '../config/settings.ts';
import { loadConfig } from '../config.ts';
import { ask, type NoReport, type Server } from './doctor-connection.ts';
import type { DoctorFlags } from './doctor-flags.ts';
import { clean, type PrintOptions, painter } from './doctor-print.ts';
import type { Output } from './output.ts';

/** Ports by default; one of them may be open though the one asked for is not. */
const USUAL_PORTS: readonly number[] = [9090, 3100, 3200, 4318];
const KNOCK_MAX_MS = 2000;

/** What there was to see, for `--json` too. */
interface OutsideView {
  readonly url: string;
  readonly reached: boolean;
  readonly lines: readonly string[];
}

export async function lookFromOutside(
  flags: DoctorFlags,
  why: NoReport,
  style: PrintOptions,
  output: Output,
): Promise<void> {
  const lines = [
    ...(await answerLines(flags, why)),
    ...(why.kind === 'unreachable' ? await otherPorts(flags) : []),
    ...(await configLines(flags)),
  ];
  const view: OutsideView = { url: flags.address.origin, reached: why.kind === 'other', lines };
  if (flags.json) {
    output.out(JSON.stringify(view, undefined, 2));
    return;
  }
  const { paint } = painter(style.color);
  output.err(paint('problem', `no report from ${view.url}`));
  for (const line of lines) output.err(`  ${clean(line)}`);
}

async function answerLines(server: Server, why: NoReport): Promise<string[]> {
  if (why.kind === 'other') return otherAnswer(server, why);
  switch (why.code) {
    case 'ECONNREFUSED':
      return [
        'nothing listens there: is the server started (`trilite serve`), and does it listen on this port?',
      ];
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return ['the host name is not known here: check --url or TRILITE_ADDR'];
    case 'TIMEOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return ['no answer in time: a firewall drops it, or the server hangs (its log and `top` would show)'];
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return ['there is no way to that machine: check address and network'];
    case 'UND_ERR_SOCKET':
    case 'ECONNRESET':
    case 'HPE_INVALID_CONSTANT':
      return [
        'something listens there that does not answer HTTP: a gRPC port (4317), or one with TLS (then --url https://…)?',
      ];
    default:
      return [
        `${why.message}${/SSL|TLS|certificate|packet length/i.test(why.message) ? ': https to a plain port, or a certificate that is not trusted here' : ''}`,
      ];
  }
}

async function otherAnswer(
  server: Server,
  { status, text, server: name }: Extract<NoReport, { kind: 'other' }>,
) {
  const said = text.trim().split('\n', 1)[0]!;
  if (status === 401 || status === 403) {
    return [
      status === 401
        ? 'it asks who you are (401): --username with --password-file, or --token-file'
        : 'these credentials may not see the report (403): it takes the scope `read`, for all tenants',
    ];
  }
  if (said.startsWith('this port takes gRPC alone')) {
    return ['this is the gRPC port of a Trilite: --url takes the address of an HTTP port (9090)'];
  }
  const healthy = await knock(server, '/-/healthy');
  const lines = [
    `something answers, and not with a report: ${status} ${said}${name === '' ? '' : ` (${name})`}`,
  ];
  if (healthy?.startsWith('Prometheus')) {
    lines.push('it looks like a Prometheus, or a Trilite of before `doctor`: another server has the port');
  } else if ((await knock(server, '/ready'))?.startsWith('ready')) {
    lines.push('it looks like a Loki or Tempo: another server has the port');
  } else
    lines.push(
      'another program has this port: give --url the address of Trilite, or Trilite another port (--http)',
    );
  return lines;
}

/** The answer's first text; undefined where there is none, or not a good one. */
async function knock(server: Server, path: string): Promise<string | undefined> {
  try {
    const { status, text } = await ask(server, path, { maxMs: KNOCK_MAX_MS });
    return status === 200 ? text.slice(0, 100) : undefined;
  } catch {
    return undefined;
  }
}

/** Whoever is there is sent no credentials. */
async function otherPorts({ address, client }: DoctorFlags): Promise<string[]> {
  const found = await Promise.all(
    USUAL_PORTS.filter((port) => String(port) !== address.port).map(async (port) => {
      const other = new URL(address);
      other.port = String(port);
      return (await knock({ address: other, headers: {}, client }, '/-/healthy')) === undefined
        ? []
        : [other.origin];
    }),
  );
  const urls = found.flat();
  return urls.length === 0 ? [] : [`a server answers at ${urls.join(', ')}: try --url ${urls[0]}`];
}

/** Of the configuration that a server started here would have. */
async function configLines({ config: file }: DoctorFlags): Promise<string[]> {
  let config: Config;
  try {
    config = await loadConfig(parseCommandLine(file === undefined ? [] : ['--config', file]));
  } catch (error) {
    return [`the configuration is wrong, so no server starts with it: ${(error as Error).message}`];
  }
  const ports = [...config.http, ...(config.otlpGrpc ? [config.otlpGrpc] : [])].map(printAddress).join(', ');
  const from = config.file === undefined ? 'by default' : `with ${config.file}`;
  return [`a server started here ${from} listens on ${ports}`, ...(await dataLines(config.dataDir))];
}

async function dataLines(dataDir: string): Promise<string[]> {
  if (dataDir === MEMORY_DATA_DIR) return [];
  const path = join(dataDir, 'trilite.db');
  if (!existsSync(path)) return [`and keeps its data in ${dataDir}, where there is none yet`];
  const { isLocked } = await import('../storage/sqlite/inspect.ts');
  return isLocked(path)
    ? [
        `a running trilite holds the data directory ${dataDir}: it listens on other ports, is starting, or hangs`,
      ]
    : [
        `and keeps its data in ${dataDir}, on which no server runs now (\`trilite doctor --data ${dataDir}\` looks at it)`,
      ];
}
