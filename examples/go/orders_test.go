package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { RunWithSink(m) }

// order sends an order to a shop of its own with ten apples, flushes what it has to tell, and answers the status.
func order(t *testing.T, item string, count int) int {
	t.Helper()
	ctx := context.Background()
	telemetry, err := NewTelemetry(ctx, "shop")
	if err != nil {
		t.Fatal(err)
	}
	defer telemetry.Shutdown(ctx)
	shop, err := NewShop(telemetry, map[string]int{"apple": 10})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(shop)
	defer server.Close()
	body := fmt.Sprintf(`{"item": %q, "count": %d}`, item, count)
	answer, err := http.Post(server.URL+"/orders", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := telemetry.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}

func TestAnOrderIsTracedDownToTheStock(t *testing.T) {
	if status := order(t, "apple", 2); status != http.StatusCreated {
		t.Fatalf("status %d", status)
	}
	sink.WaitForTraces(t, `{ name = "POST /orders" && kind = server && span.http.response.status_code = 201 }
		> { name = "reserve stock" && span.shop.item = "apple" && span.shop.count = 2 }`)
}

func TestARefusedOrderIsAnErrorWithAWarningInItsTrace(t *testing.T) {
	if status := order(t, "apple", 11); status != http.StatusConflict {
		t.Fatalf("status %d", status)
	}
	trace := sink.WaitForTraces(t, `{ name = "POST /orders" && status = error }`)[0]
	sink.WaitForLogs(t, fmt.Sprintf("{service_name=\"shop\"} |= `no 11 of apple left` | trace_id=%q", trace.TraceID))
}

func TestOrdersAreCountedByOutcome(t *testing.T) {
	order(t, "apple", 1)
	order(t, "pear", 1)
	for _, outcome := range []string{"taken", "refused"} {
		sink.WaitForSeries(t, fmt.Sprintf(`sum(shop_orders_total{outcome=%q}) >= 1`, outcome))
	}
}
