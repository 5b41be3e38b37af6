/**
 * The relabelling that monitors, and resources like them, stand for: which of the targets that discovery finds are meant, and the labels that users of the
 * Operator know (`namespace`, `pod`, `container`, `service`, `endpoint`, `job`). Order matters: what a user writes comes last and
 * sees all of it.
 */

import { TriliteError } from '../model/errors.ts';
import type { YamlFields } from './client-fields.ts';
import type { Endpoint, LabelSelector, RelabelFields } from './resources.ts';

/** Whose labels a selector is about. */
export type LabelledObject = 'pod' | 'service' | 'ingress';

/** Keeps what the job was called where relabelling takes its place. */
export const JOB_NAME_RULE: YamlFields = {
  source_labels: ['job'],
  target_label: '__tmp_prometheus_job_name',
};

/** Pods that have ended have nothing to tell. */
export const RUNNING_RULE: YamlFields = {
  action: 'drop',
  source_labels: ['__meta_kubernetes_pod_phase'],
  regex: '(Failed|Succeeded)',
};

/** As discovery writes a label's name in a meta label. */
export function metaName(label: string): string {
  return label.replaceAll(/[^a-zA-Z0-9_]/g, '_');
}

/** The selector as rules: values are the regular expressions that they are for the Operator. */
export function selectorRules(of: LabelledObject, selector: LabelSelector): YamlFields[] {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const value = (key: string) => `__meta_kubernetes_${of}_label_${metaName(key)}`;
  const present = (key: string) => `__meta_kubernetes_${of}_labelpresent_${metaName(key)}`;
  const valueRule = (action: string, key: string, values: readonly string[]): YamlFields => ({
    action,
    source_labels: [value(key), present(key)],
    regex: `(${values.join('|')});true`,
  });
  const presenceRule = (action: string, key: string): YamlFields => ({
    action,
    source_labels: [present(key)],
    regex: 'true',
  });
  const equal = Object.keys(matchLabels).sort();
  return [
    ...equal.map((key) => valueRule('keep', key, [matchLabels[key]!])),
    ...matchExpressions.map(({ key, operator, values = [] }) => {
      switch (operator) {
        case 'In':
          return valueRule('keep', key, values);
        case 'NotIn':
          return valueRule('drop', key, values);
        case 'Exists':
          return presenceRule('keep', key);
        case 'DoesNotExist':
          return presenceRule('drop', key);
        default:
          throw new TriliteError(
            'bad_data',
            `${JSON.stringify(operator)} is not a valid label selector operator`,
          );
      }
    }),
  ];
}

/** Only a container's port of that name or number. */
export function containerPortRules(port: string | number | undefined): YamlFields[] {
  if (typeof port === 'string' && port !== '') {
    return [{ action: 'keep', source_labels: ['__meta_kubernetes_pod_container_port_name'], regex: port }];
  }
  if (typeof port !== 'number' || port === 0) return [];
  const rule = { action: 'keep', source_labels: ['__meta_kubernetes_pod_container_port_number'] };
  return [{ ...rule, regex: String(port) }];
}

/** Labels of the object as labels of the target, where it has them. */
export function copiedLabels(of: LabelledObject, labels: readonly string[] = []): YamlFields[] {
  return labels.map((label) => valueTo(metaName(label), of, label));
}

/** The job is what that label of the object says, where it has it. */
export function jobLabelRules(of: LabelledObject, label: string | undefined): YamlFields[] {
  return label ? [valueTo('job', of, label)] : [];
}

function valueTo(target: string, of: LabelledObject, label: string): YamlFields {
  return {
    source_labels: [`__meta_kubernetes_${of}_label_${metaName(label)}`],
    target_label: target,
    regex: '(.+)',
    replacement: '$1',
  };
}

/** What the target's port is called in the monitor. */
export function endpointRules({ port, targetPort }: Endpoint): YamlFields[] {
  const name = port || (targetPort === undefined ? '' : String(targetPort));
  return name === '' ? [] : [{ target_label: 'endpoint', replacement: name }];
}

/** Takes a meta label over. */
export function takenOver(meta: string, target: string): YamlFields {
  return { source_labels: [`__meta_kubernetes_${meta}`], target_label: target };
}

/** A user's own rules. Empty values count as not said, but of those fields where they mean something. */
export function userRules(rules: readonly RelabelFields[] = []): YamlFields[] {
  return rules.map(({ sourceLabels = [], separator, targetLabel, regex, modulus, replacement, action }) => ({
    ...(sourceLabels.length > 0 && { source_labels: sourceLabels }),
    ...(separator !== undefined && { separator }),
    ...(targetLabel && { target_label: targetLabel }),
    ...(regex && { regex }),
    ...(modulus && { modulus }),
    ...(replacement !== undefined && { replacement }),
    ...(action && { action: action.toLowerCase() }),
  }));
}
