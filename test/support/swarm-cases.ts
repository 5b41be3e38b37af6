/** A swarm as its manager's API describes it: services, tasks and nodes of every kind that discovery tells apart. */

import type { SwarmNode, SwarmService, SwarmTask } from '../../src/scrape/discovery/swarm-labels.ts';

const tcp = (Name: string, PublishedPort: number, PublishMode = 'ingress') => ({
  Name,
  Protocol: 'tcp',
  TargetPort: 80,
  PublishedPort,
  PublishMode,
});
const udp = { Protocol: 'udp', TargetPort: 53, PublishedPort: 53, PublishMode: 'ingress' };

const SERVICES: readonly SwarmService[] = [
  {
    ID: 's1',
    Spec: {
      Name: 'web',
      Labels: { 'com.example': 'a b' },
      Mode: { Replicated: { Replicas: 2 } },
      TaskTemplate: { ContainerSpec: { Image: 'web:1', Hostname: 'h' } },
    },
    Endpoint: {
      Ports: [tcp('main', 8080), tcp('side', 9090, 'host'), udp],
      VirtualIPs: [
        { NetworkID: 'n1', Addr: '10.0.0.3/24' },
        { NetworkID: 'n2', Addr: '10.0.1.3/24' },
      ],
    },
    UpdateStatus: { State: 'completed' },
  },
  {
    ID: 's2',
    Spec: { Name: 'agent', Mode: { Global: {} }, TaskTemplate: { ContainerSpec: { Image: 'agent:1' } } },
    Endpoint: { VirtualIPs: [{ NetworkID: 'n1', Addr: '10.0.0.9/24' }] },
  },
  // Without a container of its own, and without addresses.
  { ID: 's3', Spec: { Name: 'plugin', Mode: {}, TaskTemplate: {} }, Endpoint: { Ports: [udp] } },
  {
    ID: 's4',
    Spec: { Name: 'dns', Mode: { Global: {} }, TaskTemplate: { ContainerSpec: { Image: 'd' } } },
    Endpoint: { Ports: [udp], VirtualIPs: [{ NetworkID: 'gone', Addr: '10.0.2.3/24' }] },
  },
];

const TASKS: readonly SwarmTask[] = [
  {
    ID: 't1',
    ServiceID: 's1',
    NodeID: 'node1',
    Slot: 2,
    DesiredState: 'running',
    Spec: { ContainerSpec: { Labels: { 'x-y': 'z' } } },
    Status: {
      State: 'running',
      ContainerStatus: { ContainerID: 'c1' },
      PortStatus: { Ports: [tcp('', 31000, 'host'), udp] },
    },
    NetworksAttachments: [{ Network: { ID: 'n1' }, Addresses: ['10.0.0.7/24', '10.0.0.8/24'] }],
  },
  {
    ID: 't2',
    ServiceID: 's2',
    NodeID: 'node2',
    DesiredState: 'shutdown',
    Spec: { ContainerSpec: {} },
    Status: { State: 'failed', PortStatus: {} },
    NetworksAttachments: [{ Network: { ID: 'n2' }, Addresses: ['10.0.1.7/24'] }],
  },
  {
    ID: 't3',
    ServiceID: 'gone',
    NodeID: 'gone',
    DesiredState: 'running',
    Status: { State: 'pending', PortStatus: {} },
    NetworksAttachments: [{ Network: { ID: 'n1' }, Addresses: ['10.0.2.9/24'] }],
  },
];

const NODES: readonly SwarmNode[] = [
  {
    ID: 'node1',
    Spec: { Role: 'manager', Availability: 'active', Labels: { 'disk.kind': 'ssd' } },
    Description: {
      Hostname: 'one',
      Platform: { Architecture: 'x86_64', OS: 'linux' },
      Engine: { EngineVersion: '28.0.1' },
    },
    Status: { State: 'ready', Addr: '192.168.0.1' },
    ManagerStatus: { Leader: true, Reachability: 'reachable', Addr: '192.168.0.1:2377' },
  },
  {
    ID: 'node2',
    Spec: { Role: 'worker', Availability: 'drain' },
    Description: { Hostname: 'two', Platform: { Architecture: 'aarch64', OS: 'linux' }, Engine: {} },
    Status: { State: 'down', Addr: 'fd00::2' },
  },
];

/** By path. */
export const SWARM = { '/services': SERVICES, '/tasks': TASKS, '/nodes': NODES } as const;
