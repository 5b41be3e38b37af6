/** `trilite ask`: questions across signals to a running server. */

import { askAcross, rawAcross } from '../client/across.ts';
import { Client } from '../client/client.ts';
import { HttpTransport } from '../client/http-transport.ts';
import { UnreachableError } from '../client/transport.ts';
import { clientEnvironment } from '../config.ts';
import { ASK_USAGE, parseAskFlags } from './ask-flags.ts';
import { itemsOf, jsonLine, printItems, printJoined } from './ask-print.ts';
import { type Output, processOutput } from './output.ts';

const EXIT_NOTHING = 1;
const EXIT_UNREACHABLE = 3;

/** Resolves with the exit code. Throws `ConfigError` for bad flags, `TriliteError` in the server's words. */
export async function askCommand(argv: readonly string[], output: Output = processOutput): Promise<number> {
  const environment = clientEnvironment();
  const flags = await parseAskFlags(argv, Date.now(), environment.address, environment);
  if (!flags) {
    output.out(ASK_USAGE.trimEnd());
    return 0;
  }
  const { address: url, headers, client: config, signal, params } = flags;
  const client = new Client(new HttpTransport({ url, headers, client: config }));
  try {
    if (flags.output === 'json') {
      output.out(JSON.stringify(await rawAcross(client, signal, params), undefined, 2));
      return 0;
    }
    const answer = await askAcross(client, signal, params);
    const items = itemsOf(answer);
    const lines = flags.output === 'jsonl' ? items.map(jsonLine) : printItems(answer);
    for (const line of lines) output.out(line);
    // Beside the items, which may go on to another program.
    output.err(printJoined(answer.joined));
    return items.length > 0 ? 0 : EXIT_NOTHING;
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    output.err(`trilite: no server answers: ${error.message}`);
    return EXIT_UNREACHABLE;
  } finally {
    client.close();
  }
}
