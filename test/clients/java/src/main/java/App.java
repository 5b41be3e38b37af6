import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.KeyValue;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongUpDownCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.Aggregation;
import io.opentelemetry.sdk.metrics.InstrumentSelector;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.View;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * An instrumented application on OpenTelemetry's Java SDK. It tells the story that ../otlp/story.ts expects, exports it
 * by the protocol that the usual environment variables name, and prints what it made up on the way (ids, times) as one
 * line of JSON.
 */
public final class App {
  private static final long START_NS = (System.currentTimeMillis() / 1000 - 60) * 1_000_000_000L;
  private static final Map<String, String> METRIC_TIMES = new TreeMap<>();

  /** A time with a nanosecond part, ms after the story began. */
  private static long at(long ms) {
    return START_NS + ms * 1_000_000L + 123_456L;
  }

  /** Notes the times of the exported metrics, as they go over the wire. */
  private record RecordingExporter(MetricExporter inner) implements MetricExporter {
    @Override
    public CompletableResultCode export(Collection<MetricData> metrics) {
      for (MetricData metric : metrics) {
        long time = metric.getData().getPoints().iterator().next().getEpochNanos();
        METRIC_TIMES.put(metric.getName(), Long.toString(time));
      }
      return inner.export(metrics);
    }

    @Override
    public CompletableResultCode flush() {
      return inner.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
      return inner.shutdown();
    }

    @Override
    public AggregationTemporality getAggregationTemporality(InstrumentType type) {
      return inner.getAggregationTemporality(type);
    }
  }

  private static void tellMetrics(OpenTelemetry sdk) {
    Meter meter = sdk.meterBuilder("shop.meter").setInstrumentationVersion("1.2.3").build();
    LongCounter orders =
        meter.counterBuilder("shop.orders").setUnit("{order}").setDescription("Orders taken.").build();
    AttributeKey<String> method = AttributeKey.stringKey("payment.method");
    orders.add(3, Attributes.of(method, "card"));
    orders.add(4, Attributes.of(method, "card"));
    orders.add(5, Attributes.of(method, "cash"));
    LongUpDownCounter queue = meter.upDownCounterBuilder("shop.queue.length").setUnit("1").build();
    queue.add(10);
    queue.add(-4);
    meter
        .gaugeBuilder("shop.temperature")
        .setUnit("Cel")
        .build()
        .set(21.5, Attributes.builder().put("room", "a").put("floor", 2).put("heated", true).build());
    DoubleHistogram latency = meter.histogramBuilder("shop.latency").setUnit("ms").build();
    for (double ms : new double[] {5, 10, 50, 500, 5000}) {
      latency.record(ms, Attributes.of(AttributeKey.stringKey("route"), "/buy"));
    }
    DoubleHistogram payload = meter.histogramBuilder("shop.payload").setUnit("By").build();
    for (double bytes : new double[] {0, 1, 2, 4, 1000}) payload.record(bytes);
    meter
        .counterBuilder("shop.cpu")
        .ofDoubles()
        .setUnit("s")
        .buildWithCallback(o -> o.record(12.25, Attributes.of(AttributeKey.stringKey("mode"), "user")));
    meter.gaugeBuilder("shop.memory").ofLongs().setUnit("By").buildWithCallback(o -> o.record(123_456_789));
  }

  private static void tellLogs(OpenTelemetry sdk, Context inside) {
    Logger logger = sdk.getLogsBridge().loggerBuilder("shop.logger").setInstrumentationVersion("0.3").build();
    logger
        .logRecordBuilder()
        .setTimestamp(at(2000), TimeUnit.NANOSECONDS)
        .setSeverity(Severity.INFO)
        .setSeverityText("INFO")
        .setBody("order accepted")
        .setAttribute(AttributeKey.longKey("order.id"), 17L)
        .setAttribute(AttributeKey.stringKey("customer"), "ada")
        .setAttribute(AttributeKey.doubleKey("ratio"), 0.5)
        .setAttribute(AttributeKey.booleanKey("vip"), true)
        .setAttribute(AttributeKey.stringArrayKey("items"), List.of("a", "b"))
        .setContext(inside)
        .emit();
    logger
        .logRecordBuilder()
        .setTimestamp(at(3000), TimeUnit.NANOSECONDS)
        .setSeverity(Severity.ERROR)
        .setSeverityText("ERROR")
        .setBody(Value.of(KeyValue.of("event", Value.of("failed")), KeyValue.of("code", Value.of(7))))
        .emit();
    logger
        .logRecordBuilder()
        .setTimestamp(at(4000), TimeUnit.NANOSECONDS)
        .setBody("größe \"x\"\n\tline two ✓")
        .emit();
  }

  /** Ends the span, and gives its id. */
  private static String ended(Span span, long ms) {
    span.end(at(ms), TimeUnit.NANOSECONDS);
    return span.getSpanContext().getSpanId();
  }

  private static String tellTraces(OpenTelemetry sdk) {
    Tracer tracer = sdk.getTracerProvider().tracerBuilder("shop.tracer").setInstrumentationVersion("2.0").build();
    Span other =
        tracer
            .spanBuilder("nightly")
            .setSpanKind(SpanKind.PRODUCER)
            .setStartTimestamp(at(0), TimeUnit.NANOSECONDS)
            .startSpan();
    ended(other, 5);
    Span root =
        tracer
            .spanBuilder("POST /buy")
            .setSpanKind(SpanKind.SERVER)
            .setStartTimestamp(at(1000), TimeUnit.NANOSECONDS)
            .setAttribute("cart.id", "c-17")
            .setAttribute("cart.items", 3)
            .setAttribute("cart.total", 19.5)
            .setAttribute("cart.gift", true)
            .setAttribute(AttributeKey.stringArrayKey("cart.skus"), List.of("a", "b"))
            .setAttribute(AttributeKey.longArrayKey("cart.counts"), List.of(1L, 2L))
            .setAttribute(AttributeKey.doubleArrayKey("cart.weights"), List.of(0.5, 2.25))
            .setAttribute(AttributeKey.booleanArrayKey("cart.flags"), List.of(true, false))
            .setAttribute(AttributeKey.valueKey("cart.seal"), Value.of(new byte[] {1, 2, (byte) 255}))
            .setAttribute(
                AttributeKey.valueKey("cart.box"),
                Value.of(
                    KeyValue.of("sizes", Value.of(List.of(Value.of(3)))),
                    KeyValue.of("weight", Value.of(1.5))))
            .startSpan();
    Attributes loaded = Attributes.builder().put("cache.hit", false).put("size", 2).build();
    root.addEvent("cart.loaded", loaded, at(1010), TimeUnit.NANOSECONDS);
    Context inside = Context.root().with(root);
    Span charge =
        tracer
            .spanBuilder("charge")
            .setParent(inside)
            .setSpanKind(SpanKind.CLIENT)
            .setStartTimestamp(at(1020), TimeUnit.NANOSECONDS)
            .addLink(other.getSpanContext(), Attributes.of(AttributeKey.stringKey("reason"), "retry"))
            .startSpan();
    charge.setStatus(StatusCode.ERROR, "card declined");
    String chargeId = ended(charge, 1120);
    Span audit =
        tracer
            .spanBuilder("audit")
            .setParent(inside)
            .setStartTimestamp(at(1130), TimeUnit.NANOSECONDS)
            .startSpan();
    audit.setStatus(StatusCode.OK);
    String auditId = ended(audit, 1140);
    tellLogs(sdk, inside);
    String rootId = ended(root, 1250);
    return String.format(
        "\"extended\":true,\"startNs\":\"%d\",\"traceId\":\"%s\",\"traceFlags\":%d,"
            + "\"spanIds\":{\"POST /buy\":\"%s\",\"charge\":\"%s\",\"audit\":\"%s\"},"
            + "\"linked\":{\"traceId\":\"%s\",\"spanId\":\"%s\"}",
        START_NS,
        root.getSpanContext().getTraceId(),
        root.getSpanContext().getTraceFlags().asByte(),
        rootId,
        chargeId,
        auditId,
        other.getSpanContext().getTraceId(),
        other.getSpanContext().getSpanId());
  }

  public static void main(String[] args) {
    View exponential = View.builder().setAggregation(Aggregation.base2ExponentialBucketHistogram()).build();
    // What the SDK tells of itself.
    List<String> foreign = List.of("otlp.*", "processed*", "queueSize");
    View drop = View.builder().setAggregation(Aggregation.drop()).build();
    View explicit =
        View.builder().setAggregation(Aggregation.explicitBucketHistogram(List.of(10.0, 100.0, 1000.0))).build();
    OpenTelemetrySdk sdk =
        AutoConfiguredOpenTelemetrySdk.builder()
            .addPropertiesSupplier(() -> Map.of("otel.metric.export.interval", "3600000"))
            .addMetricExporterCustomizer((exporter, config) -> new RecordingExporter(exporter))
            .addMeterProviderCustomizer(
                (builder, config) -> {
                  builder.registerView(InstrumentSelector.builder().setName("shop.payload").build(), exponential);
                  builder.registerView(InstrumentSelector.builder().setName("shop.latency").build(), explicit);
                  for (String name : foreign) {
                    builder.registerView(InstrumentSelector.builder().setName(name).build(), drop);
                  }
                  return builder;
                })
            .build()
            .getOpenTelemetrySdk();
    String told = tellTraces(sdk);
    tellMetrics(sdk);
    sdk.shutdown().join(20, TimeUnit.SECONDS);
    String times =
        METRIC_TIMES.entrySet().stream()
            .map(e -> String.format("\"%s\":\"%s\"", e.getKey(), e.getValue()))
            .collect(Collectors.joining(","));
    System.out.printf("{%s,\"metricTimes\":{%s}}%n", told, times);
  }
}
