// A small order service: POST /orders takes {"item", "count"}, asks the stock, and answers 201 or 409.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

var errOutOfStock = errors.New("out of stock")

type Shop struct {
	telemetry *Telemetry
	orders    metric.Int64Counter
	mutex     sync.Mutex
	stock     map[string]int
}

func NewShop(telemetry *Telemetry, stock map[string]int) (*Shop, error) {
	orders, err := telemetry.Meter.Int64Counter("shop.orders", metric.WithDescription("Orders, by how they ended."))
	return &Shop{telemetry: telemetry, orders: orders, stock: stock}, err
}

func (s *Shop) reserve(ctx context.Context, item string, count int) error {
	_, span := s.telemetry.Tracer.Start(ctx, "reserve stock",
		trace.WithAttributes(attribute.String("shop.item", item), attribute.Int("shop.count", count)))
	defer span.End()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.stock[item] < count {
		err := fmt.Errorf("%w: no %d of %s left", errOutOfStock, count, item)
		span.RecordError(err)
		return err
	}
	s.stock[item] -= count
	return nil
}

func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var order struct {
		Item  string `json:"item"`
		Count int    `json:"count"`
	}
	if err := json.NewDecoder(r.Body).Decode(&order); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ctx, span := s.telemetry.Tracer.Start(r.Context(), "POST /orders", trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("http.request.method", r.Method), attribute.String("http.route", "/orders")))
	defer span.End()
	status, outcome := http.StatusCreated, "taken"
	if err := s.reserve(ctx, order.Item, order.Count); err != nil {
		status, outcome = http.StatusConflict, "refused"
		span.SetStatus(codes.Error, err.Error())
		s.log(ctx, log.SeverityWarn, "order refused: "+err.Error())
	} else {
		s.log(ctx, log.SeverityInfo, fmt.Sprintf("order of %d %s", order.Count, order.Item))
	}
	span.SetAttributes(attribute.Int("http.response.status_code", status))
	s.orders.Add(ctx, 1, metric.WithAttributes(attribute.String("outcome", outcome)))
	w.WriteHeader(status)
}

func (s *Shop) log(ctx context.Context, severity log.Severity, text string) {
	var record log.Record
	record.SetSeverity(severity)
	record.SetSeverityText(severity.String())
	record.SetBody(attribute.StringValue(text))
	s.telemetry.Logger.Emit(ctx, record)
}

func main() {
	ctx := context.Background()
	telemetry, err := NewTelemetry(ctx, "shop")
	if err != nil {
		panic(err)
	}
	defer telemetry.Shutdown(ctx)
	shop, err := NewShop(telemetry, map[string]int{"apple": 10})
	if err != nil {
		panic(err)
	}
	http.Handle("POST /orders", shop)
	fmt.Fprintln(os.Stderr, http.ListenAndServe(os.Args[1], nil))
}
