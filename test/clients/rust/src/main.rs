//! An instrumented application on OpenTelemetry's Rust SDK. It tells the traces of the story that ../otlp/story.ts
//! expects, exports them by the protocol that the usual environment variables name, and prints what it made up on the way
//! (ids, times) as one line of JSON.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{
    Link, Span, SpanContext, SpanKind, Status, TraceContextExt, Tracer, TracerProvider,
};
use opentelemetry::{Array, Context, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::trace::SdkTracerProvider;
use opentelemetry_sdk::Resource;

fn exporter() -> SpanExporter {
    let built = match std::env::var("OTEL_EXPORTER_OTLP_PROTOCOL").as_deref() {
        Ok("grpc") => SpanExporter::builder().with_tonic().build(),
        Ok("http/json") => SpanExporter::builder().with_http().with_protocol(Protocol::HttpJson).build(),
        _ => SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).build(),
    };
    built.expect("an exporter")
}

fn main() {
    // The exporter for gRPC needs a runtime around it.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let entered = runtime.enter();
    let exporter = exporter();
    drop(entered);
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder().build())
        .with_batch_exporter(exporter)
        .build();
    let scope = InstrumentationScope::builder("shop.tracer").with_version("2.0").build();
    let tracer = provider.tracer_with_scope(scope);

    let start = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs() - 60;
    // A time with a nanosecond part, ms after the story began.
    let at = |ms: u64| UNIX_EPOCH + Duration::from_secs(start) + Duration::from_millis(ms) + Duration::from_nanos(123_456);
    let none = Context::new();

    let mut other =
        tracer.span_builder("nightly").with_kind(SpanKind::Producer).with_start_time(at(0)).start_with_context(&tracer, &none);
    other.end_with_timestamp(at(5));
    let linked: SpanContext = other.span_context().clone();

    let texts: Vec<StringValue> = vec!["a".into(), "b".into()];
    let mut root = tracer
        .span_builder("POST /buy")
        .with_kind(SpanKind::Server)
        .with_start_time(at(1000))
        .with_attributes([
            KeyValue::new("cart.id", "c-17"),
            KeyValue::new("cart.items", 3),
            KeyValue::new("cart.total", 19.5),
            KeyValue::new("cart.gift", true),
            KeyValue::new("cart.skus", Value::Array(Array::String(texts))),
            KeyValue::new("cart.counts", Value::Array(Array::I64(vec![1, 2]))),
            KeyValue::new("cart.weights", Value::Array(Array::F64(vec![0.5, 2.25]))),
            KeyValue::new("cart.flags", Value::Array(Array::Bool(vec![true, false]))),
        ])
        .start_with_context(&tracer, &none);
    let loaded = vec![KeyValue::new("cache.hit", false), KeyValue::new("size", 2)];
    root.add_event_with_timestamp("cart.loaded", at(1010), loaded);
    let inside = none.with_remote_span_context(root.span_context().clone());

    let mut charge = tracer
        .span_builder("charge")
        .with_kind(SpanKind::Client)
        .with_start_time(at(1020))
        .with_links(vec![Link::new(linked.clone(), vec![KeyValue::new("reason", "retry")], 0)])
        .start_with_context(&tracer, &inside);
    charge.set_status(Status::error("card declined"));
    charge.end_with_timestamp(at(1120));
    let mut audit = tracer.span_builder("audit").with_start_time(at(1130)).start_with_context(&tracer, &inside);
    audit.set_status(Status::Ok);
    audit.end_with_timestamp(at(1140));
    root.end_with_timestamp(at(1250));
    provider.shutdown().expect("everything was sent");

    let context = root.span_context();
    println!(
        r#"{{"startNs":"{start}000000000","traceId":"{}","traceFlags":{},"spanIds":{{"POST /buy":"{}","charge":"{}","audit":"{}"}},"linked":{{"traceId":"{}","spanId":"{}"}},"metricTimes":{{}}}}"#,
        context.trace_id(),
        context.trace_flags().to_u8(),
        context.span_id(),
        charge.span_context().span_id(),
        audit.span_context().span_id(),
        linked.trace_id(),
        linked.span_id(),
    );
}
