"""An instrumented application on OpenTelemetry's Python SDK.

It tells the story that ../otlp/story.ts expects, exports it by the protocol that the usual environment variables
name, and prints what it made up on the way (ids, times) as one line of JSON.
"""

import json
import os
import time

from opentelemetry import context, trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import (
    ExplicitBucketHistogramAggregation,
    ExponentialBucketHistogramAggregation,
    View,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.metrics import Observation
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

if os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

START_NS = (time.time_ns() // 1_000_000_000 - 60) * 1_000_000_000
metric_times = {}


def at(ms):
    """A time with a nanosecond part, `ms` after the story began."""
    return START_NS + ms * 1_000_000 + 123_456


class RecordingExporter(OTLPMetricExporter):
    """Notes the times of the exported metrics, as they go over the wire."""

    def export(self, metrics_data, *args, **kwargs):
        for resource in metrics_data.resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    metric_times[metric.name] = str(metric.data.data_points[0].time_unix_nano)
        return super().export(metrics_data, *args, **kwargs)


def tell_metrics(provider):
    meter = provider.get_meter("shop.meter", "1.2.3")
    orders = meter.create_counter("shop.orders", unit="{order}", description="Orders taken.")
    orders.add(3, {"payment.method": "card"})
    orders.add(4, {"payment.method": "card"})
    orders.add(5, {"payment.method": "cash"})
    queue = meter.create_up_down_counter("shop.queue.length", unit="1")
    queue.add(10)
    queue.add(-4)
    meter.create_gauge("shop.temperature", unit="Cel").set(21.5, {"room": "a", "floor": 2, "heated": "true"})
    latency = meter.create_histogram("shop.latency", unit="ms")
    for ms in (5, 10, 50, 500, 5000):
        latency.record(ms, {"route": "/buy"})
    payload = meter.create_histogram("shop.payload", unit="By")
    for size in (0, 1, 2, 4, 1000):
        payload.record(size)
    meter.create_observable_counter("shop.cpu", [lambda _: [Observation(12.25, {"mode": "user"})]], unit="s")
    meter.create_observable_gauge("shop.memory", [lambda _: [Observation(123_456_789)]], unit="By")


def tell_logs(provider, inside):
    logger = provider.get_logger("shop.logger", "0.3")
    logger.emit(
        LogRecord(
            timestamp=at(2000),
            context=inside,
            severity_number=SeverityNumber.INFO,
            severity_text="INFO",
            body="order accepted",
            attributes={"order.id": 17, "customer": "ada", "ratio": 0.5, "vip": True, "items": ["a", "b"]},
        )
    )
    logger.emit(
        LogRecord(
            timestamp=at(3000),
            severity_number=SeverityNumber.ERROR,
            severity_text="ERROR",
            body={"event": "failed", "code": 7},
        )
    )
    logger.emit(LogRecord(timestamp=at(4000), body='größe "x"\n\tline two ✓'))


def tell_traces(provider, logger_provider):
    tracer = provider.get_tracer("shop.tracer", "2.0")
    other = tracer.start_span("nightly", kind=SpanKind.PRODUCER, start_time=at(0))
    other.end(at(5))
    root = tracer.start_span(
        "POST /buy",
        kind=SpanKind.SERVER,
        start_time=at(1000),
        attributes={
            "cart.id": "c-17",
            "cart.items": 3,
            "cart.total": 19.5,
            "cart.gift": True,
            "cart.skus": ["a", "b"],
            "cart.counts": [1, 2],
            "cart.weights": [0.5, 2.25],
            "cart.flags": [True, False],
        },
    )
    root.add_event("cart.loaded", {"cache.hit": False, "size": 2}, at(1010))
    inside = trace.set_span_in_context(root, context.Context())
    charge = tracer.start_span(
        "charge",
        context=inside,
        kind=SpanKind.CLIENT,
        start_time=at(1020),
        links=[Link(other.get_span_context(), {"reason": "retry"})],
    )
    charge.set_status(Status(StatusCode.ERROR, "card declined"))
    charge.end(at(1120))
    audit = tracer.start_span("audit", context=inside, start_time=at(1130))
    audit.set_status(Status(StatusCode.OK))
    audit.end(at(1140))
    tell_logs(logger_provider, inside)
    root.end(at(1250))

    def span_id(span):
        return f"{span.get_span_context().span_id:016x}"

    def trace_id(span):
        return f"{span.get_span_context().trace_id:032x}"

    return {
        "startNs": str(START_NS),
        "traceId": trace_id(root),
        "traceFlags": int(root.get_span_context().trace_flags),
        "spanIds": {"POST /buy": span_id(root), "charge": span_id(charge), "audit": span_id(audit)},
        "linked": {"traceId": trace_id(other), "spanId": span_id(other)},
        "metricTimes": metric_times,
    }


def main():
    resource = Resource.create()
    tracers = TracerProvider(resource=resource)
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    loggers = LoggerProvider(resource=resource)
    loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    reader = PeriodicExportingMetricReader(RecordingExporter(), export_interval_millis=3_600_000)
    views = [
        View(instrument_name="shop.payload", aggregation=ExponentialBucketHistogramAggregation()),
        View(
            instrument_name="shop.latency", aggregation=ExplicitBucketHistogramAggregation(boundaries=[10, 100, 1000])
        ),
    ]
    meters = MeterProvider(resource=resource, metric_readers=[reader], views=views)
    report = tell_traces(tracers, loggers)
    tell_metrics(meters)
    for provider in (tracers, loggers, meters):
        provider.shutdown()
    print(json.dumps(report))


main()
