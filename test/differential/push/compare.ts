/** One request to both systems: statuses, bodies, and what is there afterwards. */

import { request as httpRequest } from 'node:http';
import { apiUrl } from '../../support/http-api.ts';
import type { PushRequest } from './requests.ts';

export interface Outcome {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** Entries as text, sorted. */
  readonly stored: readonly string[];
}

/** By hand: `fetch` adds headers of its own. */
function send(base: string, { path, headers, body }: PushRequest): Promise<Omit<Outcome, 'stored'>> {
  return new Promise((resolve, reject) => {
    const url = new URL(path, base);
    const outgoing = httpRequest(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': body.length },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode!,
          type: answer.headers['content-type'] ?? '',
          body: Buffer.concat(pieces).toString(),
        }),
      );
    });
    outgoing.end(body);
  });
}

interface Answer {
  readonly data: {
    readonly result: readonly {
      readonly stream: Readonly<Record<string, string>>;
      readonly values: readonly (readonly [ns: string, line: string, parts?: object])[];
    }[];
  };
}

const sorted = (of: object): string =>
  JSON.stringify(Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1)));

async function readBack(base: string, selector: string, nowMs: number): Promise<string[]> {
  const url = apiUrl(base, '/loki/api/v1/query_range', {
    query: selector,
    start: String((nowMs - 3_600_000) * 1e6),
    end: String((nowMs + 1_800_000) * 1e6),
    limit: 5000,
    direction: 'forward',
  });
  const answer = await fetch(url, { headers: { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' } });
  const text = await answer.text();
  if (answer.status !== 200) return [`reading back: ${answer.status} ${text}`];
  const { data } = JSON.parse(text) as Answer;
  const lines = data.result.flatMap(({ stream, values }) =>
    values.map(([ns, line, parts]) => {
      const { structuredMetadata = {} } = (parts ?? {}) as { structuredMetadata?: object };
      return `${sorted(stream)} ${ns} ${JSON.stringify(line)} ${sorted(structuredMetadata)}`;
    }),
  );
  return lines.sort();
}

export async function ask(base: string, request: PushRequest, nowMs: number): Promise<Outcome> {
  const answer = await send(base, request);
  return { ...answer, stored: await readBack(base, request.selector, nowMs) };
}

/** Of several messages in one answer the original tells in no order. */
function messages(body: string): string {
  return body.trimEnd().split('; ').sort().join('; ');
}

/** Words of the original's libraries on what cannot be read: that it is said counts, not how. */
const LIBRARY_WORDS = [
  /^(push\.PushRequest|loghttp\.PushRequest|logproto\.PushRequest|ReadObject|ReadString|ReadArray|readObject|skip|decode)/i,
  /MalformedJson|Malformed|Key path not found|Value is not|found unknown|expect |unexpected EOF|^EOF|error found in #|strconv\.|parsing time/,
  /proto: |^timestamp: |snappy: |gzip: |flate: |zstd|lz4|magic number|readObjectFieldAsBytes|ReadMapCB|ReadUint64|bad pattern/i,
] as const;

const SHOWN_MAX = 900;

function shown(value: unknown): string {
  const text = String(value);
  if (text.length <= SHOWN_MAX) return text;
  return `${text.slice(0, SHOWN_MAX / 2)} … ${text.slice(-SHOWN_MAX / 2)}`;
}

/** What the two outcomes differ in; none where they are alike. */
export function differences(theirs: Outcome, ours: Outcome): string[] {
  const out: string[] = [];
  const differ = (what: string, a: unknown, b: unknown): void => {
    if (a !== b) out.push(`${what}: theirs ${shown(a)}\n${' '.repeat(what.length)}    ours   ${shown(b)}`);
  };
  differ('status', theirs.status, ours.status);
  differ('type', theirs.type, ours.type);
  const inTheirWords =
    theirs.status === 400 && ours.status === 400 && LIBRARY_WORDS.some((w) => w.test(theirs.body));
  if (!inTheirWords) differ('body', messages(theirs.body), messages(ours.body));
  const a = new Set(theirs.stored);
  const b = new Set(ours.stored);
  const missing = theirs.stored.filter((e) => !b.has(e));
  const extra = ours.stored.filter((e) => !a.has(e));
  if (missing.length + extra.length > 0 || theirs.stored.length !== ours.stored.length) {
    out.push(`stored: theirs ${theirs.stored.length}, ours ${ours.stored.length}`);
    for (const e of missing.slice(0, 3)) out.push(`  - ${e.slice(0, 600)}`);
    for (const e of extra.slice(0, 3)) out.push(`  + ${e.slice(0, 600)}`);
  }
  return out;
}
