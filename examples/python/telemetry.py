"""OpenTelemetry's SDK for all three signals, as a service sets it up: where to send comes from the usual variables."""

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


class Telemetry:
    """The three signals of one service."""

    def __init__(self, service: str):
        resource = Resource.create({"service.name": service})
        traces = TracerProvider(resource=resource)
        traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())], resource)
        logs = LoggerProvider(resource)
        logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
        self._providers = (traces, meters, logs)
        self.tracer = traces.get_tracer(service)
        self.meter = meters.get_meter(service)
        self.logger = logs.get_logger(service)

    def flush(self):
        """Sends what the SDK still has: tests need not wait for its intervals."""
        for provider in self._providers:
            provider.force_flush()

    def shutdown(self):
        for provider in self._providers:
            provider.shutdown()
