/** The containers of one job and one Docker host: those that discovery names are followed, each once. */

import type { Labels } from '../../model/labels.ts';
import { type RelabelRule, relabel } from '../../model/relabel.ts';
import { CONTAINER_ID } from '../../scrape/discovery/docker-labels.ts';
import type { TargetGroup } from '../../scrape/target.ts';
import type { Positions } from '../positions.ts';
import { discoveredLabels, labelMap, visibleLabels } from '../target-labels.ts';
import { ContainerFollower, type ContainerParts, type StreamLabels } from './container-follower.ts';

const CONTAINER_LOG_STREAM = '__meta_docker_container_log_stream';

export interface DockerTargetsParts extends Omit<ContainerParts, 'onEnded'> {
  readonly positions: Positions;
  readonly rules: readonly RelabelRule[];
}

export class DockerTargets {
  readonly #parts: DockerTargetsParts;
  readonly #followers = new Map<string, ContainerFollower>();

  constructor(parts: DockerTargetsParts) {
    this.#parts = parts;
  }

  set(groups: readonly TargetGroup[]): void {
    const running = new Map<string, Labels>();
    for (const labels of groups.flatMap(discoveredLabels)) {
      const id = labels.get(CONTAINER_ID);
      // A container has a target for each of its ports: the first that relabelling keeps stands for it.
      if (id !== '' && !running.has(id) && this.#streamLabels(labels)) running.set(id, labels);
    }
    for (const [id, follower] of this.#followers) {
      if (running.has(id)) follower.stay();
      else follower.leave();
    }
    for (const [id, labels] of running) {
      if (!this.#followers.has(id)) this.#follow(id, this.#streamLabels(labels)!);
    }
  }

  /** Undefined where relabelling drops both streams. */
  #streamLabels(labels: Labels): StreamLabels | undefined {
    const of = (stream: string) => {
      const kept = relabel(labels.with(CONTAINER_LOG_STREAM, stream), this.#parts.rules);
      return kept && labelMap(visibleLabels(kept));
    };
    const out = { stdout: of('stdout'), stderr: of('stderr') };
    return out.stdout || out.stderr ? out : undefined;
  }

  #follow(id: string, labels: StreamLabels): void {
    const { positions, job, telemetry, log } = this.#parts;
    const key = `cursor-${id}`;
    const known = positions.rowsOf(job).find((mark) => mark.key === key);
    const parts = { ...this.#parts, onEnded: this.#onEnded };
    const follower = new ContainerFollower(parts, id, labels, known, positions.valueOf(key) ?? '0');
    this.#followers.set(id, follower);
    telemetry.containers.add(1);
    log.info('following a container', { container: id });
    follower.start();
  }

  readonly #onEnded = (follower: ContainerFollower, isGone: boolean): void => {
    const { intake, telemetry, log } = this.#parts;
    this.#followers.delete(follower.id);
    telemetry.containers.add(-1);
    intake.sender.endSource(follower, isGone);
    log.info('no longer following a container', { container: follower.id });
  };

  async stop(): Promise<void> {
    await Promise.all([...this.#followers.values()].map((f) => f.stop()));
    this.#parts.telemetry.containers.add(-this.#followers.size);
    this.#parts.api.close();
  }
}
