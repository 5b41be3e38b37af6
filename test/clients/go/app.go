// An instrumented application on OpenTelemetry's Go SDK. It tells the story that ../otlp/story.ts expects, exports it by
// the protocol that the usual environment variables name, and prints what it made up on the way (ids, times) as one line
// of JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

type linked struct {
	TraceID string `json:"traceId"`
	SpanID  string `json:"spanId"`
}

type report struct {
	StartNs     string            `json:"startNs"`
	TraceID     string            `json:"traceId"`
	TraceFlags  int               `json:"traceFlags"`
	SpanIDs     map[string]string `json:"spanIds"`
	Linked      linked            `json:"linked"`
	MetricTimes map[string]string `json:"metricTimes"`
	Extended    bool              `json:"extended"`
}

var start = time.Unix(time.Now().Unix()-60, 0)

// A time with a nanosecond part, ms after the story began.
func at(ms int) time.Time {
	return start.Add(time.Duration(ms)*time.Millisecond + 123456)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

// Notes the times of the exported metrics, as they go over the wire.
type recordingExporter struct {
	sdkmetric.Exporter
	mutex sync.Mutex
	times map[string]string
}

func (e *recordingExporter) Export(ctx context.Context, data *metricdata.ResourceMetrics) error {
	e.mutex.Lock()
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			e.times[m.Name] = strconv.FormatInt(pointTime(m.Data).UnixNano(), 10)
		}
	}
	e.mutex.Unlock()
	return e.Exporter.Export(ctx, data)
}

func pointTime(data metricdata.Aggregation) time.Time {
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		return d.DataPoints[0].Time
	case metricdata.Sum[float64]:
		return d.DataPoints[0].Time
	case metricdata.Gauge[int64]:
		return d.DataPoints[0].Time
	case metricdata.Gauge[float64]:
		return d.DataPoints[0].Time
	case metricdata.Histogram[int64]:
		return d.DataPoints[0].Time
	case metricdata.ExponentialHistogram[int64]:
		return d.DataPoints[0].Time
	}
	panic(fmt.Sprintf("no time of %T", data))
}

func exporters(ctx context.Context) (sdktrace.SpanExporter, sdklog.Exporter, sdkmetric.Exporter) {
	if os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" {
		return must(otlptracegrpc.New(ctx)), must(otlploggrpc.New(ctx)), must(otlpmetricgrpc.New(ctx))
	}
	return must(otlptracehttp.New(ctx)), must(otlploghttp.New(ctx)), must(otlpmetrichttp.New(ctx))
}

func tellMetrics(ctx context.Context, provider metric.MeterProvider) {
	meter := provider.Meter("shop.meter", metric.WithInstrumentationVersion("1.2.3"))
	orders := must(meter.Int64Counter("shop.orders", metric.WithUnit("{order}"), metric.WithDescription("Orders taken.")))
	card := metric.WithAttributes(attribute.String("payment.method", "card"))
	orders.Add(ctx, 3, card)
	orders.Add(ctx, 4, card)
	orders.Add(ctx, 5, metric.WithAttributes(attribute.String("payment.method", "cash")))
	queue := must(meter.Int64UpDownCounter("shop.queue.length", metric.WithUnit("1")))
	queue.Add(ctx, 10)
	queue.Add(ctx, -4)
	temperature := must(meter.Float64Gauge("shop.temperature", metric.WithUnit("Cel")))
	temperature.Record(ctx, 21.5, metric.WithAttributes(
		attribute.String("room", "a"), attribute.Int("floor", 2), attribute.Bool("heated", true)))
	latency := must(meter.Int64Histogram("shop.latency", metric.WithUnit("ms"),
		metric.WithExplicitBucketBoundaries(10, 100, 1000)))
	for _, ms := range []int64{5, 10, 50, 500, 5000} {
		latency.Record(ctx, ms, metric.WithAttributes(attribute.String("route", "/buy")))
	}
	payload := must(meter.Int64Histogram("shop.payload", metric.WithUnit("By")))
	for _, bytes := range []int64{0, 1, 2, 4, 1000} {
		payload.Record(ctx, bytes)
	}
	must(meter.Float64ObservableCounter("shop.cpu", metric.WithUnit("s"),
		metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
			o.Observe(12.25, metric.WithAttributes(attribute.String("mode", "user")))
			return nil
		})))
	must(meter.Int64ObservableGauge("shop.memory", metric.WithUnit("By"),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(123456789)
			return nil
		})))
}

func tellLogs(inside context.Context, provider log.LoggerProvider) {
	logger := provider.Logger("shop.logger", log.WithInstrumentationVersion("0.3"))
	var accepted log.Record
	accepted.SetTimestamp(at(2000))
	accepted.SetSeverity(log.SeverityInfo)
	accepted.SetSeverityText("INFO")
	accepted.SetBody(attribute.StringValue("order accepted"))
	accepted.AddAttributes(
		attribute.Int("order.id", 17), attribute.String("customer", "ada"), attribute.Float64("ratio", 0.5),
		attribute.Bool("vip", true), attribute.StringSlice("items", []string{"a", "b"}))
	logger.Emit(inside, accepted)
	var failed log.Record
	failed.SetTimestamp(at(3000))
	failed.SetSeverity(log.SeverityError)
	failed.SetSeverityText("ERROR")
	failed.SetBody(attribute.MapValue(attribute.String("event", "failed"), attribute.Int("code", 7)))
	logger.Emit(context.Background(), failed)
	var text log.Record
	text.SetTimestamp(at(4000))
	text.SetBody(attribute.StringValue("größe \"x\"\n\tline two ✓"))
	logger.Emit(context.Background(), text)
}

func tellTraces(ctx context.Context, provider trace.TracerProvider, logs log.LoggerProvider) report {
	tracer := provider.Tracer("shop.tracer", trace.WithInstrumentationVersion("2.0"))
	_, other := tracer.Start(ctx, "nightly", trace.WithSpanKind(trace.SpanKindProducer), trace.WithTimestamp(at(0)))
	other.End(trace.WithTimestamp(at(5)))
	inside, root := tracer.Start(ctx, "POST /buy", trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(at(1000)),
		trace.WithAttributes(
			attribute.String("cart.id", "c-17"),
			attribute.Int("cart.items", 3),
			attribute.Float64("cart.total", 19.5),
			attribute.Bool("cart.gift", true),
			attribute.StringSlice("cart.skus", []string{"a", "b"}),
			attribute.IntSlice("cart.counts", []int{1, 2}),
			attribute.Float64Slice("cart.weights", []float64{0.5, 2.25}),
			attribute.BoolSlice("cart.flags", []bool{true, false}),
			attribute.ByteSlice("cart.seal", []byte{1, 2, 255}),
			attribute.Map("cart.box", attribute.Slice("sizes", attribute.IntValue(3)), attribute.Float64("weight", 1.5)),
		))
	root.AddEvent("cart.loaded", trace.WithTimestamp(at(1010)),
		trace.WithAttributes(attribute.Bool("cache.hit", false), attribute.Int("size", 2)))
	_, charge := tracer.Start(inside, "charge", trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(at(1020)),
		trace.WithLinks(trace.Link{SpanContext: other.SpanContext(),
			Attributes: []attribute.KeyValue{attribute.String("reason", "retry")}}))
	charge.SetStatus(codes.Error, "card declined")
	charge.End(trace.WithTimestamp(at(1120)))
	_, audit := tracer.Start(inside, "audit", trace.WithTimestamp(at(1130)))
	audit.SetStatus(codes.Ok, "")
	audit.End(trace.WithTimestamp(at(1140)))
	tellLogs(inside, logs)
	root.End(trace.WithTimestamp(at(1250)))
	id := func(span trace.Span) string { return span.SpanContext().SpanID().String() }
	return report{
		StartNs:    strconv.FormatInt(start.UnixNano(), 10),
		TraceID:    root.SpanContext().TraceID().String(),
		TraceFlags: int(root.SpanContext().TraceFlags()),
		SpanIDs:    map[string]string{"POST /buy": id(root), "charge": id(charge), "audit": id(audit)},
		Extended:   true,
		Linked:     linked{other.SpanContext().TraceID().String(), id(other)},
	}
}

func main() {
	ctx := context.Background()
	spans, logs, metrics := exporters(ctx)
	own := must(resource.New(ctx, resource.WithFromEnv(), resource.WithTelemetrySDK()))
	tracers := sdktrace.NewTracerProvider(sdktrace.WithResource(own), sdktrace.WithBatcher(spans))
	loggers := sdklog.NewLoggerProvider(sdklog.WithResource(own), sdklog.WithProcessor(sdklog.NewBatchProcessor(logs)))
	recording := &recordingExporter{Exporter: metrics, times: map[string]string{}}
	meters := sdkmetric.NewMeterProvider(
		sdkmetric.WithResource(own),
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(recording, sdkmetric.WithInterval(time.Hour))),
		sdkmetric.WithView(sdkmetric.NewView(
			sdkmetric.Instrument{Name: "shop.payload"},
			sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}},
		)))
	told := tellTraces(ctx, tracers, loggers)
	tellMetrics(ctx, meters)
	check(tracers.Shutdown(ctx))
	check(loggers.Shutdown(ctx))
	check(meters.Shutdown(ctx))
	told.MetricTimes = recording.times
	check(json.NewEncoder(os.Stdout).Encode(told))
}
