// An application on Jaeger's Go client, or on OpenTelemetry's exporter to Jaeger: `app CLIENT SERVICE HOW WHERE`, CLIENT
// being uber or otel, sends a trace (agent HOST:PORT in the compact protocol, collector URL in thrift over HTTP) and prints
// the trace's id.
package main

import (
	"context"
	"fmt"
	"net"
	"os"

	"github.com/opentracing/opentracing-go"
	uber "github.com/uber/jaeger-client-go"
	"github.com/uber/jaeger-client-go/transport"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	otel "go.opentelemetry.io/otel/exporters/jaeger"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type loud struct{}

func (loud) Error(message string)                  { fmt.Fprintln(os.Stderr, message) }
func (loud) Infof(message string, args ...any) {}

func withUber(service, how, where string) {
	var sender uber.Transport
	var err error
	if how == "agent" {
		sender, err = uber.NewUDPTransport(where, 0)
	} else {
		sender = transport.NewHTTPTransport(where + "?format=jaeger.thrift")
	}
	check(err)
	reporter := uber.NewRemoteReporter(sender, uber.ReporterOptions.Logger(loud{}))
	options := uber.TracerOptions.Gen128Bit(true)
	tracer, closer := uber.NewTracer(service, uber.NewConstSampler(true), reporter, options)
	root := tracer.StartSpan("GET /buy")
	root.SetTag("span.kind", "server").SetTag("http.status_code", 200).SetTag("cached", false).SetTag("ratio", 0.5)
	root.LogKV("event", "cache miss", "key", "basket")
	child := tracer.StartSpan("SELECT", opentracing.ChildOf(root.Context()))
	child.SetTag("span.kind", "client").SetTag("error", true)
	child.Finish()
	root.Finish()
	id := root.Context().(uber.SpanContext).TraceID()
	fmt.Printf("%016x%016x\n", id.High, id.Low)
	check(closer.Close())
}

func withOtel(service, how, where string) {
	endpoint := otel.WithCollectorEndpoint(otel.WithEndpoint(where))
	if how == "agent" {
		host, port, err := net.SplitHostPort(where)
		check(err)
		endpoint = otel.WithAgentEndpoint(otel.WithAgentHost(host), otel.WithAgentPort(port))
	}
	exporter, err := otel.New(endpoint)
	check(err)
	about := resource.NewSchemaless(attribute.String("service.name", service))
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about))
	tracer := provider.Tracer("shop", trace.WithInstrumentationVersion("1.2"))
	ctx, root := tracer.Start(context.Background(), "GET /buy", trace.WithSpanKind(trace.SpanKindServer))
	root.SetAttributes(attribute.Int("http.status_code", 200), attribute.Bool("cached", false), attribute.Float64("ratio", 0.5))
	root.AddEvent("cache miss", trace.WithAttributes(attribute.String("key", "basket")))
	_, child := tracer.Start(ctx, "SELECT", trace.WithSpanKind(trace.SpanKindClient))
	child.SetStatus(codes.Error, "")
	child.End()
	root.End()
	fmt.Println(root.SpanContext().TraceID())
	check(provider.Shutdown(context.Background()))
}

func main() {
	client, service, how, where := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	if client == "uber" {
		withUber(service, how, where)
	} else {
		withOtel(service, how, where)
	}
}
