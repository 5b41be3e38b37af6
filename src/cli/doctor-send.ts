/**
 * `trilite doctor --send`: does the whole way work? One item of each signal goes in by each protocol, marked as the job
 * `trilite-doctor`, and is asked back over the API that users ask, with the time that both took.
 */

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { utf8Encode } from '../base/bytes.ts';
import { ProtoWriter } from '../base/protobuf-writer.ts';
import { SnappyEncoder } from '../base/snappy-encode.ts';
import { TlsMaterial } from '../base/tls-material.ts';
import { otlpJsonToProtobuf } from '../ingest/decode/otlp-json.ts';
import type { OtlpSignal } from '../model/otlp-schema.ts';
import { ask, fetchReport, isReport, type Server } from './doctor-connection.ts';
import { clean } from './doctor-print.ts';
import { callUnary } from './grpc-call.ts';
import type { Output } from './output.ts';

const JOB = 'trilite-doctor';
const METRIC = 'trilite_doctor_probe';
const FOUND_MAX_MS = 5000;
const AGAIN_MS = 100;
const SIGNALS: readonly OtlpSignal[] = ['metrics', 'logs', 'traces'];

const GRPC_PATHS: Readonly<Record<OtlpSignal, string>> = {
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
};

interface Probe {
  readonly way: string;
  readonly signal: OtlpSignal;
  /** 32 hexadecimal digits, by which it is asked back. */
  readonly id: string;
  send(id: string): Promise<void>;
}

/** Resolves with whether every item came back. Told line by line. */
export async function sendProbes(
  server: Server & { readonly json: boolean },
  output: Output,
): Promise<boolean> {
  const say = (line: string) => (server.json ? output.err(line) : output.out(line));
  say(`sending test items as job ${JOB} to ${server.address.origin} …`);
  let isGood = true;
  for (const probe of [...httpProbes(server), ...(await grpcProbes(server))]) {
    const name = `${probe.way.padEnd(16)} ${probe.signal.padEnd(8)}`;
    try {
      const began = performance.now();
      await probe.send(probe.id);
      const sentMs = performance.now() - began;
      const foundMs = await askBack(server, probe);
      say(`  ok      ${name} taken in ${Math.round(sentMs)} ms, found after ${Math.round(foundMs)} ms`);
    } catch (error) {
      isGood = false;
      say(`  FAILED  ${name} ${clean(reasonOf(error))}`);
    }
  }
  say('');
  return isGood;
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Error };
  return cause?.message || message;
}

function httpProbes(server: Server): Probe[] {
  const post = async (path: string, headers: Record<string, string>, body: Uint8Array | string) => {
    const bytes = typeof body === 'string' ? utf8Encode(body) : body;
    const { status, text } = await ask(server, path, { method: 'POST', headers, body: bytes });
    if (status >= 300) throw new Error(`${path} answers ${status} ${text.trim().split('\n', 1)[0]}`);
  };
  const json = { 'content-type': 'application/json' };
  const protobuf = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
  return [
    probe('remote-write', 'metrics', (id) => post('/api/v1/write', protobuf, remoteWrite(id))),
    probe('Loki push', 'logs', (id) => post('/loki/api/v1/push', json, lokiPush(id))),
    ...SIGNALS.map((signal) =>
      probe('OTLP/HTTP', signal, (id) => post(`/v1/${signal}`, json, otlpJson(signal, id))),
    ),
  ];
}

/** At the port of which the server's own report tells. */
async function grpcProbes(server: Server): Promise<Probe[]> {
  const report = await fetchReport(server, { content: false });
  const grpc = isReport(report) ? report.listeners.find((url) => /^grpcs?:/.test(url)) : undefined;
  if (grpc === undefined) return [];
  const url = new URL(server.address);
  url.protocol = grpc.startsWith('grpcs:') ? 'https:' : 'http:';
  url.port = grpc.slice(grpc.lastIndexOf(':') + 1);
  const { tls } = server.client;
  const secured = tls && {
    secureContext: await new TlsMaterial(tls).context(),
    rejectUnauthorized: !tls.insecureSkipVerify,
    ...(tls.serverName !== '' && { servername: tls.serverName }),
  };
  return SIGNALS.map((signal) =>
    probe('OTLP/gRPC', signal, async (id) => {
      const message = otlpJsonToProtobuf(signal, utf8Encode(otlpJson(signal, id)));
      await callUnary(url.origin, GRPC_PATHS[signal], message, server.headers, secured);
    }),
  );
}

function probe(way: string, signal: OtlpSignal, send: Probe['send']): Probe {
  return { way, signal, id: randomBytes(16).toString('hex'), send };
}

// ------------------------------------------------------------------------------------------------ asking back

/** Resolves with how long it took until the item was there. */
async function askBack(server: Server, { signal, id }: Probe): Promise<number> {
  const began = performance.now();
  for (;;) {
    const elapsed = performance.now() - began;
    if (await isThere(server, signal, id)) return elapsed;
    if (elapsed > FOUND_MAX_MS) {
      const why =
        signal === 'traces' ? ' (with tail sampling a trace waits for its decision, or is dropped)' : '';
      throw new Error(`taken, and not found within ${FOUND_MAX_MS / 1000} s${why}`);
    }
    await sleep(AGAIN_MS);
  }
}

async function isThere(server: Server, signal: OtlpSignal, id: string): Promise<boolean> {
  const { status, text } = await ask(server, questionOf(signal, id));
  if (status === 404 && signal === 'traces') return false;
  if (status !== 200) throw new Error(`asking back answers ${status} ${text.trim().split('\n', 1)[0]}`);
  if (signal === 'traces') return true;
  const { data } = JSON.parse(text) as { data?: { result?: readonly unknown[] } };
  return (data?.result?.length ?? 0) > 0;
}

function questionOf(signal: OtlpSignal, id: string): string {
  if (signal === 'traces') return `/api/traces/${id}`;
  const isLog = signal === 'logs';
  const query = isLog ? `{service_name="${JOB}"} |= "${id}"` : `${METRIC}{probe="${id}"}`;
  const path = isLog ? '/loki/api/v1/query_range' : '/api/v1/query';
  return `${path}?${new URLSearchParams({ query })}`;
}

// --------------------------------------------------------------------------------------------------- requests

function lokiPush(id: string): string {
  const values = [[`${Date.now()}000000`, `a test line of trilite doctor ${id}`]];
  return JSON.stringify({ streams: [{ stream: { job: JOB, service_name: JOB }, values }] });
}

function otlpJson(signal: OtlpSignal, id: string): string {
  const timeUnixNano = `${Date.now()}000000`;
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const resource = { attributes: [text('service.name', JOB)] };
  const scope = { name: JOB };
  if (signal === 'metrics') {
    const dataPoints = [{ timeUnixNano, asDouble: 1, attributes: [text('probe', id)] }];
    const metrics = [{ name: METRIC, gauge: { dataPoints } }];
    return JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }] });
  }
  if (signal === 'logs') {
    const body = { stringValue: `a test line of trilite doctor ${id}` };
    const logRecords = [{ timeUnixNano, body }];
    return JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] });
  }
  const span = { traceId: id, spanId: id.slice(0, 16), name: 'trilite doctor', kind: 1 };
  const spans = [{ ...span, startTimeUnixNano: timeUnixNano, endTimeUnixNano: timeUnixNano }];
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] });
}

/** `WriteRequest { 1 TimeSeries { 1 Label { 1 name 2 value }  2 Sample { 1 value (double) 2 timestamp } } }`, snappy. */
function remoteWrite(id: string): Uint8Array<ArrayBuffer> {
  const label = (name: string, value: string) =>
    message((out) => {
      out.bytesField(1, utf8Encode(name));
      out.bytesField(2, utf8Encode(value));
    });
  const sample = message((out) => {
    out.tag(1, 1);
    out.f64(1);
    out.tag(2, 0);
    out.varint64(BigInt(Date.now()));
  });
  const series = message((out) => {
    for (const [name, value] of [
      ['__name__', METRIC],
      ['job', JOB],
      ['probe', id],
    ] as const) {
      out.bytesField(1, label(name, value));
    }
    out.bytesField(2, sample);
  });
  return new SnappyEncoder().encode(message((out) => out.bytesField(1, series)));
}

function message(write: (out: ProtoWriter) => void): Uint8Array {
  const out = new ProtoWriter();
  write(out);
  return out.take();
}
