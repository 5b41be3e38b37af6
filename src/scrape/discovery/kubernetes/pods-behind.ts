/**
 * Pods behind endpoints: a target is told of the pod that answers it, and a pod's further ports, which the service does not name, are targets
 * as well.
 */

import { keyOf, objectKey } from '../../../kube/kube-object.ts';
import type { TargetGroup } from '../../target.ts';
import { hostPort, type LabelSet, target } from './meta-labels.ts';
import type { Look } from './neighbours.ts';
import type { ObjectReference, Pod } from './objects.ts';
import { type Attached, containerPortLabels, containersOf, podLabels } from './pod.ts';

export class PodsBehind {
  readonly #look: Look;
  readonly #attaches: Attached;
  /** With the ports that the endpoints name. */
  readonly #seen = new Map<string, { readonly pod: Pod; readonly ports: Set<number | undefined> }>();

  constructor(look: Look, attaches: Attached) {
    this.#look = look;
    this.#attaches = attaches;
  }

  /**
   * Labels of the pod that is referred to, and of its container that has the port; none where it is no pod, or not known. `protocol`
   * stands in place of the container port's own.
   */
  labels(ref: ObjectReference | undefined, port: number | undefined, protocol?: string): LabelSet {
    if (ref?.kind !== 'Pod') return {};
    const pod = this.#look('pods', keyOf(ref.namespace ?? '', ref.name ?? ''));
    if (!pod) return {};
    const key = objectKey(pod);
    const seen = this.#seen.get(key) ?? { pod, ports: new Set() };
    this.#seen.set(key, seen);
    seen.ports.add(port);
    const out = podLabels(pod, this.#look, this.#attaches);
    for (const { container, isInit } of containersOf(pod)) {
      const own = container.ports?.find(({ containerPort = 0 }) => containerPort === port);
      if (own) Object.assign(out, containerPortLabels(container, isInit, own, protocol ?? own.protocol));
    }
    return out;
  }

  /** Of every pod that was asked for: targets for the ports that nobody asked for. */
  furtherTargets(shared: LabelSet): TargetGroup[] {
    return [...this.#seen.values()].flatMap(({ pod, ports }) => {
      const { podIP = '' } = pod.status ?? {};
      if (podIP === '') return [];
      const labels = podLabels(pod, this.#look, this.#attaches);
      return containersOf(pod).flatMap(({ container, isInit }) =>
        (container.ports ?? [])
          .filter(({ containerPort = 0 }) => !ports.has(containerPort))
          .map((port) =>
            target(
              hostPort(podIP, port.containerPort ?? 0),
              { ...containerPortLabels(container, isInit, port, port.protocol), ...labels },
              shared,
            ),
          ),
      );
    });
  }
}
