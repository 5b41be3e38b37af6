/** The URL of a target as others may reach it: a target on this machine is named by the machine's name. */

const LOCAL_HOSTS: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

export interface GlobalAddress {
  /** The port that this server listens on. */
  readonly ownPort: number;
  /** Where this server is reached from elsewhere: `host:port`, or a host alone. */
  readonly host: string;
  readonly scheme: string;
}

/** `url` with the host replaced where it is this machine; with scheme, host and port where it is this server itself. */
export function globalUrl(url: string, own: GlobalAddress): string {
  const parts = /^([^:]+):\/\/(\[[^\]]*\]|[^/:?]*)(?::(\d+))?(.*)$/s.exec(url);
  if (parts === null) return url;
  const [, scheme, host, port, rest] = parts;
  if (!LOCAL_HOSTS.includes(host!)) return url;
  if (port === String(own.ownPort)) return `${own.scheme}://${own.host}${rest}`;
  const named = own.host.replace(/:\d+$/, '');
  return `${scheme}://${named}${port === undefined ? '' : `:${port}`}${rest}`;
}
