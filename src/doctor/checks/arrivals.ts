/** Whether data arrives: nothing since the start, nothing any more, or nothing but refusals. */

import { type Finding, finder } from '../finding.ts';
import { receiverWords } from '../receiver-names.ts';
import type { ReceiverState, Snapshot } from '../snapshot.ts';
import { countText, MINUTE_MS, percentText, spanText, timeText } from '../words.ts';

const find = finder('arrivals');

/** A server that has just begun may well have got nothing yet. */
const PATIENCE_MS = MINUTE_MS;
/** Silence that is no silence yet … */
const SILENCE_LEAST_MS = 5 * MINUTE_MS;
/** … and so many times the usual distance of two deliveries. */
const SILENCE_GAPS = 10;
/** Fewer deliveries have no usual distance. */
const DELIVERIES_LEAST = 3;
/** Refused of what came, from here on it is no accident. */
const REFUSED_SHARE = 0.01;

export function nothingArrives(s: Snapshot): Finding[] {
  const others = s.receivers.filter(
    ({ receiver }) => receiver !== 'rules' && receiver !== 'metrics_generator',
  );
  const came = others.filter((r) => r.total.accepted > 0 && !(r.receiver === 'scrape' && isOnlyItself(s)));
  if (came.length > 0) {
    const names = came.map(({ receiver }) => receiverWords(receiver).words).join(', ');
    return [find('any', 'ok', `data arrives by ${names}`, { receivers: came.length })];
  }
  const upMs = s.nowMs - s.startMs;
  const evidence = { up_for: spanText(upMs), scrape_jobs: s.config.scrapeJobs };
  const summary = `nothing has come in since the start ${spanText(upMs)} ago`;
  const remedy =
    'point a sender here: Prometheus remote_write url http://HOST:9090/api/v1/write, Loki push http://HOST:3100/loki/api/v1/push, OTLP http://HOST:4318 or gRPC HOST:4317; or scrape: --config prometheus.yml. `trilite doctor --send` tries every way in';
  return [find('any', upMs < PATIENCE_MS ? 'info' : 'warn', summary, evidence, remedy)];
}

/** Trilite's own metrics are no sign of life of anybody else. */
function isOnlyItself({ targets }: Snapshot): boolean {
  return targets.every(({ job }) => job === 'trilite');
}

export function stopped(s: Snapshot): Finding[] {
  const silent = s.receivers.filter((r) => isSilent(r, s.nowMs));
  if (silent.length === 0) return [find('stopped', 'ok', 'every receiver that got data still gets it')];
  return silent.map((r) => {
    const { words, path } = receiverWords(r.receiver);
    const evidence = {
      receiver: r.receiver,
      last: timeText(r.lastMs!),
      silent_for: spanText(s.nowMs - r.lastMs!),
      usual_gap: spanText(gapMs(r)),
      items_before: r.total.accepted,
    };
    const summary = `${words}: nothing for ${spanText(s.nowMs - r.lastMs!)}, before that something came every ${spanText(gapMs(r))}`;
    const remedy =
      path === undefined
        ? 'look at the findings on targets and rules, and at the log of this server'
        : `look at the sender's own log: is it running, does it still send to ${path}, what does it say it gets back? Nothing was refused if there is no finding on that here`;
    return find('stopped', 'warn', summary, evidence, remedy);
  });
}

function gapMs({ firstMs, lastMs, deliveries }: ReceiverState): number {
  return (lastMs! - firstMs!) / (deliveries - 1);
}

function isSilent(r: ReceiverState, nowMs: number): boolean {
  if (r.lastMs === undefined || r.deliveries < DELIVERIES_LEAST) return false;
  // What is refused as a whole is told of by itself.
  const { accepted, refused, failed } = r.recent[15];
  if (accepted === 0 && refused + failed > 0) return false;
  return nowMs - r.lastMs > Math.max(SILENCE_LEAST_MS, SILENCE_GAPS * gapMs(r));
}

export function refusedShare(s: Snapshot): Finding[] {
  const found = s.receivers.flatMap((r) => {
    const { accepted, refused, failed } = r.recent[15];
    if (refused + failed === 0) return [];
    const { words } = receiverWords(r.receiver);
    const evidence = { receiver: r.receiver, accepted, refused, failed_requests: failed };
    const remedy = 'the findings on refusals say why, and what to do';
    if (accepted === 0) {
      const summary = `${words}: everything that came in the last 15m was refused (${countText(refused, 'item')}, ${countText(failed, 'request')})`;
      return [find('refused', 'problem', summary, evidence, remedy)];
    }
    const share = refused / (accepted + refused);
    if (share < REFUSED_SHARE && failed === 0) return [];
    const summary = `${words}: of what came in the last 15m ${percentText(share)} was refused${failed > 0 ? `, and ${countText(failed, 'request')} as a whole` : ''}`;
    return [find('refused', 'warn', summary, evidence, remedy)];
  });
  return found.length > 0 ? found : [find('refused', 'ok', 'what came in the last 15m was taken')];
}
