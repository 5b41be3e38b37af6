/** What was refused, by reason, with what puts it right. */

import { type Finding, finder, type Severity } from '../finding.ts';
import { receiverWords } from '../receiver-names.ts';
import type { RefusalState, Snapshot } from '../snapshot.ts';
import { bytesText, countText, RECENT_MS, senderText, spanText, timeText } from '../words.ts';

const find = finder('refusals');

/** More findings than these are no more read; the newest come first. */
const SHOWN_MAX = 12;

/** What is lost is a problem; what its sender sends again, or did not want any more, is none by itself. */
const SEVERITY: Readonly<Record<string, Severity>> = {
  canceled: 'info',
  duplicate_timestamp: 'warn',
  overloaded: 'warn',
  rate_limited: 'warn',
  rate_limit: 'warn',
};

type Remedy = (refusal: RefusalState, snapshot: Snapshot) => string;

const SYNC_CLOCKS =
  "set the sender's clock by NTP (`timedatectl status` there); see the findings on clocks for which side is off";

/** By reason; what is true of one receiver or message alone stands before in `remedyOf`. */
const REMEDIES: Readonly<Record<string, Remedy>> = {
  out_of_order: () =>
    'an older sample than its series has, of two senders for one series or of a retry: give each sender labels of its own (external_labels, host.name), or widen storage: tsdb: out_of_order_time_window (any order is taken without it), for logs trilite: limits: logs: out_of_order_window',
  duplicate_timestamp: () =>
    'two senders write one series: give each labels of its own (Prometheus: global: external_labels: {replica: …}; OpenTelemetry: service.instance.id or host.name)',
  too_old: () =>
    `older than trilite: limits: max_age allows; raise it, set 0 to take any age, or let the sender give up what it queued for so long. If the data is new, ${SYNC_CLOCKS}`,
  too_far_in_future: () => `more than 10m ahead of this machine's clock: ${SYNC_CLOCKS}`,
  unsupported: ({ receiver, contentType }) =>
    `send ${receiverWords(receiver).takes}${contentType === '' ? '; the request named no Content-Type' : `; it named ${contentType}`}. In the collector that is the exporter's encoding and compression`,
  bad_data: ({ receiver }) =>
    `the body is not what ${receiverWords(receiver).path ?? 'this receiver'} takes (${receiverWords(receiver).takes}): is the sender's protocol that of the path it sends to, and does nothing on the way change the body?`,
  too_large: () =>
    'send smaller batches: collector batch processor send_batch_max_size, Prometheus queue_config: max_samples_per_send, Promtail batchsize',
  overloaded: (_, { config }) =>
    `memory was short (limit ${bytesText(config.memoryBytes)}); the sender tries again. If it goes on: raise trilite: limits: memory, or send less at a time`,
  unauthorized: () =>
    'send the tenant (header X-Scope-OrgID: Prometheus remote_write headers, Promtail tenant_id, collector exporter headers) and credentials where the server asks for them',
  forbidden: () =>
    'the credential has not the scope `ingest`, or not for that tenant: give it both where the configuration names it',
  rate_limited: () => 'raise the rate of that tenant in trilite: limits, or have the sender send less',
  rate_limit: () =>
    'raise trilite: limits: logs: ingestion_rate and ingestion_burst_size (or the rate of a stream), or drop lines at the sender',
  stream_limit: () =>
    'labels with many values make many streams: put them into structured metadata or the line, or raise trilite: limits: logs: max_streams',
  invalid_labels: () =>
    'the sender makes label names or values that cannot be: look at the example, drop or rename the label by relabelling (write_relabel_configs, labeldrop)',
  invalid_id: () =>
    'trace ids have 16 bytes and span ids 8, and are not all zero: the SDK or a processor breaks them',
  limit: () =>
    'an item is past a limit; the message names it. Raise it in trilite: limits or shorten what is sent',
  untranslatable: () =>
    'send these metrics to /v1/metrics instead: there the good ones of a request are kept',
  canceled: () =>
    'the sender went away before its answer: raise its timeout (Prometheus remote_timeout, collector exporter timeout) if this goes on, and look at the findings on the process',
  internal: () => 'an error of this server: its log has it; please report it',
};

const DELTA = /temporality|delta/i;

function remedyOf(refusal: RefusalState, snapshot: Snapshot): string {
  const { receiver, message, agent, reason } = refusal;
  if (DELTA.test(message) && snapshot.config.delta === 'refuse') {
    return 'set trilite: otlp: delta: cumulative (deltas are added up here), or have the SDK send totals: OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=cumulative';
  }
  if (receiver === 'loki_push' && /^(Prometheus|prometheus)\//.test(agent)) {
    return 'a Prometheus sends remote-write to the path of logs: its remote_write url is http://HOST:9090/api/v1/write';
  }
  if (receiver.startsWith('remote_write') && /promtail|alloy.*loki|fluent/i.test(agent)) {
    return 'logs come to the path of metrics: their URL is http://HOST:3100/loki/api/v1/push';
  }
  return (
    REMEDIES[reason]?.(refusal, snapshot) ??
    'the message says what is wrong with the items; look at the example'
  );
}

/** Deltas have no reason of their own. */
function idOf({ reason, message }: RefusalState): string {
  return DELTA.test(message) ? 'delta' : reason;
}

export function refusals(s: Snapshot): Finding[] {
  const recent = s.refusals.filter(({ lastMs }) => s.nowMs - lastMs <= RECENT_MS);
  const before = s.refusals.length - recent.length;
  const found = recent.slice(0, SHOWN_MAX).map((refusal) => {
    const { receiver, reason, count, isWhole, tenant } = refusal;
    const items = isWhole ? countText(count, 'request') : countText(count, itemName(receiver));
    const whose = tenant === '' ? '' : ` of tenant ${JSON.stringify(tenant)}`;
    const { words } = receiverWords(receiver);
    const summary = `${words}: ${items}${whose}${senderText(refusal)} refused: ${firstLine(refusal.message) || reason}`;
    return find(
      idOf(refusal),
      SEVERITY[reason] ?? 'problem',
      summary,
      evidenceOf(refusal),
      remedyOf(refusal, s),
    );
  });
  if (recent.length > SHOWN_MAX) {
    found.push(find('more', 'info', `and ${recent.length - SHOWN_MAX} more kinds of refusals`));
  }
  if (found.length === 0) found.push(find('any', 'ok', 'nothing was refused in the last 15m'));
  if (before > 0) {
    const newest = Math.max(...s.refusals.filter((r) => !recent.includes(r)).map((r) => r.lastMs));
    const ago = spanText(s.nowMs - newest);
    found.push(
      find('before', 'info', `${countText(before, 'kind')} of refusals came earlier, the last ${ago} ago`),
    );
  }
  return found;
}

function evidenceOf(r: RefusalState) {
  const texts = {
    tenant: r.tenant,
    message: r.message,
    example: r.example,
    peer: r.peer,
    agent: r.agent,
    content_type: r.contentType,
  };
  return {
    receiver: r.receiver,
    reason: r.reason,
    count: r.count,
    first: timeText(r.firstMs),
    last: timeText(r.lastMs),
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')),
  };
}

function itemName(receiver: string): string {
  const { signal } = receiverWords(receiver);
  return signal === 'metrics' ? 'sample' : signal === 'logs' ? 'log line' : 'span';
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}
