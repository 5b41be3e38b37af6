/** What `remote_write:` and `remote_read:` share: lists of remotes, their URLs and headers. */

import { readStringMap } from './node-values.ts';
import type { YamlNode } from './yaml-node.ts';

/** Headers that the protocol needs for itself. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  ...['host', 'content-encoding', 'content-length', 'content-type', 'user-agent', 'connection', 'keep-alive'],
  ...['proxy-authenticate', 'proxy-authorization', 'www-authenticate', 'accept-encoding'],
  ...['x-prometheus-remote-write-version', 'x-prometheus-remote-read-version'],
  ...['x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256'],
]);

/** The remotes of a list, none of them twice, nor its name. `kind` is how messages call them. */
export function readRemotes<Remote extends { readonly name: string; readonly url: string }>(
  node: YamlNode,
  kind: 'remote write' | 'remote read',
  read: (item: YamlNode) => Remote,
): Remote[] {
  const names = new Set<string>();
  const seen = new Set<string>();
  return node.list().map((item) => {
    const remote = read(item);
    if (remote.name !== '' && names.has(remote.name))
      item.fail(`found multiple ${kind} configs with job name ${JSON.stringify(remote.name)}`);
    const whole = JSON.stringify(remote);
    if (seen.has(whole))
      item.fail(`duplicate ${kind} configs are not allowed, found duplicate for URL: ${remote.url}`);
    names.add(remote.name);
    seen.add(whole);
    return remote;
  });
}

/** `section` is where it stands. */
export function readRemoteUrl(node: YamlNode, section: 'remote_write' | 'remote_read'): string {
  const text = node.string();
  if (text === '') node.fail(`url for ${section} is empty`);
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    node.fail(`${JSON.stringify(text)} is no URL of HTTP or HTTPS`);
  return text;
}

export function readRemoteHeaders(node: YamlNode): Record<string, string> {
  const headers = readStringMap(node);
  for (const name of Object.keys(headers)) {
    if (name.toLowerCase() === 'authorization') {
      node.fail(
        'authorization header must be changed via the basic_auth, authorization, oauth2, sigv4, azuread or google_iam parameter',
      );
    }
    if (RESERVED_HEADERS.has(name.toLowerCase()))
      node.fail(`${name} is a reserved header. It must not be changed`);
  }
  return headers;
}
