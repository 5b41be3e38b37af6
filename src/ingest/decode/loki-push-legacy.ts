/**
 * The JSON body of Loki's old push endpoint: `{"streams":[{"labels":"{a=\"b\"}","entries":[{"ts":"<RFC 3339>",
 * "line":"…"}]}]}`. Its protobuf body is that of the new endpoint (`loki-push.ts`).
 */

import { DEFAULT_LOG_LIMITS } from '../../model/limits.ts';
import { asBadData } from './bad-data.ts';
import type { LogDecode, OpenStream } from './log-batch-builder.ts';
import { BAD_PUSH } from './loki-push.ts';
import { PushJson } from './loki-push-json.ts';

const NS_PER_MS = 1_000_000;
const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/** Milliseconds and the nanoseconds within, or undefined where the text is no RFC 3339 time. */
export function parseRfc3339(text: string): { readonly ms: number; readonly ns: number } | undefined {
  const m = RFC3339.exec(text);
  if (!m) return undefined;
  const [year, month, day, hour, minute, second] = m.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // A day or month that does not exist would roll over.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || Number(m[9] ?? 0) > 23 || Number(m[10] ?? 0) > 59)
    return undefined;
  const zoneMinutes = (m[8] === '-' ? -1 : 1) * (Number(m[9] ?? 0) * 60 + Number(m[10] ?? 0));
  const seconds = date.getTime() / 1000 + hour * 3600 + (minute - zoneMinutes) * 60 + second;
  const nanos = Number((m[7] ?? '').padEnd(9, '0').slice(0, 9));
  return { ms: seconds * 1000 + Math.floor(nanos / NS_PER_MS), ns: nanos % NS_PER_MS };
}

/** Decodes a legacy JSON push. Results and errors as of `decodeLokiPushJson`. */
export function decodeLokiPushLegacy(
  body: Uint8Array,
  nowMs: number,
  limits = DEFAULT_LOG_LIMITS,
): LogDecode {
  const copy = body.slice();
  return asBadData(BAD_PUSH, () => new LegacyDecoder(copy, nowMs, limits).run());
}

class LegacyDecoder extends PushJson {
  protected override stream(): void {
    const json = this.json;
    let labels = '';
    let entriesAt = -1;
    json.members((key) => {
      if (key === 'labels') labels = this.#isNull() ? '' : json.string();
      else if (key === 'entries') entriesAt = json.skipUnread();
      else json.skip();
    });
    const end = json.pos;
    const stream = this.builder.openText(labels);
    if (entriesAt < 0) return;
    json.pos = entriesAt;
    json.elements(() => this.#entry(stream));
    json.pos = end;
  }

  /** One without labels and entries. */
  protected override nullStream(): void {
    this.builder.openText('');
  }

  /** Whether a null comes, which is then behind. */
  #isNull(): boolean {
    if (this.json.next() !== 'null') return false;
    this.json.null();
    return true;
  }

  #entry(stream: OpenStream): void {
    const json = this.json;
    let time: { readonly ms: number; readonly ns: number } = { ms: 0, ns: 0 };
    let lineFrom = 0;
    let lineTo = 0;
    json.members((key) => {
      if (key === 'ts' || key === 'timestamp') {
        const text = json.string();
        time = parseRfc3339(text) ?? json.fail(`parsing time ${JSON.stringify(text)} as RFC 3339`);
      } else if (key === 'line') {
        if (this.#isNull()) return;
        json.stringRange();
        lineFrom = json.from;
        lineTo = json.to;
      } else json.skip();
    });
    this.builder.entry(stream, time.ms, time.ns, lineFrom, lineTo);
  }
}
