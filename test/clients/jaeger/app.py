"""An application on Jaeger's Python client: `app.py SERVICE AGENT-PORT SAMPLING-PORT` sends a trace to the agent of this
machine (compact protocol) and prints the trace's id. It samples one trace in a thousand until the agent has been asked how
many it should, so that there is a trace only if that was answered."""

import sys
import time

from jaeger_client import Config

service, agent_port, sampling_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
config = Config(
    service_name=service,
    validate=True,
    config={
        "local_agent": {
            "reporting_host": "127.0.0.1",
            "reporting_port": agent_port,
            "sampling_port": sampling_port,
        },
        "sampling_refresh_interval": 1,
        "generate_128bit_trace_id": True,
    },
)
tracer = config.new_tracer()
time.sleep(3)
with tracer.start_span("GET /buy") as root:
    root.set_tag("span.kind", "server")
    root.set_tag("http.status_code", 200)
    root.set_tag("cached", False)
    root.set_tag("ratio", 0.5)
    root.log_kv({"event": "cache miss", "key": "basket"})
    with tracer.start_span("SELECT", child_of=root) as child:
        child.set_tag("span.kind", "client")
        child.set_tag("error", True)
print("%032x" % root.context.trace_id, flush=True)
time.sleep(1)
tracer.close()
time.sleep(2)
