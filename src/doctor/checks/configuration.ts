/** The configuration: readings that failed, what is not heeded, who can reach the ports. */

import { type Finding, finder } from '../finding.ts';
import type { Snapshot } from '../snapshot.ts';
import { DAY_MS, spanText, timeText } from '../words.ts';

const find = finder('configuration');

/** Of a certificate's time: renewing takes a while, and none is left at the end. */
const EXPIRY_WARN_MS = 14 * DAY_MS;
const EXPIRY_PROBLEM_MS = 2 * DAY_MS;
/** When certificates end, in Unix seconds. */
const EXPIRY_METRIC = /certificate.*(expiry|not_after)/;

export function reading({ config }: Snapshot): Finding[] {
  const { failure, loadedMs, file } = config;
  const evidence = { file: file ?? '', in_force_since: timeText(loadedMs) };
  if (failure === undefined) {
    const summary =
      file === undefined ? 'no configuration file; everything is as by default' : `${file} is in force`;
    return [find('reading', 'ok', summary, evidence)];
  }
  const summary = `the configuration was changed and not taken in, the one of before stays: ${failure}`;
  const remedy = `\`trilite check config ${file ?? 'FILE'}\` says where it is wrong; a good one is taken in by itself`;
  return [find('reading', 'problem', summary, { ...evidence, failure }, remedy)];
}

export function warnings({ config }: Snapshot): Finding[] {
  return config.warnings.map((warning) =>
    find(
      'warning',
      'info',
      warning,
      {},
      'take it out of the configuration, or see docs/configuration.md for what stands for it here',
    ),
  );
}

export function reach(s: Snapshot): Finding[] {
  const { listeners, authenticates } = s.config;
  const open = listeners.filter(({ isLoopback }) => !isLoopback);
  if (open.length === 0) {
    const ports = listeners.map(({ port }) => port).join(', ');
    const evidence = { ports };
    const hint =
      'senders on other machines and in containers do not reach 127.0.0.1: --http 0.0.0.0:9090 (repeatable) and --otlp-grpc 0.0.0.0:4317, with authentication and a firewall';
    if (s.host.isContainer) {
      return [
        find(
          'loopback',
          'warn',
          'this server runs in a container and listens on its loopback alone: nobody outside reaches it',
          evidence,
          hint,
        ),
      ];
    }
    const hasOutside = s.receivers.some(
      ({ receiver, deliveries }) => deliveries > 0 && receiver !== 'scrape' && receiver !== 'rules',
    );
    return [
      find(
        'loopback',
        hasOutside ? 'ok' : 'info',
        'listening on this machine alone (127.0.0.1)',
        evidence,
        ...(hasOutside ? [] : [hint]),
      ),
    ];
  }
  const addresses = open.map(({ host, port }) => `${host}:${port}`).join(', ');
  if (authenticates)
    return [
      find('exposed', 'ok', `reached from outside at ${addresses}, with authentication`, { addresses }),
    ];
  const remedy =
    'switch authentication on, let a proxy ask for credentials, or listen on 127.0.0.1 and keep the firewall closed';
  return [
    find(
      'exposed',
      'warn',
      `anybody who reaches ${addresses} may read and write: there is no authentication`,
      { addresses },
      remedy,
    ),
  ];
}

export function certificates({ readings, nowMs }: Snapshot): Finding[] {
  return readings.matching(EXPIRY_METRIC).flatMap(({ labels, value }) => {
    const leftMs = value * 1000 - nowMs;
    if (value <= 0 || leftMs > EXPIRY_WARN_MS) return [];
    const name = Object.values(labels).join(' ') || 'the certificate';
    const evidence = { ...labels, not_after: timeText(value * 1000) };
    const summary =
      leftMs <= 0 ? `${name} has expired ${spanText(leftMs)} ago` : `${name} expires in ${spanText(leftMs)}`;
    return [
      find(
        'certificate',
        leftMs < EXPIRY_PROBLEM_MS ? 'problem' : 'warn',
        summary,
        evidence,
        'renew it: the files are read again by themselves',
      ),
    ];
  });
}

/** Monitors and rules of a cluster that are not at work. */
export function clusterResources({ readings }: Snapshot): Finding[] {
  const metric = 'prometheus_operator_managed_resources';
  const rejected = readings
    .of(metric)
    .filter(({ labels, value }) => labels.state === 'rejected' && value > 0);
  return rejected.map(({ labels: { resource = '' }, value }) => {
    const all = readings.sum(metric, { resource, state: 'selected' });
    return find(
      'cluster_resources',
      'warn',
      `${value} of ${all} resources of kind ${resource} in the cluster are wrong and not at work as they are`,
      { resource, rejected: value, selected: all },
      '/api/v1/trilite/operator says what is wrong with each; docs/prometheus-operator.md',
    );
  });
}
