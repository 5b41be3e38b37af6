/** What a sink is started with: all of it may be left out. */

import type { Duration, Moment } from './sink.ts';

/** Targets that are scraped. */
export interface ScrapeOptions {
  /** `host:port`, or URLs. */
  readonly targets: readonly string[];
  /** The label `job`; `test` where it is not given. */
  readonly job?: string;
  /** `/metrics` where it is not given. */
  readonly path?: string;
  /** 1 s where it is not given. */
  readonly interval?: Duration;
  /** Labels of all series. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Fixed ports, where a test needs to know them beforehand; a port that is not named is a free one. */
export interface PortOptions {
  /** Of everything over HTTP, and of OTLP over gRPC where `otlpGrpc` is not given. */
  readonly http?: number;
  readonly otlpGrpc?: number;
  /** Of Zipkin's API alone; without it that is at `http`. */
  readonly zipkin?: number;
}

export interface TriliteOptions {
  /** A `prometheus.yml` with what `trilite:` may have: its text, or the same as an object. Paths in it begin where the process runs. */
  readonly config?: string | object;
  /** Keeps the data in this directory; in memory where it is not given. */
  readonly dataDir?: string;
  readonly ports?: PortOptions;
  /** Holds the clock from the start. */
  readonly clock?: { readonly at: Moment };
  /** Gets the log, a line at a time; nobody gets it where it is not given. Nothing is ever written to stdout or stderr. */
  readonly log?: (line: string) => void;
  /** `warn` where it is not given. */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
  /** Scraped beside what `config` says. */
  readonly scrape?: ScrapeOptions | readonly ScrapeOptions[];
  /** Sent with the sink's own questions and data: credentials or a tenant where `config` demands them. */
  readonly headers?: Readonly<Record<string, string>>;
}
