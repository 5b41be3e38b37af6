// Trilite as a sink for tests. One file, the standard library alone: copy it into your package.
//
//	func TestMain(m *testing.M) { RunWithSink(m) }
//
//	func TestOrders(t *testing.T) {
//		...                                  // run what is tested, and flush its telemetry
//		sink.WaitForTraces(t, `{ name = "POST /orders" }`)
//		sink.WaitForLogs(t, `{service_name="shop"} |= "refused"`)
//		sink.WaitForSeries(t, `shop_orders_total > 0`)
//	}
//
// Each waits until the query finds something, and fails the test with what there is instead.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"
)

const (
	// Below the end of any test, above any SDK that is told to flush.
	waitTimeout = 15 * time.Second
	// Between two looks.
	waitPause = 30 * time.Millisecond
	// Names in a message.
	namesMax = 12
)

// Sink is a Trilite of its own, in memory, on free ports.
type Sink struct {
	URL     string
	process *exec.Cmd
}

var sink *Sink

// RunWithSink runs the tests with a Sink, to which OpenTelemetry's variables point.
func RunWithSink(m *testing.M) {
	started, err := startSink()
	if err != nil {
		fmt.Fprintln(os.Stderr, "trilite did not start:", err)
		os.Exit(1)
	}
	sink = started
	os.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", sink.URL)
	code := m.Run()
	sink.stop()
	os.Exit(code)
}

// startSink starts the program that TRILITE names ("npx trilite" where it does not) and reads its ready line:
// trilite ready in 180 ms http://127.0.0.1:41234 grpc://127.0.0.1:41235
func startSink() (*Sink, error) {
	program := strings.Fields(os.Getenv("TRILITE"))
	if len(program) == 0 {
		program = []string{"npx", "trilite"}
	}
	args := append(program[1:], "serve", "--data", ":memory:", "--http", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0")
	command := exec.Command(program[0], args...)
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	ready, _ := bufio.NewReader(output).ReadString('\n')
	address := regexp.MustCompile(`http://\S+`).FindString(ready)
	if address == "" {
		command.Process.Kill()
		return nil, fmt.Errorf("%q", ready)
	}
	return &Sink{URL: address, process: command}, nil
}

func (s *Sink) stop() {
	s.process.Process.Signal(os.Interrupt)
	s.process.Wait()
}

// FoundTrace is what of a trace TraceQL's search tells.
type FoundTrace struct {
	TraceID         string `json:"traceID"`
	RootServiceName string `json:"rootServiceName"`
	RootTraceName   string `json:"rootTraceName"`
	SpanSets        []struct {
		Spans []struct {
			Name string `json:"name"`
		} `json:"spans"`
	} `json:"spanSets"`
}

// Line is a log line with the labels of its stream.
type Line struct {
	Labels map[string]string
	Text   string
}

// Series is one with its newest value.
type Series struct {
	Labels map[string]string
	Value  string
}

// WaitForTraces waits until TraceQL finds something.
func (s *Sink) WaitForTraces(t testing.TB, query string) []FoundTrace {
	t.Helper()
	return wait(t, query, s.traces, func() string {
		var told []string
		found, _ := s.traces(`{} | select(name)`)
		for _, trace := range found {
			told = append(told, fmt.Sprintf("%s: %s", trace.RootServiceName, trace.RootTraceName))
			for _, set := range trace.SpanSets {
				for _, span := range set.Spans {
					told = append(told, "  "+span.Name)
				}
			}
		}
		return s.told("traces", told)
	})
}

// WaitForLogs waits until LogQL finds something.
func (s *Sink) WaitForLogs(t testing.TB, query string) []Line {
	t.Helper()
	return wait(t, query, s.lines, func() string {
		var told []string
		found, _ := s.lines(`{service_name=~".+"}`)
		for _, line := range found {
			told = append(told, line.Labels["service_name"]+": "+line.Text)
		}
		return s.told("logs", told)
	})
}

// WaitForSeries waits until PromQL finds something.
func (s *Sink) WaitForSeries(t testing.TB, query string) []Series {
	t.Helper()
	return wait(t, query, s.series, func() string {
		var told []string
		found, _ := s.series(`{__name__!~"traces_(spanmetrics|service_graph)_.*"}`)
		for _, series := range found {
			told = append(told, fmt.Sprintf("%v %s", series.Labels, series.Value))
		}
		sort.Strings(told)
		return s.told("metrics", told)
	})
}

func wait[T any](t testing.TB, query string, ask func(string) ([]T, error), told func() string) []T {
	t.Helper()
	for deadline := time.Now().Add(waitTimeout); ; time.Sleep(waitPause) {
		found, err := ask(query)
		if err != nil {
			t.Fatalf("%s\n  %s", err, query)
		}
		if len(found) > 0 {
			return found
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %s, nothing matches\n  %s\n%s", waitTimeout, query, told())
		}
	}
}

func (s *Sink) traces(query string) ([]FoundTrace, error) {
	var answer struct{ Traces []FoundTrace }
	err := s.get("/api/search", url.Values{"q": {query}, "limit": {"1000"}, "spss": {"100"}}, &answer)
	for i, trace := range answer.Traces {
		// The search leaves leading zeros out; log lines have them.
		answer.Traces[i].TraceID = strings.Repeat("0", max(0, 32-len(trace.TraceID))) + trace.TraceID
	}
	return answer.Traces, err
}

func (s *Sink) lines(query string) ([]Line, error) {
	var answer struct {
		Data struct {
			Result []struct {
				Stream map[string]string
				Values [][]json.RawMessage
			}
		}
	}
	end := fmt.Sprint(time.Now().Add(time.Hour).UnixNano())
	params := url.Values{"query": {query}, "start": {"0"}, "end": {end}, "limit": {"5000"}}
	if err := s.get("/loki/api/v1/query_range", params, &answer); err != nil {
		return nil, err
	}
	var lines []Line
	for _, stream := range answer.Data.Result {
		for _, value := range stream.Values {
			line := Line{Labels: stream.Stream}
			if err := json.Unmarshal(value[1], &line.Text); err != nil {
				return nil, err
			}
			lines = append(lines, line)
		}
	}
	return lines, nil
}

func (s *Sink) series(query string) ([]Series, error) {
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := s.get("/api/v1/query", url.Values{"query": {query}}, &answer); err != nil {
		return nil, err
	}
	var all []Series
	for _, item := range answer.Data.Result {
		all = append(all, Series{Labels: item.Metric, Value: fmt.Sprint(item.Value[1])})
	}
	return all, nil
}

// told lists what there is, or, where there is nothing, what came of other signals and what was refused.
func (s *Sink) told(signal string, there []string) string {
	if len(there) > 0 {
		if len(there) > namesMax {
			there = append(there[:namesMax], "…")
		}
		return signal + " that are there:\n  " + strings.Join(there, "\n  ")
	}
	var report struct {
		Data struct {
			Arrivals []struct {
				Words string
				Count int `json:"accepted_total"`
			}
			Findings []struct{ Group, Severity, Summary string }
		}
	}
	if err := s.get("/api/v1/status/doctor", url.Values{"content": {"false"}}, &report); err != nil {
		return err.Error()
	}
	text := fmt.Sprintf("no %s have arrived at %s", signal, s.URL)
	for _, arrival := range report.Data.Arrivals {
		if arrival.Count > 0 {
			text += fmt.Sprintf("\n  %d by %s", arrival.Count, arrival.Words)
		}
	}
	for _, finding := range report.Data.Findings {
		if finding.Group == "refusals" && finding.Severity != "ok" {
			text += "\n  refused: " + finding.Summary
		}
	}
	return text
}

func (s *Sink) get(path string, params url.Values, into any) error {
	answer, err := http.Get(s.URL + path + "?" + params.Encode())
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, body)
	}
	return json.Unmarshal(body, into)
}
