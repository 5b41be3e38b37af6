"""Two services on py_zipkin, in one process: the shop asks the till, and both halves of that call have one id.

Sends JSON or protobuf (ZIPKIN_ENCODING) to ZIPKIN_URL, and prints the trace's id and those of its spans as one line of JSON.
"""

import json
import os

import requests
from py_zipkin import Encoding, Kind
from py_zipkin.util import generate_random_64bit_string
from py_zipkin.zipkin import ZipkinAttrs, zipkin_client_span, zipkin_span

ENCODING = Encoding[os.environ["ZIPKIN_ENCODING"]]
TYPES = {Encoding.V2_JSON: "application/json", Encoding.V2_PROTO3: "application/x-protobuf"}


def send(body):
    response = requests.post(os.environ["ZIPKIN_URL"], data=body, headers={"Content-Type": TYPES[ENCODING]}, timeout=10)
    assert (response.status_code, response.text) == (202, ""), (response.status_code, response.text)


def till(attrs):
    with zipkin_span(
        "till",
        "charge",
        zipkin_attrs=attrs,
        transport_handler=send,
        port=8081,
        host="127.0.0.2",
        kind=Kind.SERVER,
        encoding=ENCODING,
        binary_annotations={"till.number": "7"},
    ):
        pass


root = ZipkinAttrs(
    trace_id=os.environ["ZIPKIN_TRACE_ID"],
    span_id=generate_random_64bit_string(),
    parent_span_id=None,
    flags="0",
    is_sampled=True,
)
with zipkin_span(
    "shop",
    "POST /buy",
    zipkin_attrs=root,
    transport_handler=send,
    port=8080,
    host="127.0.0.1",
    kind=Kind.SERVER,
    encoding=ENCODING,
) as span:
    span.update_binary_annotations({"cart.items": "3", "müsli": "größe ✓"})
    span.add_annotation("cart.loaded")
    with zipkin_client_span("shop", "charge") as client:
        client.update_binary_annotations({"error": "card declined"})
        client.add_sa_binary_annotation(port=8081, service_name="till", host="127.0.0.2")
        half = client.zipkin_attrs
        till(half)

print(json.dumps({"root": root.span_id, "half": half.span_id}))
