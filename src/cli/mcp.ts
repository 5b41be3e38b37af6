/** `trilite mcp`: the tools for coding agents over standard input and output, of a server that runs somewhere. */

import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Client } from '../client/client.ts';
import { HttpTransport } from '../client/http-transport.ts';
import { ConfigError } from '../config/config-error.ts';
import { clientEnvironment } from '../config.ts';
import { McpServer } from '../mcp/protocol.ts';
import { TOOLS } from '../mcp/tools.ts';
import { VERSION } from '../version.ts';
import { authorizationHeaders, CREDENTIAL_FLAGS, CREDENTIAL_USAGE } from './client-credentials.ts';
import { CLIENT_OPTIONS, CLIENT_USAGE, readAddress, readClientFlags, readHeaders } from './client-flags.ts';
import { type Output, processOutput } from './output.ts';

const DEFAULT_ADDRESS = 'http://127.0.0.1:9090';

export const MCP_OPTIONS = {
  url: { type: 'string' },
  header: { type: 'string', multiple: true },
  'org-id': { type: 'string' },
  ...CREDENTIAL_FLAGS,
  ...CLIENT_OPTIONS,
  help: { type: 'boolean', short: 'h' },
} as const;

export const MCP_USAGE = `Usage: trilite mcp [flags]

Speaks the Model Context Protocol over standard input and output, for coding agents that start their servers as programs: tools to
query metrics, logs and traces, to list services, to fetch a trace with its logs and to show what changed since a mark. A
server answers the same at ${DEFAULT_ADDRESS}/mcp by itself.

  trilite mcp
  trilite mcp --url https://trilite.example:9090 --token-file ~/.trilite-token

  --url URL             where the server is (${DEFAULT_ADDRESS}); also TRILITE_ADDR
  --header 'NAME: VALUE'
                        sent with every request; repeatable
  --org-id ID           the tenant (X-Scope-OrgID)
${CREDENTIAL_USAGE}
${CLIENT_USAGE}  --help

Exit code 0 at the end of the input, 2 for bad flags.
`;

/** Resolves with the exit code when the input has ended. Throws `ConfigError`. */
export async function mcpCommand(
  argv: readonly string[],
  output: Output = processOutput,
  input: NodeJS.ReadableStream = process.stdin,
): Promise<number> {
  const values = parse(argv);
  if (values.help) {
    output.out(MCP_USAGE.trimEnd());
    return 0;
  }
  const environment = clientEnvironment();
  const text = values.url ?? environment.address ?? DEFAULT_ADDRESS;
  const address = readAddress(text, values.url ? '--url' : 'TRILITE_ADDR', DEFAULT_ADDRESS, 'mcp');
  const headers = {
    ...authorizationHeaders(values, address, environment, 'mcp'),
    ...readHeaders(values.header ?? [], values['org-id'], 'mcp'),
  };
  const client = new Client(
    new HttpTransport({ url: address, headers, client: await readClientFlags(values) }),
  );
  const server = new McpServer({ version: VERSION, tools: TOOLS });
  // A message a line; what is asked while another question is under way is answered when it is done.
  const answering = new Set<Promise<void>>();
  for await (const line of createInterface({ input })) {
    if (line.trim() === '') continue;
    const answered = server.answer(line, { client, nowMs: Date.now() }).then((reply) => {
      if (reply !== undefined) output.out(JSON.stringify(reply));
    });
    answering.add(answered);
    void answered.finally(() => answering.delete(answered));
  }
  await Promise.all(answering);
  client.close();
  return 0;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: MCP_OPTIONS }).values;
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\. (?=[A-Z])|\n/, 1);
    throw new ConfigError(`${sentence}; see trilite mcp --help`);
  }
}
