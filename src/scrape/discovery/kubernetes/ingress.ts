/** Ingresses as targets: one for each path of each host, mostly for probes from outside. */

import type { TargetGroup } from '../../target.ts';
import { NAMESPACE, objectLabels, optional, PREFIX, target } from './meta-labels.ts';
import type { Look } from './neighbours.ts';
import type { Ingress } from './objects.ts';
import { namespaceLabels } from './pod.ts';

const INGRESS = `${PREFIX}ingress_`;

export function ingressTargets(ingress: Ingress, look: Look): TargetGroup[] {
  const { namespace = '' } = ingress.metadata;
  const { rules = [], tls = [], ingressClassName } = ingress.spec ?? {};
  const shared = {
    [NAMESPACE]: namespace,
    ...optional(`${INGRESS}class_name`, ingressClassName),
    ...objectLabels(ingress, 'ingress'),
    ...namespaceLabels(look, namespace),
  };
  const secured = tls.flatMap(({ hosts = [] }) => hosts);
  return rules.flatMap(({ host = '', http }) => {
    const scheme = secured.some((pattern) => isHostOf(pattern, host)) ? 'https' : 'http';
    const paths = http ? (http.paths ?? []).map(({ path = '' }) => path || '/') : ['/'];
    return paths.map((path) =>
      target(
        host,
        { [`${INGRESS}scheme`]: scheme, [`${INGRESS}host`]: host, [`${INGRESS}path`]: path },
        shared,
      ),
    );
  });
}

/** `*.example.com` takes one name in place of the star. */
function isHostOf(pattern: string, host: string): boolean {
  if (pattern === host) return true;
  const [first, ...rest] = pattern.split('.');
  return first === '*' && rest.join('.') === host.split('.').slice(1).join('.');
}
