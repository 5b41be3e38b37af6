/** What `deploy/compose/compose.yaml` says, and a server that is started as it says, with free ports in place of its own. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { eventually } from '../support/poll.ts';
import { type RunningProgram, startProgram } from '../support/program.ts';

export const DEPLOY = path.join(import.meta.dirname, '../../deploy');
const PROGRAM = path.join(import.meta.dirname, '../../bin/trilite');
const START_MAX_MS = 30_000;

export interface Service {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly networks?: readonly string[] | Readonly<Record<string, { readonly aliases?: readonly string[] }>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly [key: string]: unknown;
}

export interface ComposeFile {
  readonly name: string;
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, unknown>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export const composeFile = parse(
  readFileSync(path.join(DEPLOY, 'compose/compose.yaml'), 'utf8'),
) as ComposeFile;

/** Names that the service answers to in the network `trilite`, its own included. */
export function namesOf(service: string): readonly string[] {
  const { networks } = composeFile.services[service]!;
  const aliases =
    networks === undefined || Array.isArray(networks)
      ? []
      : ((networks as Readonly<Record<string, { aliases?: string[] }>>).trilite?.aliases ?? []);
  return [service, ...aliases];
}

const LISTENER = /^--(http|otlp-grpc|jaeger-http|jaeger-thrift|jaeger-grpc|jaeger-udp|zipkin)=:(\d+)$/;

export interface Listener {
  readonly flag: string;
  readonly port: number;
}

export const listeners: readonly Listener[] = composeFile.services.trilite!.command!.flatMap((argument) => {
  const match = LISTENER.exec(argument);
  return match === null ? [] : [{ flag: match[1]!, port: Number(match[2]) }];
});

/** How the ready line names what a flag opens. */
const SCHEMES: Readonly<Record<string, string>> = {
  http: 'http',
  'jaeger-http': 'http',
  'otlp-grpc': 'grpc',
  'jaeger-thrift': 'jaeger+http',
  'jaeger-udp': 'jaeger+udp',
  'jaeger-grpc': 'jaeger+grpc',
  zipkin: 'zipkin+http',
};
/** Those that share a scheme are announced in this order. */
const ANNOUNCED_FIRST = ['http', 'jaeger-http'];

export interface ComposeServer {
  readonly program: RunningProgram;
  /** `host:port` on this machine of what is `name:port` in the network. Throws where nothing is there. */
  address(name: string, port: number): string;
  /** The same for a URL of the network, path and all. */
  url(url: string): string;
}

/** Starts `trilite` with the command of the Compose file; data and addresses alone are others. */
export async function startComposeServer(dataDir: string): Promise<ComposeServer> {
  const args = composeFile.services.trilite!.command!.map((argument) =>
    argument
      .replace(LISTENER, '--$1=127.0.0.1:0')
      .replace(/^--data=\/data$/, `--data=${dataDir}`)
      .replace('=/etc/trilite/', `=${path.join(DEPLOY, 'compose/trilite')}/`),
  );
  const program = startProgram(PROGRAM, args);
  const readyLine = await eventually(async () => {
    const line = /^trilite ready .*$/m.exec(program.output())?.[0];
    assert.ok(line !== undefined, program.output());
    return line;
  }, START_MAX_MS);
  const announced = [...readyLine.matchAll(/ ([a-z+]+):\/\/(\S+)/g)].map(([, scheme, at]) => ({
    scheme,
    at,
  }));
  const inOrder = [
    ...ANNOUNCED_FIRST.flatMap((flag) => listeners.filter((l) => l.flag === flag)),
    ...listeners.filter(({ flag }) => !ANNOUNCED_FIRST.includes(flag)),
  ];
  const real = new Map(
    inOrder.map(({ flag, port }) => {
      const index = announced.findIndex(({ scheme }) => scheme === SCHEMES[flag]);
      assert.ok(index >= 0, `${readyLine} has nothing for --${flag}=:${port}`);
      return [port, announced.splice(index, 1)[0]!.at!];
    }),
  );
  const address = (name: string, port: number) => {
    assert.ok(namesOf('trilite').includes(name), `nothing is called ${name}`);
    const at = real.get(port);
    assert.ok(at !== undefined, `nothing listens on ${name}:${port}`);
    return at;
  };
  const url = (text: string) => {
    const { protocol, hostname, port, pathname, search } = new URL(text);
    return `${protocol}//${address(hostname, Number(port))}${pathname === '/' ? '' : pathname}${search}`;
  };
  return { program, address, url };
}
