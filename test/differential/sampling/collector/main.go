// Runs the collector's tail sampling processor over requests, for comparison: one case a line of JSON in, one line out.
//
//	{"config": {…}, "requests": ["base64 of OTLP protobuf", …]}  →  {"kept": {"trace id": spans}} or {"error": "…"}
//
// Stopping the processor decides every trace that waits, so that no case takes as long as decision_wait.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/tailsamplingprocessor"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"
)

type testCase struct {
	Config   map[string]any `json:"config"`
	Requests [][]byte       `json:"requests"`
}

type outcome struct {
	Kept  map[string]int `json:"kept,omitempty"`
	Error string         `json:"error,omitempty"`
}

func run(c testCase) (map[string]int, error) {
	ctx := context.Background()
	factory := tailsamplingprocessor.NewFactory()
	config := factory.CreateDefaultConfig()
	if err := confmap.NewFromStringMap(c.Config).Unmarshal(config); err != nil {
		return nil, err
	}
	sink := new(consumertest.TracesSink)
	sampler, err := factory.CreateTraces(ctx, processortest.NewNopSettings(factory.Type()), config, sink)
	if err != nil {
		return nil, err
	}
	if err := sampler.Start(ctx, componenttest.NewNopHost()); err != nil {
		return nil, err
	}
	unmarshaler := ptrace.ProtoUnmarshaler{}
	for _, request := range c.Requests {
		traces, err := unmarshaler.UnmarshalTraces(request)
		if err != nil {
			return nil, err
		}
		if err := sampler.ConsumeTraces(ctx, traces); err != nil {
			return nil, err
		}
	}
	if err := sampler.Shutdown(ctx); err != nil {
		return nil, err
	}
	kept := map[string]int{}
	for _, traces := range sink.AllTraces() {
		for _, resource := range traces.ResourceSpans().All() {
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					kept[span.TraceID().String()]++
				}
			}
		}
	}
	return kept, nil
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var c testCase
		o := outcome{}
		if err := json.Unmarshal(line, &c); err != nil {
			o.Error = err.Error()
		} else if kept, err := run(c); err != nil {
			o.Error = err.Error()
		} else {
			o.Kept = kept
		}
		if err := out.Encode(o); err != nil {
			return
		}
	}
}
