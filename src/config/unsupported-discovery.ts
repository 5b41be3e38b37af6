/** Ways of the original to find targets that there are not here: each is a warning that says whose targets are missing. */

import type { Warnings } from './warnings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

/** Where each looks, in words. */
const PLACES: Readonly<Record<string, string>> = {
  aws_sd_configs: 'AWS',
  azure_sd_configs: 'Azure',
  consul_sd_configs: 'Consul',
  digitalocean_sd_configs: 'DigitalOcean',
  ec2_sd_configs: 'AWS EC2',
  ecs_sd_configs: 'AWS ECS',
  elasticache_sd_configs: 'AWS ElastiCache',
  eureka_sd_configs: 'Eureka',
  gce_sd_configs: 'Google Compute Engine',
  hetzner_sd_configs: 'Hetzner',
  ionos_sd_configs: 'IONOS Cloud',
  kuma_sd_configs: 'Kuma',
  lightsail_sd_configs: 'AWS Lightsail',
  linode_sd_configs: 'Linode',
  marathon_sd_configs: 'Marathon',
  msk_sd_configs: 'AWS MSK',
  nerve_sd_configs: 'ZooKeeper (Nerve)',
  nomad_sd_configs: 'Nomad',
  oci_sd_configs: 'Oracle Cloud',
  openstack_sd_configs: 'OpenStack',
  outscale_sd_configs: 'OUTSCALE',
  ovhcloud_sd_configs: 'OVHcloud',
  puppetdb_sd_configs: 'PuppetDB',
  rds_sd_configs: 'AWS RDS',
  scaleway_sd_configs: 'Scaleway',
  serverset_sd_configs: 'ZooKeeper (Serverset)',
  stackit_sd_configs: 'STACKIT',
  triton_sd_configs: 'Triton',
  uyuni_sd_configs: 'Uyuni',
  vultr_sd_configs: 'Vultr',
};

export const UNSUPPORTED_DISCOVERY: readonly string[] = Object.keys(PLACES);

/** By these an entry says what it asks, the most telling first. None of them is a secret. */
const TELLING_KEYS: readonly string[] = [
  ...['api_server', 'server', 'servers', 'url', 'host', 'endpoint', 'identity_endpoint', 'role', 'service'],
  ...['project', 'region', 'datacenter_id', 'subscription_id'],
];

export function warnUnsupportedDiscovery(fields: Fields, warnings: Warnings): void {
  for (const [key, place] of Object.entries(PLACES)) {
    const value = fields.get(key);
    if (!value) continue;
    const said = value.list().map(telling);
    const where = said.some((text) => text !== '') ? ` (${said.filter((t) => t !== '').join('; ')})` : '';
    warnings.add(value, `looks for targets in ${place}${where}, which is not supported: they are missing`);
  }
}

/** `server consul:8500`; '' where the entry names nothing of the kind. */
function telling(entry: YamlNode): string {
  const fields = entry.known(TELLING_KEYS);
  const named = TELLING_KEYS.flatMap((key) => {
    const value = fields.get(key);
    if (!value || value.isMap) return [];
    return [`${key} ${withoutPassword(value.isList ? value.strings().join(', ') : value.string())}`];
  });
  return named.slice(0, 2).join(', ');
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, '//');
}
