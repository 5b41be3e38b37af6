// An application on Jaeger's Node client: `app.cjs SERVICE HOW WHERE` sends a trace (`udp PORT`: to the agent there, binary
// protocol; `http URL`: to the collector) and prints the trace's id.
const { initTracer } = require('jaeger-client');

const [serviceName, how, where, samplingPort] = process.argv.slice(2);
const reporter =
  how === 'udp' ? { agentHost: '127.0.0.1', agentPort: Number(where) } : { collectorEndpoint: where };
const sampler = samplingPort
  ? { type: 'remote', param: 1, host: '127.0.0.1', port: Number(samplingPort) }
  : { type: 'const', param: 1 };
const fail = (message) => {
  console.error(message);
  process.exitCode = 1;
};
const logger = { info() {}, error: fail };
const tracer = initTracer({ serviceName, traceId128bit: true, reporter, sampler }, { logger });
const root = tracer.startSpan('GET /buy');
root
  .setTag('span.kind', 'server')
  .setTag('http.status_code', 200)
  .setTag('cached', false)
  .setTag('ratio', 0.5);
root.log({ event: 'cache miss', key: 'basket' });
const child = tracer.startSpan('SELECT', { childOf: root });
child.setTag('span.kind', 'client').setTag('error', true);
child.finish();
root.finish();
console.log(root.context().traceIdStr.padStart(32, '0'));
tracer.close(() => {});
