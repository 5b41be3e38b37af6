/**
 * Attributes that have another name since a version of OpenTelemetry's semantic conventions: an SDK of one age and a test of
 * another miss each other by these. (Facts of the conventions' migration guides for HTTP, databases and RPC.)
 */

const RENAMED: Readonly<Record<string, string>> = {
  'http.method': 'http.request.method',
  'http.status_code': 'http.response.status_code',
  'http.request_content_length': 'http.request.body.size',
  'http.response_content_length': 'http.response.body.size',
  'http.url': 'url.full',
  'http.target': 'url.path',
  'http.scheme': 'url.scheme',
  'http.client_ip': 'client.address',
  'http.user_agent': 'user_agent.original',
  'http.host': 'server.address',
  'net.host.name': 'server.address',
  'net.host.port': 'server.port',
  'net.peer.name': 'server.address',
  'net.peer.port': 'server.port',
  'net.protocol.name': 'network.protocol.name',
  'net.protocol.version': 'network.protocol.version',
  'net.sock.peer.addr': 'network.peer.address',
  'net.sock.peer.port': 'network.peer.port',
  'db.system': 'db.system.name',
  'db.name': 'db.namespace',
  'db.statement': 'db.query.text',
  'db.operation': 'db.operation.name',
  'db.sql.table': 'db.collection.name',
  'deployment.environment': 'deployment.environment.name',
  'messaging.operation': 'messaging.operation.type',
  'code.function': 'code.function.name',
  'code.filepath': 'code.file.path',
  'code.lineno': 'code.line.number',
};

/** Its names in other versions. */
export function renamedAttribute(name: string): string[] {
  const older = Object.keys(RENAMED).filter((old) => RENAMED[old] === name);
  const newer = Object.hasOwn(RENAMED, name) ? [RENAMED[name]!] : [];
  return [...newer, ...older];
}
