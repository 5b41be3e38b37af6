import json
import urllib.error
import urllib.request

import pytest


def order(shop, item, count):
    """The status; what the service has to tell is sent before it is answered."""
    body = json.dumps({"item": item, "count": count}).encode()
    url = f"http://127.0.0.1:{shop.server_port}/orders"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body)) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    finally:
        shop.flush()


def test_an_order_is_traced_down_to_the_stock(sink, shop):
    assert order(shop, "apple", 2) == 201
    sink.wait_for_traces(
        '{ name = "POST /orders" && kind = server && span.http.response.status_code = 201 }'
        ' > { name = "reserve stock" && span.shop.item = "apple" && span.shop.count = 2 }'
    )


def test_a_refused_order_is_an_error_with_a_warning_in_its_trace(sink, shop):
    assert order(shop, "apple", 11) == 409
    [trace, *_] = sink.wait_for_traces('{ name = "POST /orders" && status = error }')
    sink.wait_for_logs('{service_name="shop"} |= "no 11 of apple left" | trace_id=`%s`' % trace["traceID"])


def test_orders_are_counted_by_outcome(sink, shop):
    order(shop, "apple", 1)
    order(shop, "pear", 1)
    for outcome in ("taken", "refused"):
        sink.wait_for_series('sum(shop_orders_total{outcome="%s"}) >= 1' % outcome)


def test_what_is_missing_is_told(sink, shop):
    order(shop, "apple", 1)
    with pytest.raises(AssertionError, match="(?s)nothing matches.*POST /orders"):
        sink.wait_for_traces('{ name = "POST /order" }', timeout=0.1)
