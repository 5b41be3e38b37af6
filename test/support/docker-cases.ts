/** Containers of every kind that discovery tells apart, as the engine's API describes them. */

import type { ContainerSummary, NetworkSummary } from '../../src/scrape/discovery/docker-labels.ts';

export const NETWORKS: readonly NetworkSummary[] = [
  { Id: 'n1', Name: 'bridge', Scope: 'local', Internal: false, Ingress: false, Labels: {} },
  { Id: 'n2', Name: 'front', Scope: 'local', Internal: true, Ingress: false, Labels: { 'team.name': 'x' } },
  { Id: 'n3', Name: 'host', Scope: 'local', Internal: false, Ingress: false, Labels: null },
];

function container(
  name: string,
  networkMode: string,
  rest: Omit<ContainerSummary, 'Id' | 'Names' | 'HostConfig'>,
): ContainerSummary {
  return {
    Id: `id-${name}`,
    Names: [`/${name}`, `/other/${name}`],
    Image: `registry/${name}:1`,
    ImageID: `sha256:${name}`,
    Labels: { 'com.docker.compose.service': name },
    Ports: [],
    HostConfig: { NetworkMode: networkMode },
    ...rest,
  };
}

const bridge = (ip: string) => ({ NetworkID: 'n1', IPAddress: ip, GlobalIPv6Address: '' });

export const CONTAINERS: readonly ContainerSummary[] = [
  container('web', 'bridge', {
    Ports: [
      { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
      { PrivatePort: 443, Type: 'tcp' },
      { PrivatePort: 53, Type: 'udp' },
    ],
    NetworkSettings: { Networks: { bridge: bridge('172.17.0.2') } },
  }),
  container('portless', 'bridge', { NetworkSettings: { Networks: { bridge: bridge('172.17.0.3') } } }),
  container('udp-only', 'bridge', {
    Ports: [{ PrivatePort: 514, PublicPort: 514, IP: '::', Type: 'udp' }],
    NetworkSettings: { Networks: { bridge: bridge('172.17.0.4') } },
  }),
  container('on-host', 'host', {
    NetworkSettings: { Networks: { host: { NetworkID: 'n3', IPAddress: '', GlobalIPv6Address: '' } } },
  }),
  container('two-networks', 'front', {
    Ports: [{ PrivatePort: 9100, Type: 'tcp' }],
    NetworkSettings: {
      Networks: {
        zone: { NetworkID: 'n9', IPAddress: '10.9.0.2', GlobalIPv6Address: '' },
        front: { NetworkID: 'n2', IPAddress: '10.2.0.2', GlobalIPv6Address: '' },
      },
    },
  }),
  container('sidecar', 'container:id-two-networks', {
    Ports: [{ PrivatePort: 7000, Type: 'tcp' }],
    NetworkSettings: { Networks: {} },
  }),
  container('second-sidecar', 'container:id-sidecar', { NetworkSettings: { Networks: {} } }),
  container('of-gone', 'container:id-gone', { NetworkSettings: { Networks: {} } }),
  container('v6', 'bridge', {
    Ports: [{ IP: '::', PrivatePort: 80, PublicPort: 8081, Type: 'tcp' }],
    NetworkSettings: {
      Networks: { bridge: { NetworkID: 'n1', IPAddress: '', GlobalIPv6Address: '2001:db8::2' } },
    },
  }),
  container('none', 'none', { NetworkSettings: { Networks: {} } }),
  { ...container('nameless', 'bridge', {}), Names: [] },
];
