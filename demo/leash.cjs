/**
 * Preloaded into every process of the demo: it ends when the one that started it is gone, however that went. The
 * kernel closes the channel between the two even after `kill -9`, and the child is told.
 *
 * JavaScript and CommonJS, so that preloading it costs Trilite no measurable part of its start.
 */

const { isMainThread } = require('node:worker_threads');

/** A process that does not end by itself within this time is ended. */
const GRACE_MS = 4000;

if (isMainThread && process.channel) {
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.exit(1), GRACE_MS).unref();
  });
  // Listening alone shall not keep a process alive that is done.
  process.channel.unref();
}
