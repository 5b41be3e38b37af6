/** Exporters as Debian has them: each started on a free port, with nothing behind it that it could export from. */

import { freePort } from '../../support/free-port.ts';
import { eventually } from '../../support/poll.ts';
import { findProgram, type RunningProgram, startProgram } from '../../support/program.ts';

export interface ExporterKind {
  readonly name: string;
  readonly program: string | undefined;
  readonly listenFlag: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const QUICK_MS = 400;
/** Nobody listens there. */
const NOWHERE = '127.0.0.1:1';

function kind(
  name: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  listenFlag = '--web.listen-address',
): ExporterKind {
  return { name, program: findProgram(`prometheus-${name}-exporter`), listenFlag, args, env };
}

/** What nginx says of itself: its exporter does not start without. */
const NGINX_STATUS =
  'Active connections: 1 \nserver accepts handled requests\n 7 7 9 \nReading: 0 Writing: 1 Waiting: 0 \n';

export const nginxStatus = { '/status': () => ({ body: NGINX_STATUS, contentType: 'text/plain' }) };

/** `nginx`: `host:port` of a server that has `nginxStatus`. */
export const exporterKinds = (nginx: string): readonly ExporterKind[] => [
  kind('node'),
  kind('postgres', [], { DATA_SOURCE_NAME: `postgresql://u:p@${NOWHERE}/d?sslmode=disable` }),
  kind('redis', ['-redis.addr', `redis://${NOWHERE}`], {}, '-web.listen-address'),
  kind('mongodb', ['-mongodb.uri', `mongodb://${NOWHERE}`], {}, '-web.listen-address'),
  kind('nginx', ['-nginx.scrape-uri', `http://${nginx}/status`], {}, '-web.listen-address'),
  kind('haproxy', ['--haproxy.scrape-uri', `http://${NOWHERE}/stats`]),
  kind('elasticsearch', ['--es.uri', `http://${NOWHERE}`]),
];

export interface RunningExporter {
  readonly name: string;
  /** `127.0.0.1:port` */
  readonly address: string;
  readonly program: RunningProgram;
  /** Whether it answers in time to be scraped every second: some wait for what is not there. */
  readonly isQuick: boolean;
}

const ACCEPT = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';

export async function fetchPage(address: string): Promise<{ body: string; contentType: string }> {
  const answer = await fetch(`http://${address}/metrics`, { headers: { accept: ACCEPT } });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}: ${await answer.text()}`);
  return { body: await answer.text(), contentType: answer.headers.get('content-type') ?? '' };
}

export async function startExporter({
  name,
  program,
  listenFlag,
  args,
  env,
}: ExporterKind): Promise<RunningExporter> {
  const address = `127.0.0.1:${await freePort()}`;
  const running = startProgram(program!, [`${listenFlag}=${address}`, ...args], env);
  try {
    await eventually(() => fetchPage(address), 30_000);
  } catch (error) {
    await running.stop('SIGKILL');
    throw new Error(`the ${name} exporter did not start: ${running.output()}`, { cause: error });
  }
  const began = Date.now();
  await fetchPage(address);
  return { name, address, program: running, isQuick: Date.now() - began < QUICK_MS };
}
