/** Senders that ask for the wrong path, port or protocol: their data is refused before any receiver sees it. */

import { type Finding, finder } from '../finding.ts';
import type { Snapshot, StrayState } from '../snapshot.ts';
import { countText, RECENT_MS, senderText, timeText } from '../words.ts';
import { meantBy } from '../wrong-paths.ts';

const find = finder('refusals');

const SHOWN_MAX = 8;
/** Paths that a receiver has: another method than POST is asked by somebody who looks, or who was redirected. */
const TAKES_POST =
  /^\/(api\/v1\/(write|otlp\/v1\/metrics)|v1\/(metrics|logs|traces)|loki\/api\/v1\/push|api\/v2\/spans)$/;
/** What is sent has one of these types; of others nobody knows what they are. */
const SENT_TYPES = /protobuf|json|thrift|ndjson|x-www-form|text\/plain|octet|msgpack/;

export function strays(s: Snapshot): Finding[] {
  const found = s.strays
    .filter(({ lastMs }) => s.nowMs - lastMs <= RECENT_MS)
    .slice(0, SHOWN_MAX)
    .map((stray) => findingOf(stray, s));
  return found.length > 0
    ? found
    : [find('astray', 'ok', 'nobody sends to a path or port that does not take it')];
}

function findingOf(stray: StrayState, s: Snapshot): Finding {
  const { kind, method, path, count, lastMs, port } = stray;
  const who = senderText(stray);
  const evidence = {
    count,
    last: timeText(lastMs),
    ...(path !== '' && { method, path }),
    ...(port !== undefined && { port }),
    ...(stray.peer !== '' && { peer: stray.peer }),
    ...(stray.agent !== '' && { agent: stray.agent }),
    ...(stray.contentType !== '' && { content_type: stray.contentType }),
  };
  const times = countText(count, 'time');
  switch (kind) {
    case 'tls': {
      const summary = `port ${port}: TLS is spoken to a port without it, ${times}${who}`;
      const remedy =
        'use http:// in the sender, or say that it is plain: collector exporter `tls: {insecure: true}`, OTEL_EXPORTER_OTLP_INSECURE=true; or give this server a certificate';
      return find('tls_on_plain', 'problem', summary, evidence, remedy);
    }
    case 'http_on_grpc': {
      const ports = s.config.listeners.filter(({ scheme }) => scheme === 'http').map((l) => l.port);
      const summary = `port ${port} takes gRPC alone, HTTP is sent there, ${times}${who}`;
      const remedy = `send OTLP over HTTP to an HTTP port (${ports.join(', ')}), or OTEL_EXPORTER_OTLP_PROTOCOL=grpc`;
      return find('http_on_grpc', 'problem', summary, evidence, remedy);
    }
    case 'double_slash': {
      const summary = `${method} ${path}${who}: the doubled slash is redirected, and what is sent is lost on the way, ${times}`;
      return find(
        'double_slash',
        'problem',
        summary,
        evidence,
        'take the slash off the end of the base URL in the sender',
      );
    }
    case 'wrong_method': {
      const isReceiver = TAKES_POST.test(path);
      const summary = `${method} ${path}${who}: that is no way to ask this path, ${times}`;
      const remedy = isReceiver
        ? 'data comes by POST; a GET is often a POST that a redirect (http to https, a slash too many) has changed: give the sender the final URL'
        : 'see docs/compat for what the path takes';
      return find('wrong_method', 'warn', summary, evidence, remedy);
    }
    default:
      return unknownPath(stray, `${method} ${path}${who}`, evidence);
  }
}

function unknownPath(stray: StrayState, what: string, evidence: Finding['evidence']): Finding {
  const times = countText(stray.count, 'time');
  if (stray.method === 'GET' || stray.method === 'HEAD') {
    const summary = `${what} asks for what is not here, ${times}`;
    const remedy =
      "check the data source's URL: http://HOST:9090 for Prometheus, :3100 for Loki, :3200 for Tempo, without a path behind it";
    return find('unknown_question', 'warn', summary, evidence, remedy);
  }
  const known = meantBy(stray.path);
  if (known) {
    const summary = `${what}: nothing is taken there, ${times}; it looks like ${known.meant}`;
    return find('wrong_path', 'problem', summary, evidence, known.remedy);
  }
  const severity = SENT_TYPES.test(stray.contentType) ? 'warn' : 'info';
  const remedy = 'docs/compat has every path that takes data; the README the usual settings of senders';
  return find('unknown_path', severity, `${what}: nothing is taken there, ${times}`, evidence, remedy);
}
