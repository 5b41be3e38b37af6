"""A small order service: POST /orders takes {"item", "count"}, asks the stock, and answers 201 or 409."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry._logs import SeverityNumber
from opentelemetry.trace import SpanKind, Status, StatusCode

from telemetry import Telemetry


class OutOfStock(Exception):
    pass


class Shop:
    def __init__(self, telemetry: Telemetry, stock: dict):
        self.telemetry = telemetry
        self.stock = stock
        self.orders = telemetry.meter.create_counter("shop.orders", description="Orders, by how they ended.")

    def reserve(self, item: str, count: int):
        with self.telemetry.tracer.start_as_current_span(
            "reserve stock", attributes={"shop.item": item, "shop.count": count}
        ):
            if self.stock.get(item, 0) < count:
                raise OutOfStock(f"no {count} of {item} left")
            self.stock[item] -= count

    def order(self, item: str, count: int) -> int:
        """Answers the HTTP status."""
        attributes = {"http.request.method": "POST", "http.route": "/orders"}
        with self.telemetry.tracer.start_as_current_span(
            "POST /orders", kind=SpanKind.SERVER, attributes=attributes
        ) as span:
            try:
                self.reserve(item, count)
                status = 201
                self.log(SeverityNumber.INFO, f"order of {count} {item}")
            except OutOfStock as error:
                status = 409
                span.set_status(Status(StatusCode.ERROR, str(error)))
                self.log(SeverityNumber.WARN, f"order refused: {error}")
            span.set_attribute("http.response.status_code", status)
            self.orders.add(1, {"outcome": "taken" if status == 201 else "refused"})
            return status

    def log(self, severity: SeverityNumber, text: str):
        self.telemetry.logger.emit(severity_number=severity, severity_text=severity.name, body=text)


def serve(shop: Shop, port: int = 0) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(shop.order(body["item"], body["count"]))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    telemetry = Telemetry("shop")
    try:
        serve(Shop(telemetry, {"apple": 10}), int(sys.argv[1])).serve_forever()
    finally:
        telemetry.shutdown()
