/** The services, tasks or nodes of a Docker swarm, asked of one of its managers at every refresh interval. */

import type { TargetGroup } from '../target.ts';
import type { Discovery } from './discovery.ts';
import type { SwarmDiscoveryConfig } from './discovery-config.ts';
import { DockerApi, filterQuery } from './docker-api.ts';
import type { NetworkSummary } from './docker-labels.ts';
import { RefreshedDiscovery, type RefreshParts } from './refreshed.ts';
import {
  nodeGroups,
  type SwarmNode,
  type SwarmService,
  type SwarmTask,
  serviceGroups,
  taskGroups,
} from './swarm-labels.ts';

/** Throws `bad_data` where the host is none. */
export function swarmDiscovery(config: SwarmDiscoveryConfig, parts: RefreshParts): Discovery {
  const { host, client, role, port, filters, refreshIntervalMs } = config;
  const api = new DockerApi(host, client);
  const query = filterQuery(filters);
  const ask = async (signal: AbortSignal): Promise<TargetGroup[]> => {
    const get = <T>(path: string) => api.get<T[]>(path, signal);
    if (role === 'nodes') return nodeGroups(await get<SwarmNode>(`/nodes${query}`), port);
    if (role === 'services') {
      const [services, networks] = await Promise.all([
        get<SwarmService>(`/services${query}`),
        get<NetworkSummary>('/networks'),
      ]);
      return serviceGroups(services, networks, port);
    }
    const [tasks, services, nodes, networks] = await Promise.all([
      get<SwarmTask>(`/tasks${query}`),
      get<SwarmService>('/services'),
      get<SwarmNode>('/nodes'),
      get<NetworkSummary>('/networks'),
    ]);
    return taskGroups(tasks, services, nodes, networks, port);
  };
  return new RefreshedDiscovery({ intervalMs: refreshIntervalMs, ask, close: () => api.close() }, parts);
}
