/**
 * A target of scraping that is an attacker: bodies without an end, bombs, answers that trickle, redirects in a circle, one
 * line of a gigabyte, headers that lie. It is asked by the server, so it only waits, and answers each path in its own way.
 */

import { createServer, type Server, type ServerResponse } from 'node:http';
import zlib from 'node:zlib';

const PIECE = Buffer.alloc(64 * 1024, 'a');

function endless(response: ServerResponse, piece: Uint8Array | string): void {
  const go = () => {
    while (!response.destroyed && response.write(piece)) {}
  };
  response.on('drain', go);
  go();
}

type Answer = (response: ServerResponse) => void;
const bomb = zlib.gzipSync(Buffer.alloc(200 * 1024 * 1024, '# comment\n'));

const ANSWERS: Readonly<Record<string, Answer>> = {
  endless: (response) => endless(response, 'a_metric 1\n'.repeat(5000)),
  line: (response) => endless(response, PIECE),
  bomb: (response) => response.setHeader('content-encoding', 'gzip').end(bomb),
  trickle: (response) => {
    const timer = setInterval(() => response.write('a'), 200);
    response.once('close', () => clearInterval(timer));
  },
  circle: (response) => response.writeHead(302, { location: '/circle' }).end(),
  silent: () => {},
  series: (response) =>
    response.end(
      Array.from({ length: 100_000 }, (_, i) => `hostile_scraped{n="${i}-${Math.random()}"} ${i}\n`).join(''),
    ),
  labels: (response) =>
    response.end(`hostile_scraped{${Array.from({ length: 100_000 }, (_, i) => `l${i}="v"`).join()}} 1\n`),
  binary: (response) =>
    response
      .setHeader(
        'content-type',
        'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
      )
      .end(Buffer.alloc(100_000, 0xff)),
  cut: (response) => {
    response.writeHead(200, { 'content-length': '1000000' });
    response.write('a 1\n');
    setTimeout(() => response.destroy(), 50);
  },
  errors: (response) => response.writeHead(500).end('x'.repeat(1_000_000)),
};

export interface HostileTarget {
  /** A configuration that scrapes all of its paths. */
  readonly scrapeConfig: string;
  close(): void;
}

export async function openHostileTarget(): Promise<HostileTarget> {
  const server: Server = createServer((request, response) => {
    response.on('error', () => {});
    ANSWERS[request.url!.slice(1).split('?')[0]!]?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const jobs = Object.keys(ANSWERS).map(
    (name) =>
      `  - job_name: hostile-${name}\n    scrape_interval: 2s\n    scrape_timeout: 1s\n    body_size_limit: 64MB\n    metrics_path: /${name}\n    static_configs: [{ targets: ['127.0.0.1:${port}'] }]\n`,
  );
  return {
    scrapeConfig: `scrape_configs:\n${jobs.join('')}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
