import os
import threading
import pytest

from orders import Shop, serve
from telemetry import Telemetry
from trilite_sink import Sink


@pytest.fixture(scope="session")
def sink():
    with Sink() as sink:
        os.environ.update(sink.env)
        yield sink


@pytest.fixture
def shop(sink):
    """The service with ten apples, and its address."""
    telemetry = Telemetry("shop")
    server = serve(Shop(telemetry, {"apple": 10}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.flush = telemetry.flush
    yield server
    server.shutdown()
    server.server_close()
    telemetry.shutdown()
