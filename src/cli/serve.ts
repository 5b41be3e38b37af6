/** `trilite serve`: runs the server until a signal or a failure ends it. Resolves with the exit code. */

import { createLogger } from '../base/log.ts';
import type { CommandLine } from '../config/flags.ts';
import { loadConfig } from '../config.ts';
import { openLocalEngine } from '../local-engine.ts';
import { type Running, type StartOptions, start } from '../main.ts';
import { reloadable } from '../reloadable.ts';

/** What stands in for something else starts with more than the configuration says, and tells in its way that it is ready. */
export interface Serving extends Pick<StartOptions, 'grafana'> {
  readonly onReady?: () => void;
}

export async function serveCommand(line: CommandLine, { grafana, onReady }: Serving = {}): Promise<number> {
  const readMs = Date.now();
  const config = await loadConfig(line);
  const log = createLogger(config.logLevel);
  const signalled = new Promise<NodeJS.Signals>((resolve) => {
    process.on('SIGTERM', resolve);
    process.on('SIGINT', resolve);
  });
  const hangUp = hangUps();
  const reload = [reloadable((next) => log.setLevel(next.logLevel))];
  const load = async () => (await import('../config-aside.ts')).loadConfigAside(line);
  const running = await start(config, {
    openEngine: openLocalEngine,
    load,
    readMs,
    reload,
    log,
    ...(grafana && { grafana }),
  });
  process.stdout.write(`trilite ready in ${Math.round(performance.now())} ms ${running.addresses}\n`);
  running.begin();
  onReady?.();
  hangUp.reload(running);
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

/** Takes SIGHUP from now on, which would end the process; what comes before there is something to reload is kept. */
function hangUps(): { reload(running: Running): void } {
  let hungUp = () => {
    isWaiting = true;
  };
  let isWaiting = false;
  process.on('SIGHUP', () => hungUp());
  return {
    reload: (running) => {
      // The log has been told of a failure.
      hungUp = () => void running.reload('SIGHUP').catch(() => {});
      if (isWaiting) hungUp();
    },
  };
}
