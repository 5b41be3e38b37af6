/** What this server does for others: questions, rules, sending metrics and alerts on. */

import { type Finding, finder } from '../finding.ts';
import type { Snapshot } from '../snapshot.ts';
import { bytesText, countText, MINUTE_MS, RECENT_MS, senderText, spanText, timeText } from '../words.ts';

const findQuery = finder('queries');
const findRule = finder('rules');
const findSent = finder('sending');

const SHOWN_MAX = 8;

export function failedQuestions(s: Snapshot): Finding[] {
  const recent = s.failedQuestions.filter(({ lastMs }) => s.nowMs - lastMs <= RECENT_MS);
  if (recent.length === 0) return [findQuery('failed', 'ok', 'no query failed in the last 15m')];
  return recent.slice(0, SHOWN_MAX).map((q) => {
    const evidence = {
      path: q.path,
      status: q.status,
      count: q.count,
      last: timeText(q.lastMs),
      message: q.message,
      ...(q.query !== '' && { query: q.query }),
      ...(q.agent !== '' && { agent: q.agent }),
    };
    const summary = `${q.path} fails, ${countText(q.count, 'time')}${senderText(q)}: ${messageOf(q.message)}`;
    return findQuery('failed', 'warn', summary, evidence, queryRemedy(q));
  });
}

/** Of Prometheus' envelope the error alone. */
function messageOf(body: string): string {
  const text = /"error":"((?:[^"\\]|\\.)*)/.exec(body)?.[1] ?? body;
  return text.split('\n', 1)[0]!.slice(0, 200);
}

function queryRemedy({ message, status }: { readonly message: string; readonly status: number }): string {
  if (/time(d )?out|deadline|cut off/i.test(message) || status === 504) {
    return 'narrow the query or its range, use a recording rule, or raise --query.timeout';
  }
  if (/samples|bytes|limit/i.test(message) && status !== 400) {
    return 'the query holds more than it may: narrow it, or raise --query.max-samples or --query.max-bytes';
  }
  if (status === 401 || /org id/i.test(message)) {
    return 'the data source needs a tenant: in Grafana a custom HTTP header X-Scope-OrgID';
  }
  if (status === 403) return 'the credential of the data source has not the scope `read` for this tenant';
  if (status === 503 || status === 429)
    return 'the server is busy or stopping; if it goes on, see the findings on the process';
  return 'the message says what is wrong with the query; docs/compat has what differs from the original';
}

export function grafana({ surfaces, nowMs }: Snapshot): Finding[] {
  const asked = surfaces.filter(({ grafanaMs }) => grafanaMs !== undefined);
  if (asked.length === 0) return [];
  const names = asked
    .map(({ surface, grafanaMs }) => `${surface} ${spanText(nowMs - grafanaMs!)} ago`)
    .join(', ');
  const evidence = Object.fromEntries(asked.map((a) => [a.surface, timeText(a.grafanaMs!)]));
  return [findQuery('grafana', 'ok', `Grafana asks: ${names}`, { ...evidence, version: asked[0]!.grafana })];
}

export function slowQuestions({ readings, config }: Snapshot): Finding[] {
  const slow = readings.sum('trilite_slow_queries_total');
  const all = readings.sum('trilite_query_duration_seconds_count');
  if (slow === 0 || slow < all * 0.01) return [];
  const summary = `${countText(slow, 'query', 'queries')} of ${all} since the start took longer than ${spanText(config.slowQueryMs)}`;
  return [
    findQuery(
      'slow',
      'info',
      summary,
      { slow, all },
      'the log names them ("slow query"); recording rules make dashboards fast',
    ),
  ];
}

export function rules({ rules: groups }: Snapshot): Finding[] {
  const failing = groups.flatMap((group) => group.failing.map((rule) => ({ ...rule, group: group.group })));
  const found = failing
    .slice(0, SHOWN_MAX)
    .map(({ group, name, error }) =>
      findRule(
        'failing',
        'problem',
        `rule ${name} of group ${group} fails: ${error}`,
        { group, rule: name, error },
        '`trilite check rules FILE` checks it; what fails while it runs is fixed in the query',
      ),
    );
  for (const { group, intervalMs, evaluationMs } of groups) {
    if (evaluationMs <= intervalMs) continue;
    const summary = `group ${group} takes ${spanText(evaluationMs)} to evaluate, longer than its interval of ${spanText(intervalMs)}: evaluations are left out`;
    found.push(
      findRule(
        'slow',
        'warn',
        summary,
        { group, seconds: evaluationMs / 1000 },
        'a longer interval for the group, or split it: rules of a group run one after another',
      ),
    );
  }
  if (found.length > 0 || groups.length === 0) return found;
  return [
    findRule('any', 'ok', `${countText(groups.length, 'rule group')}, none fails`, { groups: groups.length }),
  ];
}

const REMOTE = 'prometheus_remote_storage_';
const LAG_MAX_SECONDS = 120;
/** Kept on disk for a remote. */
const QUEUE_MAX_BYTES = 256 * 1024 * 1024;

export function remotes({ readings }: Snapshot): Finding[] {
  const newest = readings.sum(`${REMOTE}highest_timestamp_in_seconds`);
  const found: Finding[] = [];
  const shown = readings.of(`${REMOTE}queue_highest_sent_timestamp_seconds`);
  for (const { labels, value: sent } of shown) {
    const lag = newest - sent;
    const failed = readings.sum(`${REMOTE}samples_failed_total`, labels);
    const retried = readings.sum(`${REMOTE}samples_retried_total`, labels);
    const waiting = readings.sum('trilite_remote_write_queue_bytes', labels);
    const name = labels.remote_name || labels.url || 'remote';
    const evidence = { remote: name, lag_seconds: Math.round(lag), failed, retried, waiting_bytes: waiting };
    if (failed > 0) {
      const summary = `remote_write to ${name}: ${countText(failed, 'sample')} refused there and given up`;
      found.push(
        findSent(
          'remote_failed',
          'problem',
          summary,
          evidence,
          'the log has what it answers: credentials, limits of the tenant, or samples it does not take',
        ),
      );
    }
    if (newest > 0 && (lag > LAG_MAX_SECONDS || waiting > QUEUE_MAX_BYTES)) {
      const summary = `remote_write to ${name} is ${spanText(lag * 1000)} behind, ${bytesText(waiting)} wait for it alone`;
      const remedy =
        retried > 0
          ? 'it does not answer or asks to wait (the log has what it says); sending goes on where it was, up to remote_write.queue_size'
          : 'raise queue_config: max_shards or max_samples_per_send, or send less (write_relabel_configs)';
      found.push(findSent('remote_lag', 'warn', summary, evidence, remedy));
    }
  }
  if (found.length > 0 || shown.length === 0) return found;
  return [findSent('remotes', 'ok', `${countText(shown.length, 'remote')} of remote_write up to date`)];
}

/** Receivers of the built-in Alertmanager. */
export function receivers({ notifying, rules: groups }: Snapshot): Finding[] {
  const { whyNobody, failing } = notifying;
  const found = failing
    .slice(0, SHOWN_MAX)
    .map(({ receiver, integration, error, sinceMs, notifications: count }) => {
      const since = timeText(sinceMs);
      const summary = `receiver ${receiver} (${integration}) is not told of alerts since ${since}: ${error}`;
      return findSent(
        'receiver_failed',
        'problem',
        summary,
        { receiver, integration, since, notifications: count, error },
        'its address, its key and what is in the way; it is tried again at every look at its groups, and /api/v1/trilite/notifications has what was not delivered',
      );
    });
  const alerting = groups.reduce((sum, group) => sum + group.alertingRules, 0);
  if (whyNobody === '' || alerting === 0) return found;
  const summary = `${countText(alerting, 'alerting rule')}, and nobody is told: ${whyNobody}`;
  const remedy =
    'an alertmanager.yml with --alertmanager.config, or alerting: alertmanagers: for other ones (docs/alerting.md)';
  return [...found, findSent('nobody_told', 'info', summary, { rules: alerting }, remedy)];
}

const ALERTS = 'prometheus_notifications_';

export function notifications({ readings, nowMs, startMs }: Snapshot): Finding[] {
  const found: Finding[] = [];
  for (const { labels, value } of readings.of(`${ALERTS}errors_total`)) {
    if (value === 0) continue;
    const summary = `${countText(value, 'alert')} could not be sent to ${labels.alertmanager} since the start`;
    found.push(
      findSent(
        'alerts_failed',
        'problem',
        summary,
        { ...labels, failed: value },
        'does that Alertmanager run, at that address and path (alerting: alertmanagers: scheme, path_prefix, api_version: v2)? The log has its answer',
      ),
    );
  }
  const waiting = readings.sum(`${ALERTS}queue_length`);
  const capacity = readings.sum(`${ALERTS}queue_capacity`);
  if (capacity > 0 && waiting > capacity / 2) {
    const summary = `${countText(waiting, 'alert')} wait to be sent, of ${capacity} that may`;
    found.push(
      findSent(
        'alerts_waiting',
        'warn',
        summary,
        { waiting, capacity },
        'an Alertmanager is slow or away; --alertmanager.notification-queue-capacity',
      ),
    );
  }
  const sent = readings.sum(`${ALERTS}sent_total`);
  if (found.length === 0 && sent > 0 && nowMs - startMs > MINUTE_MS) {
    found.push(findSent('alerts', 'ok', `${countText(sent, 'alert')} sent, none failed`, { sent }));
  }
  return found;
}
