/** `trilite serve`: runs the server until a signal or a failure ends it. Resolves with the exit code. */

import { createLogger } from '../base/log.ts';
import type { CommandLine } from '../config/flags.ts';
import { loadConfig } from '../config.ts';
import { openLocalEngine } from '../local-engine.ts';
import { start } from '../main.ts';

export async function serveCommand(line: CommandLine): Promise<number> {
  const config = await loadConfig(line);
  const log = createLogger(config.logLevel);
  const signalled = new Promise<NodeJS.Signals>((resolve) => {
    process.on('SIGTERM', resolve);
    process.on('SIGINT', resolve);
  });
  const running = await start(config, { openEngine: openLocalEngine, log });
  process.stdout.write(`trilite ready in ${Math.round(performance.now())} ms ${running.addresses}\n`);
  running.begin();
  try {
    const why = await Promise.race([signalled, running.quit.then(() => 'request'), running.crashed]);
    log.info('stopping', { why });
    await running.stop();
    return 0;
  } catch (error) {
    log.error('the storage failed', { error });
    return 1;
  }
}
