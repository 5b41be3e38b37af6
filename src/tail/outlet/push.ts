/**
 * The way to another server: Loki's push in snappy protobuf over HTTP. What passes (the network, a 429, a 5xx) is tried
 * again, without end: the lines are safe in their files meanwhile. What does not pass is dropped and told.
 */

import { compress } from 'snappyjs';
import { HttpClient } from '../../base/http-request.ts';
import type { Logger } from '../../base/log.ts';
import type { Parcel } from '../push-batch.ts';
import type { ClientConfig } from '../tail-config.ts';
import type { TailTelemetry } from '../tail-telemetry.ts';
import { Backoff } from './backoff.ts';
import type { Outlet } from './outlet.ts';

const TOO_MANY_REQUESTS = 429;
const TENANT_HEADER = 'X-Scope-OrgID';
/** Of an answer so much is told. */
const ANSWER_TOLD_MAX = 1024;

export interface PushParts {
  readonly telemetry: TailTelemetry;
  readonly log: Logger;
  readonly userAgent: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

export class PushOutlet implements Outlet {
  readonly name: string;
  readonly tenant: string;
  readonly externalLabels: Readonly<Record<string, string>>;
  readonly batchBytes: number;
  readonly batchWaitMs: number;
  readonly #config: ClientConfig;
  readonly #parts: PushParts;
  readonly #client: HttpClient;
  /** Where nothing else names a tenant: of the configured headers. */
  readonly #headerTenant: string;

  constructor(config: ClientConfig, parts: PushParts) {
    this.name = config.name;
    this.tenant = config.tenantId;
    this.externalLabels = config.externalLabels;
    this.batchBytes = config.batchBytes;
    this.batchWaitMs = config.batchWaitMs;
    this.#config = config;
    this.#parts = parts;
    const { httpHeaders } = config.http;
    const isTenant = (name: string): boolean => name.toLowerCase() === TENANT_HEADER.toLowerCase();
    const others = Object.entries(httpHeaders).filter(([name]) => !isTenant(name));
    this.#headerTenant = Object.entries(httpHeaders).find(([name]) => isTenant(name))?.[1][0] ?? '';
    // A push that is sent elsewhere as a GET would count as delivered.
    const http = { ...config.http, followRedirects: false, httpHeaders: Object.fromEntries(others) };
    this.#client = new HttpClient(http);
  }

  async deliver(parcel: Parcel, signal: AbortSignal): Promise<void> {
    const { backoffMinMs, backoffMaxMs, retriesMax, dropsRateLimited } = this.#config;
    const { telemetry, log } = this.#parts;
    const backoff = new Backoff(backoffMinMs, backoffMaxMs);
    const body = compress(parcel.body);
    for (;;) {
      let why: string;
      try {
        const { status, text } = await this.#post(body, parcel.tenant, signal);
        if (status >= 200 && status < 300) return telemetry.sent(this.name, parcel.entries);
        const passes = status === TOO_MANY_REQUESTS ? !dropsRateLimited : status >= 500;
        if (!passes) return this.#drop(parcel, status, text);
        why = `server returned HTTP status ${status}: ${text}`;
      } catch (error) {
        if (signal.aborted) throw error;
        why = (error as Error).message;
      }
      telemetry.failure('push');
      const attempt = backoff.failures + 1;
      const isLast = retriesMax > 0 && attempt % retriesMax === 0;
      if (attempt === 1 || isLast) {
        log.warn('a push failed and is tried again', { client: this.name, attempt, why });
      }
      await backoff.wait(signal);
    }
  }

  #drop(parcel: Parcel, status: number, text: string): void {
    const { telemetry, log } = this.#parts;
    telemetry.dropped(this.name, 'refused', parcel.entries);
    log.error('a push was refused', { client: this.name, entries: parcel.entries, status, answer: text });
  }

  async #post(body: Uint8Array, tenant: string, signal: AbortSignal): Promise<Answer> {
    const { url, timeoutMs } = this.#config;
    const named = tenant || this.#headerTenant;
    const headers = {
      'Content-Type': 'application/x-protobuf',
      'User-Agent': this.#parts.userAgent,
      ...(named !== '' && { [TENANT_HEADER]: named }),
    };
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const response = await this.#client.send({ method: 'POST', url, headers, body, signal: deadline });
    response.setEncoding('utf8');
    let text = '';
    for await (const piece of response) if (text.length < ANSWER_TOLD_MAX) text += piece;
    return { status: response.statusCode ?? 0, text: firstLine(text) };
  }

  close(): void {
    this.#client.close();
  }
}

function firstLine(text: string): string {
  return text.slice(0, ANSWER_TOLD_MAX).split('\n', 1)[0]!.trim();
}
