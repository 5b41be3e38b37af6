/**
 * What of an answer must be the same on two servers: ids become the numbers of their silences, times that a server chose become
 * minutes from the begin. Older versions lack fields and have other words; what they are is said here.
 */

export interface Answer {
  readonly status: number;
  readonly text: string;
}

const TIME = /"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"/g;
/** Came with 0.34. */
const NEWEST_FIELD = 'routeLabels';
/** Came after 0.25. */
const NEWER_FIELD = 'mutedBy';

/** `ids` are those of the silences that the server has made. */
export function comparable(answer: Answer, ids: readonly string[], startMs: number, isOld: boolean): string {
  let text = answer.text;
  ids.forEach((id, i) => {
    text = text.replaceAll(id, `{${i}}`);
  });
  text = text.replaceAll(TIME, (_, iso: string) => `"${timeOf(Date.parse(iso), iso, startMs)}"`);
  const status = isOld && answer.status === 500 && text === '"silence not found"\n' ? 404 : answer.status;
  return `${status} ${isOld ? older(status, text) : sorted(text)}`;
}

/** Times of a session are whole minutes from its begin, to the millisecond; others are when something happened. */
function timeOf(ms: number, iso: string, startMs: number): string {
  if ((ms - startMs) % 60_000 === 0 || ms < 0) return iso;
  return `about ${Math.round((ms - startMs) / 60_000)}m`;
}

/** Brings both to what the older version says. */
function older(status: number, text: string): string {
  const words = text
    .replaceAll('invalid silence: ', 'silence invalid: ')
    .replaceAll(/ in set 0|matcher set 0: /g, '')
    .replace(/as \\"2006-01-02( 15:04:05)?\\"/, 'as a date')
    .replaceAll('\\n', '; ');
  return status === 404 ? '' : sorted(words, true);
}

/** Lists of ids have no order; silences that are alike by what they are sorted by have none either. */
function sorted(text: string, isOld = false): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  const out = JSON.stringify(value, (key, v: unknown) => {
    if (key === NEWEST_FIELD || (isOld && key === NEWER_FIELD)) return undefined;
    if (key === 'silencedBy') return [...(v as string[])].sort();
    return v;
  });
  if (!Array.isArray(value)) return out;
  const items = (JSON.parse(out) as unknown[]).map((item) => [orderOf(item), item] as const);
  for (const [, item] of items) if (isOld && isReceiver(item)) delete (item as { labels?: unknown }).labels;
  if (items.every(([order]) => order === undefined)) return JSON.stringify(items.map(([, item]) => item));
  const alike = Map.groupBy(items, ([order]) => order);
  return JSON.stringify(
    [...alike].map(([order, list]) => [order, list.map(([, i]) => JSON.stringify(i)).sort()]),
  );
}

function isReceiver(item: unknown): boolean {
  return (
    Object.keys(item as object)
      .sort()
      .join() === 'labels,name'
  );
}

/** What a silence is sorted by; undefined for what is none. */
function orderOf(item: unknown): string | undefined {
  const { matchers, status, startsAt, endsAt } = item as Record<string, unknown>;
  if (!matchers) return undefined;
  const { state } = status as { state: string };
  return `${state} ${state === 'pending' ? startsAt : endsAt}`;
}
