/**
 * `npm run demo`: Trilite and a small shop that it watches.
 *
 * 1. A temporary folder gets the configuration, the target that is to be scraped, and the log that is a file.
 * 2. Trilite is started; its ready line says where it listens.
 * 3. The services are started with these addresses; when all of them listen, shoppers come.
 * 4. Ctrl-C or SIGTERM: no shoppers, then no services, which send what they have, then no Trilite.
 *
 * A service that ends by itself is started again, unless it could not even start; without Trilite there is no demo.
 */

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Child, type ChildSpec, showLine, startChild } from './child.ts';
import { parseOptions, USAGE, UsageError } from './options.ts';
import { findPorts, untilServed } from './ports.ts';
import { shopServices } from './shop.ts';
import { sendShoppers } from './shoppers.ts';
import { welcome } from './welcome.ts';

const ROOT = dirname(import.meta.dirname);
/** Together less than the five seconds that an end may take. */
const SERVICE_GRACE_MS = 2500;
const TRILITE_GRACE_MS = 2000;
/** A service that ends sooner than this has not come up, and will not the next time. */
const COME_UP_MS = 3000;
const RESTART_DELAY_MS = 1000;

/** Ends the demo with a message and an exit code. */
class DemoEnd extends Error {
  readonly code: number;

  constructor(code: number, message = '') {
    super(message);
    this.code = code;
  }
}

/** Starts Trilite; `ready` resolves with its addresses. */
function startTrilite(dir: string, args: readonly string[]): { child: Child; ready: Promise<string[]> } {
  const { promise, resolve } = Promise.withResolvers<string[]>();
  const child = startChild({
    name: 'trilite',
    command: join(ROOT, 'bin/trilite'),
    args: [
      'serve',
      ...['--config', join(dir, 'prometheus.yml')],
      ...['--promtail-config', join(dir, 'promtail.yml'), '--promtail-config.expand-env'],
      ...args,
    ],
    env: { DEMO_DIR: dir },
    onOutput: (line) => {
      showLine('trilite', line);
      if (line.startsWith('trilite ready')) resolve(line.match(/\b(?:http|grpc):\/\/\S+/g) ?? []);
    },
  });
  return { child, ready: promise };
}

/** Runs a service, again and again if need be. Rejects when there is no use in it. */
async function keepRunning(spec: ChildSpec, running: Set<Child>, stopping: AbortSignal): Promise<never> {
  for (;;) {
    const child = startChild(spec);
    running.add(child);
    const how = await child.ended;
    running.delete(child);
    if (stopping.aborted) return new Promise(() => {});
    if (child.age() < COME_UP_MS) throw new DemoEnd(1, `${spec.name} ended with ${how} as it started`);
    showLine(spec.name, `ended with ${how}; it is started again`);
    await new Promise((resolve) => setTimeout(resolve, RESTART_DELAY_MS));
    if (stopping.aborted) return new Promise(() => {});
  }
}

/** Resolves with the signal that asks for the end. */
function askedToEnd(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  });
}

async function demo(args: readonly string[], dir: string, running: Set<Child>, stopping: AbortController) {
  const { pace, shopPort, data, triliteArgs } = parseOptions(args);
  const [storefront, checkout, payments] = (await findPorts(shopPort, 3)) as [number, number, number];
  cpSync(join(import.meta.dirname, 'config'), dir, { recursive: true });
  mkdirSync(join(dir, 'targets'));
  const target = { targets: [`127.0.0.1:${checkout}`], labels: { service_name: 'checkout' } };
  writeFileSync(join(dir, 'targets/checkout.json'), JSON.stringify([target]));

  const asked = askedToEnd();
  const trilite = startTrilite(dir, triliteArgs);
  running.add(trilite.child);
  const triliteEnded = trilite.child.ended.then((how): never => {
    running.delete(trilite.child);
    throw new DemoEnd(
      1,
      `trilite ended with ${how}; npm run demo -- --help tells how to give it other ports`,
    );
  });
  const addresses = await Promise.race([trilite.ready, triliteEnded, asked]);
  if (typeof addresses === 'string') return;

  const http = addresses.find((address) => address.startsWith('http:'));
  const grpc = addresses.find((address) => address.startsWith('grpc:'));
  if (!http) throw new DemoEnd(1, 'trilite has no HTTP address');
  // Every HTTP port takes OTLP over gRPC as well.
  const places = { storefront, checkout, payments, http, grpc: grpc?.replace('grpc:', 'http:') ?? http, dir };
  const services = shopServices(places, pace).map((spec) => keepRunning(spec, running, stopping.signal));
  const served = untilServed([storefront, checkout, payments], stopping.signal).then(() => {
    if (stopping.signal.aborted) return;
    process.stdout.write(welcome({ base: http, data, storefront, checkout, payments }));
    sendShoppers(`http://127.0.0.1:${storefront}`, pace, stopping.signal);
  });
  const end = Promise.race([asked, triliteEnded, ...services]);
  await Promise.race([end, served]);
  await end;
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  if (parseOptions(args).help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const dir = mkdtempSync(join(tmpdir(), 'trilite-demo-'));
  const running = new Set<Child>();
  const stopping = new AbortController();
  try {
    await demo(args, dir, running, stopping);
    return 0;
  } finally {
    stopping.abort();
    const services = [...running].filter(({ name }) => name !== 'trilite');
    await Promise.all(services.map((child) => child.stop(SERVICE_GRACE_MS)));
    await Promise.all([...running].map((child) => child.stop(TRILITE_GRACE_MS)));
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

try {
  process.exit(await main());
} catch (error) {
  if (!(error instanceof DemoEnd || error instanceof UsageError)) throw error;
  process.stderr.write(`demo: ${error.message}\n`);
  process.exit(error instanceof DemoEnd ? error.code : 2);
}
