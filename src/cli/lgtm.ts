/**
 * `trilite lgtm`: takes the place of the `grafana/otel-lgtm` image for whoever starts that in tests. It listens on that image's ports on
 * all interfaces, and says in its way that it is ready: a file and a line that test containers wait for.
 */

import { rmSync, writeFileSync } from 'node:fs';
import type { ListenAddress } from '../api/listeners.ts';
import { ConfigError } from '../config/config-error.ts';
import { parseCommandLine } from '../config/flags.ts';
import { parseAddress } from '../config/values.ts';
import { environmentVariable } from '../config.ts';
import { type Output, processOutput } from './output.ts';
import { serveCommand } from './serve.ts';

/** Prometheus, Loki, Tempo, OTLP over HTTP; Grafana's is 3000. */
const HTTP_PORTS = [9090, 3100, 3200, 4318];
const GRAFANA_PORT = 3000;
const GRPC_PORT = 4317;
/** Inside a container every address is the container's own. */
const ANYWHERE = '0.0.0.0';
const READY_FILE = '/tmp/ready';
/** What the modules of test containers look for in the output, word by word. */
const READY_LINE = `The OpenTelemetry collector and the Grafana LGTM stack are up and running. (created ${READY_FILE})`;
/** The variable that the image has, and what it says in the image of that time. */
const VERSION_VARIABLE = 'GRAFANA_VERSION';
const DEFAULT_VERSION = '13.2.1';

export const LGTM_USAGE = `Usage: trilite lgtm [flags of serve]

Takes the place of the grafana/otel-lgtm image in tests: its ports on all interfaces (3000, 3100, 3200, 4317, 4318, 9090), its ready file
${READY_FILE} and its ready line, and on port 3000 what tools ask of a Grafana first (/api/health, data sources and questions through them).

  trilite lgtm --data :memory:
  docker build --target otel-lgtm -t trilite-lgtm . && docker run -p 3000:3000 -p 4317:4317 -p 4318:4318 trilite-lgtm

  --grafana HOST:PORT   the port that stands for Grafana's (0.0.0.0:3000)

Flags of serve (--http, --otlp-grpc, …) go before what is said here. The variable ${VERSION_VARIABLE} is the version that /api/health tells (${DEFAULT_VERSION}).
`;

/** Resolves with the exit code. Throws `ConfigError`. */
export async function lgtmCommand(argv: readonly string[], output: Output = processOutput): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    output.out(LGTM_USAGE.trimEnd());
    return 0;
  }
  const { grafana, rest } = withoutGrafana(argv);
  const line = parseCommandLine(['serve', ...rest]);
  if (line.command !== 'serve')
    throw new ConfigError('trilite lgtm takes the flags of serve; see trilite lgtm --help');
  const own = {
    http: HTTP_PORTS.map((port) => ({ host: ANYWHERE, port })),
    otlpGrpc: { host: ANYWHERE, port: GRPC_PORT },
  };
  // Of a run before.
  rmSync(READY_FILE, { force: true });
  const version = environmentVariable(VERSION_VARIABLE)?.replace(/^v/, '') || DEFAULT_VERSION;
  return serveCommand(
    { ...line, flags: { ...own, ...line.flags } },
    {
      grafana: { address: grafana, version },
      onReady: () => {
        writeFileSync(READY_FILE, '');
        output.out(READY_LINE);
      },
    },
  );
}

/** The one flag that serve has not, and the others. */
function withoutGrafana(argv: readonly string[]): {
  readonly grafana: ListenAddress;
  readonly rest: string[];
} {
  const rest = [...argv];
  const at = rest.findIndex((argument) => /^--?grafana(=|$)/.test(argument));
  if (at < 0) return { grafana: { host: ANYWHERE, port: GRAFANA_PORT }, rest };
  const [flag, inline] = rest[at]!.split('=', 2);
  const [, next] = rest.splice(at, inline === undefined ? 2 : 1);
  const value = inline ?? next;
  try {
    return { grafana: parseAddress(value ?? ''), rest };
  } catch (error) {
    throw new ConfigError(`${flag}: ${(error as Error).message}`);
  }
}
