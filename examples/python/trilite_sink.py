"""Trilite as a sink for tests. One file, the standard library alone: copy it into your project.

    with Sink() as sink:
        os.environ.update(sink.env)          # before the SDK is set up
        ...                                  # run what is tested, and flush its telemetry
        sink.wait_for_traces('{ name = "POST /orders" }')
        sink.wait_for_logs('{service_name="shop"} |= "refused"')
        sink.wait_for_series('shop_orders_total > 0')

Each waits until the query finds something, and raises an AssertionError that says what there is instead.
"""

import json
import os
import re
import shlex
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

# Below the end of any test, above any SDK that is told to flush.
TIMEOUT_SECONDS = 15
# Between two looks.
PAUSE_SECONDS = 0.03
# Of names in a message.
NAMES_MAX = 12


class Sink:
    """A Trilite of its own, in memory, on free ports. TRILITE names the program (default: npx trilite)."""

    def __enter__(self):
        program = shlex.split(os.environ.get("TRILITE", "npx trilite"))
        flags = ["--data", ":memory:", "--http", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0"]
        self._process = subprocess.Popen([*program, "serve", *flags], stdout=subprocess.PIPE, text=True)
        # trilite ready in 180 ms http://127.0.0.1:41234 grpc://127.0.0.1:41235
        ready = self._process.stdout.readline()
        found = re.search(r"http://\S+", ready)
        if not found:
            self.__exit__()
            raise RuntimeError(f"trilite did not start: {ready!r}")
        self.url = found[0]
        self.env = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "OTEL_BLRP_SCHEDULE_DELAY": "50",
        }
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
        self._process.stdout.close()

    def traces(self, query):
        """What TraceQL finds, as Tempo's search has it, with whole trace ids."""
        found = self._get("/api/search", q=query, limit=1000, spss=100).get("traces", [])
        # The search leaves leading zeros out; log lines have them.
        return [{**trace, "traceID": trace["traceID"].zfill(32)} for trace in found]

    def lines(self, query):
        """Lines that LogQL finds: (labels, line)."""
        end = time.time_ns() + 3_600_000_000_000
        data = self._get("/loki/api/v1/query_range", query=query, start=0, end=end, limit=5000)["data"]
        return [(entry["stream"], line) for entry in data["result"] for _, line, *_ in entry["values"]]

    def series(self, query):
        """What PromQL finds now: (labels, value)."""
        result = self._get("/api/v1/query", query=query)["data"]["result"]
        return [(item["metric"], float(item["value"][1])) for item in result]

    def trace(self, trace_id):
        """A whole trace, in OTLP's JSON."""
        return self._get(f"/api/v2/traces/{trace_id}")["trace"]

    def wait_for_traces(self, query, timeout=TIMEOUT_SECONDS):
        return self._wait(self.traces, query, timeout, self._told_of_traces)

    def wait_for_logs(self, query, timeout=TIMEOUT_SECONDS):
        return self._wait(self.lines, query, timeout, self._told_of_logs)

    def wait_for_series(self, query, timeout=TIMEOUT_SECONDS):
        return self._wait(self.series, query, timeout, self._told_of_series)

    def _wait(self, ask, query, timeout, told):
        __tracebackhide__ = True  # pytest shows the test's line, not this one
        deadline = time.monotonic() + timeout
        while not (found := ask(query)):
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {timeout:g} s, nothing matches\n  {query}\n{told()}")
            time.sleep(PAUSE_SECONDS)
        return found

    def _told_of_traces(self):
        traces = self.traces("{} | select(name, kind, status)")
        lines = []
        for trace in traces[:NAMES_MAX]:
            lines.append(f"  {trace.get('rootServiceName', '?')}: {trace.get('rootTraceName', '?')}")
            for spans in trace["spanSets"]:
                lines += [f"    {span.get('name', '?')}  {_attributes(span)}" for span in spans["spans"][:NAMES_MAX]]
        return "\n".join(["traces that are there:", *lines]) if lines else self._nothing("traces")

    def _told_of_logs(self):
        lines = self.lines('{service_name=~".+"}')[:NAMES_MAX]
        told = [f"  {labels.get('service_name')}: {line[:120]}" for labels, line in lines]
        return "\n".join(["lines that are there:", *told]) if told else self._nothing("logs")

    def _told_of_series(self):
        series = self.series('{__name__!~"traces_(spanmetrics|service_graph)_.*"}')[:NAMES_MAX]
        told = [f"  {labels} {value:g}" for labels, value in series]
        return "\n".join(["series that are there:", *told]) if told else self._nothing("metrics")

    def _nothing(self, signal):
        """What came of other signals, and what was refused."""
        report = self._get("/api/v1/status/doctor", content="false")["data"]
        told = [f"no {signal} have arrived at {self.url}"]
        told += [f"  {a['accepted_total']} by {a['words']}" for a in report["arrivals"] if a["accepted_total"]]
        told += [
            f"  refused: {f['summary']}"
            for f in report["findings"]
            if f["group"] == "refusals" and f["severity"] != "ok"
        ]
        return "\n".join(told)

    def _get(self, path, **params):
        url = f"{self.url}{path}?{urllib.parse.urlencode(params)}"
        request = urllib.request.Request(url, headers={"Accept": "application/json"})
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise ValueError(f"{path}: {error.read().decode()}") from None


def _attributes(span):
    values = {a["key"]: next(iter(a["value"].values()), None) for a in span.get("attributes", [])}
    return " ".join(f"{key}={value}" for key, value in sorted(values.items()))
