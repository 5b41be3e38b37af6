/**
 * Traces of a small shop for tests of derived metrics: calls between services, databases and queues, calls from and to
 * what sends no spans, errors, halves that never come. The same for the same seed, as OTLP requests in JSON.
 */

type Value =
  | { stringValue: string }
  | { intValue: string }
  | { doubleValue: number }
  | { boolValue: boolean }
  | { arrayValue: { values: Value[] } };

interface Attribute {
  readonly key: string;
  readonly value: Value;
}

interface Span {
  readonly [field: string]: unknown;
}

const SERVICES = ['gateway', 'cart', 'búsqueda', 'billing', 'mailer'] as const;
const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

/** A small generator of numbers in [0, 1): a test needs no better one. */
export function random(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

function text(key: string, value: string): Attribute {
  return { key, value: { stringValue: value } };
}

function resourceOf(service: string): { attributes: Attribute[] } {
  const attributes = [
    text('service.name', service),
    text('deployment.environment', service === 'cart' ? '' : 'prod'),
  ];
  if (service !== 'mailer') attributes.push(text('service.namespace', 'shop'));
  attributes.push(text('service.instance.id', `${service}-1`), text('k8s.pod', `pod ${service}`));
  return { attributes };
}

class Trace {
  readonly #next: () => number;
  readonly #nowNs: bigint;
  readonly id: string;
  readonly spans = new Map<string, Span[]>();

  constructor(next: () => number, nowMs: number) {
    this.#next = next;
    this.#nowNs = BigInt(nowMs) * 1_000_000n;
    this.id = this.#hex(32);
  }

  #hex(digits: number): string {
    let out = '';
    while (out.length < digits) out += Math.floor(this.#next() * 16).toString(16);
    return /^0+$/.test(out) ? `1${out.slice(1)}` : out;
  }

  pick<T>(of: readonly T[]): T {
    return of[Math.floor(this.#next() * of.length)]!;
  }

  chance(share: number): boolean {
    return this.#next() < share;
  }

  /** Adds a span; returns its id. */
  span(service: string, kind: number, parent: string | undefined, attributes: Attribute[] = []): string {
    const spanId = this.#hex(16);
    const start = this.#nowNs - BigInt(Math.floor(this.#next() * 3e9));
    const length = BigInt(Math.floor(this.#next() ** 6 * 20e9));
    const failed = this.chance(0.15);
    const span: Span = {
      traceId: this.id,
      spanId,
      ...(parent !== undefined && { parentSpanId: parent }),
      name: this.pick(['GET /cart', 'POST /pay', 'búsqueda', '', 'x'.repeat(140)]),
      kind,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(this.chance(0.03) ? start - 5n : start + length),
      attributes: [
        ...attributes,
        { key: 'http.status', value: { intValue: this.pick(['200', '503', '-1']) } },
        { key: 'ratio', value: { doubleValue: this.pick([0.5, 0.25, 1]) } },
        { key: 'cached', value: { boolValue: this.chance(0.5) } },
        { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '7' }] } } },
        ...(this.chance(0.5) ? [text('service', 'clash'), text('a/b', 'slash')] : []),
      ],
      ...(this.chance(0.2) && {
        events: [{ timeUnixNano: String(start), name: 'exception', attributes: [text('m', 'boom')] }],
      }),
      ...(this.chance(0.1) && { links: [{ traceId: this.id, spanId, attributes: [text('why', 'batch')] }] }),
      ...(this.chance(0.3) && { traceState: 'vendor=1', flags: 257 }),
      ...(failed
        ? { status: { code: 2, message: this.pick(['timeout', '', 'ü'.repeat(40)]) } }
        : this.chance(0.3) && { status: { code: 1 } }),
    };
    const list = this.spans.get(service) ?? [];
    list.push(span);
    this.spans.set(service, list);
    return spanId;
  }

  /** One of the things that happen in a shop. */
  fill(): void {
    const [from, to] = [this.pick(SERVICES), this.pick(SERVICES)];
    const peer = [text('peer.service', this.pick(['stripe', 'maps']))];
    const root = this.chance(0.5)
      ? this.span(from, SERVER, undefined, this.chance(0.3) ? peer : [])
      : undefined;
    const database: Attribute[][] = [
      [text('db.name', 'orders')],
      [text('db.system', 'redis'), text('server.address', 'redis-1')],
      [
        text('db.namespace', 'users'),
        text('network.peer.address', '10.0.0.7'),
        text('network.peer.port', '5432'),
      ],
      [text('db.system.name', 'mysql'), text('peer.service', 'db-proxy')],
    ];
    switch (Math.floor(this.#next() * 6)) {
      case 0:
        this.span(to, SERVER, this.span(from, CLIENT, root));
        break;
      case 1:
        this.span(to, CONSUMER, this.span(from, PRODUCER, root));
        break;
      case 2:
        this.span(from, CLIENT, root, this.pick(database));
        break;
      case 3:
        this.span(from, CLIENT, root, peer);
        break;
      case 4:
        this.span(from, CLIENT, root);
        break;
      default:
        this.span(to, SERVER, '00000000000000aa');
        this.span(from, 1, root);
    }
  }
}

/** Bodies of so many traces, each whole in one request. */
export function traffic(seed: number, traces: number, nowMs: number): string[] {
  const next = random(seed);
  return Array.from({ length: traces }, () => {
    const trace = new Trace(next, nowMs);
    trace.fill();
    const resourceSpans = [...trace.spans].map(([service, spans]) => ({
      resource: resourceOf(service),
      scopeSpans: [{ scope: { name: 'test' }, spans }],
    }));
    return JSON.stringify({ resourceSpans });
  });
}
