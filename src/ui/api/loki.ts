/** Loki's query API, as far as several views ask it. Times are nanoseconds for lines and milliseconds for all else. */

import type { Labels } from '../../model/correlate/labels.ts';
import { href } from '../location.ts';
import type { Bounds } from '../time/range.ts';
import { askJson, getJson, type Params } from './http.ts';
import type { DetectedField, LogPattern, LogQuestion, LogStream } from './loki-data.ts';
import type { MatrixSeries, SamplePoint, VectorSample } from './prometheus-data.ts';

const API = '/loki/api/v1';
/** Stream labels, structured metadata and what parsers found come apart. */
const CATEGORIES = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };

export type LokiData =
  | { readonly resultType: 'streams'; readonly result: readonly LogStream[] }
  | { readonly resultType: 'matrix'; readonly result: readonly MatrixSeries[] }
  | { readonly resultType: 'vector'; readonly result: readonly VectorSample[] }
  | { readonly resultType: 'scalar'; readonly result: SamplePoint };

interface Envelope<T> {
  /** Left out where it would be empty. */
  readonly data?: T;
}

/** Lines of a log query. */
export async function queryLogs(
  { query, startNs, endNs, limit, direction }: LogQuestion,
  signal?: AbortSignal,
): Promise<readonly LogStream[]> {
  const params = { query, start: String(startNs), end: String(endNs), limit, direction };
  const data = await asked(`${API}/query_range`, params, signal);
  return data.resultType === 'streams' ? data.result : [];
}

export interface MetricQuestion extends Bounds {
  readonly query: string;
  readonly stepMs: number;
}

/** Series of a metric query. */
export async function querySeries(
  { query, startMs, endMs, stepMs }: MetricQuestion,
  signal?: AbortSignal,
): Promise<readonly MatrixSeries[]> {
  const params = { query, start: nsOf(startMs), end: nsOf(endMs), step: stepMs / 1000 };
  const data = await asked(`${API}/query_range`, params, signal);
  return data.resultType === 'matrix' ? data.result : [];
}

/** A metric query at one moment. */
export async function queryVector(
  query: string,
  atMs: number,
  signal?: AbortSignal,
): Promise<readonly VectorSample[]> {
  const data = await asked(`${API}/query`, { query, time: nsOf(atMs) }, signal);
  return data.resultType === 'vector' ? data.result : [];
}

async function asked(path: string, params: Params, signal?: AbortSignal): Promise<LokiData> {
  return (await askJson<Required<Envelope<LokiData>>>(path, params, signal, CATEGORIES)).data;
}

/** What names and values are asked for within. */
export interface LogsWithin extends Partial<Bounds> {
  /** A stream selector. */
  readonly selector?: string | undefined;
}

/** Names of stream labels. */
export async function logLabels(within: LogsWithin = {}, signal?: AbortSignal): Promise<readonly string[]> {
  const { data } = await getJson<Envelope<readonly string[]>>(`${API}/labels`, narrowed(within), signal);
  return data ?? [];
}

export async function logLabelValues(
  name: string,
  within: LogsWithin = {},
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const path = `${API}/label/${encodeURIComponent(name)}/values`;
  return (await getJson<Envelope<readonly string[]>>(path, narrowed(within), signal)).data ?? [];
}

export interface Volume {
  readonly labels: Labels;
  readonly bytes: number;
}

/** Bytes of the selector's streams by the values of one label, the largest first. */
export async function logVolume(
  selector: string,
  label: string,
  bounds: Bounds,
  limit: number,
  signal?: AbortSignal,
): Promise<readonly Volume[]> {
  const params = { query: selector, targetLabels: label, limit, ...timesOf(bounds) };
  const { data } = await getJson<{ data: { result: readonly VectorSample[] } }>(
    `${API}/index/volume`,
    params,
    signal,
  );
  return data.result.map(({ metric, value }) => ({ labels: metric, bytes: Number(value?.[1] ?? 0) }));
}

/** Fields that the newest lines of a log query have. */
export async function detectedFields(
  query: string,
  bounds: Bounds,
  signal?: AbortSignal,
): Promise<readonly DetectedField[]> {
  const answer = await askJson<{ fields?: readonly DetectedField[] }>(
    `${API}/detected_fields`,
    { query, ...timesOf(bounds) },
    signal,
  );
  return answer.fields ?? [];
}

export async function detectedFieldValues(
  name: string,
  query: string,
  bounds: Bounds,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const path = `${API}/detected_field/${encodeURIComponent(name)}/values`;
  const answer = await askJson<{ values?: readonly string[] }>(path, { query, ...timesOf(bounds) }, signal);
  return answer.values ?? [];
}

/** Templates of the lines of a stream selector. */
export async function logPatterns(
  selector: string,
  bounds: Bounds,
  stepMs: number,
  signal?: AbortSignal,
): Promise<readonly LogPattern[]> {
  const params = { query: selector, step: stepMs / 1000, ...timesOf(bounds) };
  return (await getJson<Envelope<readonly LogPattern[]>>(`${API}/patterns`, params, signal)).data ?? [];
}

/** The WebSocket on which the lines of a log query come in, `limit` of the past first. */
export function tailAddress(query: string, limit: number, startNs: bigint): string {
  const params = { query, limit: String(limit), start: String(startNs) };
  const address = new URL(href(`${API}/tail`, params), window.location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}

export function nsOf(ms: number): string {
  return String(BigInt(Math.round(ms)) * 1_000_000n);
}

function timesOf({ startMs, endMs }: Bounds): Params {
  return { start: nsOf(startMs), end: nsOf(endMs) };
}

function narrowed({ startMs, endMs, selector }: LogsWithin): Params {
  return {
    query: selector,
    start: startMs === undefined ? undefined : nsOf(startMs),
    end: endMs === undefined ? undefined : nsOf(endMs),
  };
}
