/**
 * A system under test: one program, or several that belong together, with a URL for each API that it serves. Workloads
 * ask for a URL by kind and need not know whether one process answers on all of them.
 */

/** The APIs that a workload can need. `otlp` is OTLP over HTTP; where no `otlp-grpc` is given it stands for both. */
export type TargetUrlKind = 'prometheus' | 'loki' | 'tempo' | 'otlp' | 'otlp-grpc';

export const URL_KINDS: readonly TargetUrlKind[] = ['prometheus', 'loki', 'tempo', 'otlp', 'otlp-grpc'];

export interface System {
  readonly name: string;
  /** Base URLs without a trailing slash; a path in one is put before a request's path. */
  readonly urls: Readonly<Partial<Record<TargetUrlKind, string>>>;
  /** Sent with every request, lower-case names: a tenant, a token. */
  readonly headers: Readonly<Record<string, string>>;
  /** Processes of the system on this machine; their CPU and memory are summed. Empty: not measured. */
  readonly pids: readonly number[];
  /** Its data directory, undefined where it is to be found from the open files of `pids`. */
  readonly dataDir: string | undefined;
}

/** The URL of `path` on the API `kind`. Throws where the system does not serve that API: the flags were checked before. */
export function urlOf(system: System, kind: TargetUrlKind, path: string): string {
  const base = baseUrl(system, kind);
  if (base === undefined) throw new Error(`BUG: ${system.name} has no URL for ${kind}`);
  return base + path;
}

/** The base URL of an API, undefined where the system does not serve it. */
export function baseUrl(system: System, kind: TargetUrlKind): string | undefined {
  return system.urls[kind] ?? (kind === 'otlp-grpc' ? system.urls.otlp : undefined);
}

/** What a system answered to a question outside of the measured load. */
export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** A read or a control request may take this long: a flush with compaction is among them. */
const ASK_MAX_MS = 120_000;

/** One request outside of the measured load: reading back, flushing. Throws where there is no answer at all. */
export async function ask(
  system: System,
  kind: TargetUrlKind,
  path: string,
  parameters: Readonly<Record<string, string>> = {},
  method: 'GET' | 'POST' = 'GET',
): Promise<Reply> {
  const query = new URLSearchParams(parameters);
  const url = urlOf(system, kind, query.size > 0 ? `${path}?${query}` : path);
  const answer = await fetch(url, {
    method,
    headers: { ...system.headers },
    signal: AbortSignal.timeout(ASK_MAX_MS),
  });
  return { status: answer.status, text: await answer.text() };
}

/** Like `ask`, for JSON; throws with the body where the status is not 2xx. */
export async function askJson<T>(
  system: System,
  kind: TargetUrlKind,
  path: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<T> {
  const { status, text } = await ask(system, kind, path, parameters);
  if (status < 200 || status > 299) throw new Error(`${path} answered ${status}: ${text.slice(0, 300)}`);
  return JSON.parse(text) as T;
}
