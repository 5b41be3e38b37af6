"""One server-streaming call with bytes in and out: call.py ADDRESS METHOD REQUEST_HEX prints each message as hex."""

import sys

import grpc

address, method, request = sys.argv[1:]
with grpc.insecure_channel(address) as channel:
    call = channel.unary_stream(method, lambda message: message, lambda message: message)
    for answer in call(bytes.fromhex(request), timeout=30):
        print(answer.hex())
