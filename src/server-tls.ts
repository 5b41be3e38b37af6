/**
 * The server's TLS while it runs: certificates are read at the start, when the configuration changes, and when their files do:
 *
 *   look every second ─▶ files as they were? done
 *                └─▶ read and checked ─▶ good: for new connections from now on
 *                                   └─▶ not good, and still so at the next look: told of once; the old ones stay
 *
 * Waiting for the next look lets a certificate be replaced in two steps, key and certificate. Loaded where there is TLS.
 */

import { stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { ListenersTlsDoor, type TlsGeneration } from './api/tls-door.ts';
import type { Logger } from './base/log.ts';
import type { ServerTlsSettings } from './base/server-tls.ts';
import { isSameMaterial, readServerMaterial, type ServerMaterial } from './base/server-tls-material.ts';
import type { Gauge, Telemetry } from './base/telemetry.ts';
import { ConfigError } from './config/config-error.ts';
import type { Config } from './config/settings.ts';
import type { Reloadable } from './reloadable.ts';

/** New files are in use within about two of these. */
const LOOK_MS = 1000;

export interface ServerTlsParts {
  readonly telemetry: Telemetry;
  readonly log: Logger;
  readonly now: () => number;
  readonly lookMs?: number;
  readonly handshakeMaxMs?: number;
}

interface Loaded {
  readonly generation: TlsGeneration;
  readonly material: ServerMaterial;
  /** What the files were like just before they were read. */
  readonly print: string;
}

export class ServerTls implements Reloadable {
  readonly door: ListenersTlsDoor;
  readonly #parts: ServerTlsParts;
  readonly #expiry: Gauge;
  readonly #failed: Gauge;
  #loaded: Loaded;
  /** Of files that were found not to be good, and whether that has been told. */
  #bad: { readonly print: string; readonly isTold: boolean } | undefined;
  readonly #timer: NodeJS.Timeout;
  #looking = false;

  private constructor(loaded: Loaded, parts: ServerTlsParts) {
    this.#parts = parts;
    this.#loaded = loaded;
    this.door = new ListenersTlsDoor(loaded.generation, parts);
    const gauge = (name: string, help: string) =>
      parts.telemetry.gauge(`trilite_tls_certificate_${name}`, help).with();
    this.#expiry = gauge('expiry_timestamp_seconds', 'When the certificate in use expires; Unix time.');
    this.#failed = gauge(
      'reload_failed',
      'Whether the files of certificates have changed to what cannot be used.',
    );
    this.#show();
    this.#timer = setInterval(() => void this.#look(), parts.lookMs ?? LOOK_MS);
    this.#timer.unref();
  }

  /** Rejects with `Failure`, which says which file is wrong and why. */
  static async open(
    settings: ServerTlsSettings,
    Failure: new (message: string) => Error,
    parts: ServerTlsParts,
  ): Promise<ServerTls> {
    try {
      return new ServerTls(await load(settings), parts);
    } catch (error) {
      throw new Failure(`cannot serve TLS: ${(error as Error).message}`);
    }
  }

  async prepare({ tls }: Config): Promise<() => void> {
    // Whether there is TLS at all is settled at the start.
    if (tls === undefined) return () => {};
    try {
      const loaded = await load(tls);
      return () => this.#use(loaded);
    } catch (error) {
      throw new ConfigError(`cannot serve TLS: ${(error as Error).message}`);
    }
  }

  #use(loaded: Loaded): void {
    const before = this.#loaded;
    this.#loaded = loaded;
    this.#bad = undefined;
    this.#failed.set(0);
    const isSame =
      isSameMaterial(before.material, loaded.material) &&
      JSON.stringify(before.generation.settings) === JSON.stringify(loaded.generation.settings);
    if (isSame) return;
    this.door.use(loaded.generation);
    this.#show();
    if (isSameMaterial(before.material, loaded.material)) return;
    this.#parts.log.info('new TLS certificate', {
      expires: new Date(loaded.material.expiresMs).toISOString(),
    });
  }

  /** Sets the metric; a certificate that is over is a warning: some clients do not mind. */
  #show(): void {
    const { expiresMs } = this.#loaded.material;
    this.#expiry.set(expiresMs / 1000);
    if (expiresMs > this.#parts.now()) return;
    this.#parts.log.warn('the TLS certificate has expired', { expired: new Date(expiresMs).toISOString() });
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const seen = this.#loaded;
    const { settings } = seen.generation;
    const print = await printOf(settings);
    try {
      if (print === seen.print) return this.#goodAgain();
      if (print === this.#bad?.print && this.#bad.isTold) return;
      const loaded = await load(settings);
      // The configuration may have changed meanwhile.
      if (this.#loaded === seen) this.#use(loaded);
    } catch (error) {
      if (this.#loaded === seen) this.#notGood(print, error as Error);
    } finally {
      this.#looking = false;
    }
  }

  #goodAgain(): void {
    this.#bad = undefined;
    this.#failed.set(0);
  }

  #notGood(print: string, error: Error): void {
    const isTold = print === this.#bad?.print;
    this.#bad = { print, isTold };
    if (!isTold) return;
    this.#failed.set(1);
    this.#parts.log.error('the TLS certificate was not replaced, what was in use stays so', { error });
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

async function load(settings: ServerTlsSettings): Promise<Loaded> {
  const print = await printOf(settings);
  const material = await readServerMaterial(settings);
  // Finds out whether the TLS library takes it.
  createSecureContext(material.options);
  return { generation: { settings, context: material.options }, material, print };
}

/** Whether files are others than before, as cheaply as that can be told; links are followed. */
async function printOf({ cert, key, clientCa }: ServerTlsSettings): Promise<string> {
  const prints = [cert.file, key.file, clientCa?.file].map(async (file) => {
    if (file === undefined) return '';
    const found = await stat(file).catch(() => undefined);
    return found ? `${found.dev}:${found.ino}:${found.size}:${found.mtimeMs}:${found.ctimeMs}` : 'none';
  });
  return (await Promise.all(prints)).join(' ');
}
