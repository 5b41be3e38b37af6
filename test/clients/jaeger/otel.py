"""An application on OpenTelemetry's exporter to Jaeger's collector: `otel.py SERVICE HOST:PORT` sends a trace over gRPC and
prints the trace's id."""

import sys

from opentelemetry import trace
from opentelemetry.exporter.jaeger.proto.grpc import JaegerExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

service, collector = sys.argv[1:]
provider = TracerProvider(resource=Resource({"service.name": service}))
provider.add_span_processor(BatchSpanProcessor(JaegerExporter(collector_endpoint=collector, insecure=True)))
tracer = provider.get_tracer("shop", "1.2")
with tracer.start_as_current_span("GET /buy", kind=trace.SpanKind.SERVER) as root:
    root.set_attributes({"http.status_code": 200, "cached": False, "ratio": 0.5})
    root.add_event("cache miss", {"key": "basket"})
    with tracer.start_as_current_span("SELECT", kind=trace.SpanKind.CLIENT) as child:
        child.set_status(trace.StatusCode.ERROR)
print("%032x" % root.get_span_context().trace_id, flush=True)
provider.shutdown()
