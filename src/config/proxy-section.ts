/** The keys by which an HTTP client says what proxies it goes through. */

import type { ProxyConfig, ProxyEnvironment } from '../base/http-client.ts';
import type { Environment } from './environment.ts';
import type { Warnings } from './warnings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

/** Stand beside the client's other keys. */
export const PROXY_KEYS: readonly string[] = [
  'proxy_url',
  'no_proxy',
  'proxy_from_environment',
  'proxy_connect_header',
];

const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'socks5:', 'socks5h:']);

/** Undefined where everything is reached directly. */
export function readProxy(fields: Fields, warnings: Warnings): ProxyConfig | undefined {
  const urlNode = fields.get('proxy_url');
  const url = urlNode && readProxyUrl(urlNode);
  const noProxy = fields.read('no_proxy', (v) => v.string(), '');
  const fromEnvironment = fields.read('proxy_from_environment', (v) => v.boolean(), false);
  const connectHeaders = fields.read('proxy_connect_header', readConnectHeaders, {});
  if (Object.keys(connectHeaders).length > 0 && !fromEnvironment && !url) {
    const rule =
      'if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured';
    fields.require('proxy_connect_header').fail(rule);
  }
  if (fromEnvironment && url) {
    urlNode!.fail('if proxy_from_environment is configured, proxy_url must not be configured');
  }
  if (fromEnvironment && noProxy !== '') {
    fields
      .require('no_proxy')
      .fail('if proxy_from_environment is configured, no_proxy must not be configured');
  }
  if (!urlNode && noProxy !== '') {
    fields.require('no_proxy').fail('if no_proxy is configured, proxy_url must also be configured');
  }
  if (!fromEnvironment) return url ? { url, noProxy, connectHeaders } : undefined;
  const node = fields.require('proxy_from_environment');
  const environment = proxyEnvironment(node.environment);
  if (environment.http === '' && environment.https === '') {
    warnings.add(node, 'finds no proxy: neither HTTP_PROXY nor HTTPS_PROXY is set');
  }
  return { noProxy: '', environment, connectHeaders };
}

/** Says nothing of what stands there: it may hold a password. */
function readProxyUrl(node: YamlNode): string | undefined {
  const text = node.string();
  if (text === '') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && SCHEMES.has(url.protocol) && url.hostname !== '') return text;
  return node.fail('expected the URL of an http, https or socks5 proxy, such as http://proxy.example:3128');
}

function readConnectHeaders(node: YamlNode): Record<string, readonly string[]> {
  const out: Record<string, readonly string[]> = {};
  for (const [name, values] of node.entries()) out[name] = values ? values.strings() : [];
  return out;
}

/** Capital letters go before small ones. */
function proxyEnvironment(environment: Environment): ProxyEnvironment {
  const of = (name: string): string => environment[name] || environment[name.toLowerCase()] || '';
  return { http: of('HTTP_PROXY'), https: of('HTTPS_PROXY'), noProxy: of('NO_PROXY') };
}
