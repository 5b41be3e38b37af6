/**
 * `alerting:` of the configuration file: where alerts are sent, and how they are relabelled before. `trilite.alerting` has
 * what the original has flags for.
 */

import type { NameValidation, RelabelConfig } from '../model/relabel.ts';
import { DEFAULT_ALERTING, DEFAULT_ALERTMANAGER } from '../rules/notify/alertmanager-config.ts';
import { checkStaticTargets, DISCOVERY_KEYS, readDiscovery } from './discovery-section.ts';
import { HTTP_CLIENT_KEYS, readHttpClient } from './http-client-section.ts';
import { positiveDuration } from './node-values.ts';
import { readRelabel } from './scrape-section.ts';
import type { AlertingConfig } from './settings.ts';
import type { Warnings } from './warnings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

const API_VERSION = 'v2';

const ALERTMANAGER_KEYS: readonly string[] = [
  ...['scheme', 'path_prefix', 'timeout', 'api_version', 'relabel_configs', 'alert_relabel_configs', 'sigv4'],
  ...HTTP_CLIENT_KEYS,
  ...DISCOVERY_KEYS,
];
/** Kinds of credentials, of which one may be given. */
const CREDENTIAL_KEYS = ['basic_auth', 'authorization', 'oauth2'];

export function readAlerting(
  node: YamlNode,
  base: AlertingConfig,
  nameValidation: NameValidation,
  warnings: Warnings,
): AlertingConfig {
  const fields = node.fields(['alert_relabel_configs', 'alertmanagers']);
  return {
    ...base,
    nameValidation,
    alertRelabelConfigs: readRelabels(fields, 'alert_relabel_configs', nameValidation),
    alertmanagers: fields.read(
      'alertmanagers',
      (v) =>
        v.list().map((item) => readAlertmanager(item.fields(ALERTMANAGER_KEYS), nameValidation, warnings)),
      [],
    ),
  };
}

function readAlertmanager(
  fields: Fields,
  nameValidation: NameValidation,
  warnings: Warnings,
): AlertingConfig['alertmanagers'][number] {
  const d = DEFAULT_ALERTMANAGER;
  const version = fields.get('api_version');
  if (version && version.string() !== API_VERSION) {
    const message = `expected Alertmanager api version to be one of [${API_VERSION}] but got ${version.string()}`;
    version.fail(message);
  }
  const sigv4 = fields.get('sigv4');
  if (sigv4) {
    const others = CREDENTIAL_KEYS.some((key) => fields.get(key));
    if (others) sigv4.fail('at most one of basic_auth, authorization, oauth2, & sigv4 must be configured');
    warnings.add(sigv4, 'is not supported and is ignored');
  }
  const relabelConfigs = readRelabels(fields, 'relabel_configs', nameValidation);
  const statics = fields.get('static_configs');
  if (statics && relabelConfigs.length === 0) checkStaticTargets(statics);
  return {
    scheme: fields.read('scheme', (v) => v.oneOf(['http', 'https'] as const), d.scheme),
    pathPrefix: fields.read('path_prefix', (v) => v.string(), d.pathPrefix),
    timeoutMs: fields.read('timeout', positiveDuration, d.timeoutMs),
    relabelConfigs,
    alertRelabelConfigs: readRelabels(fields, 'alert_relabel_configs', nameValidation),
    client: readHttpClient(fields, warnings),
    ...readDiscovery(fields, warnings),
  };
}

function readRelabels(fields: Fields, key: string, nameValidation: NameValidation): readonly RelabelConfig[] {
  return fields.read(key, (v) => v.list().map((rule) => readRelabel(rule, nameValidation)), []);
}

/** `trilite.alerting`. */
export function readAlertingSettings(node: YamlNode, base: AlertingConfig): AlertingConfig {
  const fields = node.fields(['queue_capacity', 'batch_size', 'drain_on_shutdown']);
  return {
    ...base,
    queueCapacity: fields.read('queue_capacity', (v) => v.count(), base.queueCapacity),
    batchSize: fields.read('batch_size', readBatchSize, base.batchSize),
    drainsOnShutdown: fields.read('drain_on_shutdown', (v) => v.boolean(), base.drainsOnShutdown),
  };
}

/** 0 is the default, as it is for the original. */
function readBatchSize(node: YamlNode): number {
  return node.count() || DEFAULT_ALERTING.batchSize;
}
