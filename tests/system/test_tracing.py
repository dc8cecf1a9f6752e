"""One trace from a request through the gateway to the server, as a collector gets it over a real port."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.system.processes import ROOT, environment, free_port, running, serving, wait_for_http, wait_until
from tests.system.sessions import new_sessions

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@contextmanager
def collector() -> Iterator[tuple[str, dict[str, list[Span]]]]:
    """The URL of a collector, and the spans that it has by the names of the services."""
    found: dict[str, list[Span]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["content-length"])))
            for of_resource in sent.resource_spans:
                attributes = {a.key: a.value.string_value for a in of_resource.resource.attributes}
                for of_scope in of_resource.scope_spans:
                    found.setdefault(attributes["service.name"], []).extend(of_scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def attributes(span: Span) -> dict[str, str | int]:
    """Those of a span."""
    return {a.key: a.value.string_value or a.value.int_value for a in span.attributes}


def test_a_request_is_one_trace_from_the_gateway_to_the_server(tmp_path: Path) -> None:
    port = free_port()
    with collector() as (url, found):
        on = {"EVERRUNS_OTLP_ENDPOINT": url, "OTEL_BSP_SCHEDULE_DELAY": "50"}
        with serving(tmp_path, **on) as (server, channel):
            names = new_sessions(tmp_path, channel).names
            key = cast("dict[str, str]", names["keys"])["owner"]
            settings = {"EVERRUNS_HTTP_PORT": str(port), "EVERRUNS_GRPC_PORT": str(server.grpc_port), **on}
            with running(["gateway"], tmp_path, **settings) as gateway:
                http = f"http://127.0.0.1:{port}"
                wait_for_http(http, gateway)
                headers = {
                    "authorization": key,
                    "x-request-id": "traced-1",
                    "traceparent": f"00-{TRACE}-{PARENT}-01",
                }
                never = f"/v1/sessions/session_{'0' * 32}"
                for path, status in (("/v1/agents?search=secret", 200), (never, 404)):
                    assert httpx.get(http + path, headers=headers, trust_env=False).status_code == status

                def ours(service: str) -> list[Span]:
                    return [
                        s for s in found.get(service, []) if attributes(s).get("request.id") == "traced-1"
                    ]

                made = httpx.patch(
                    f"{http}/v1/agents/{cast('dict[str, str]', names['agent'])['id']}",
                    json={"description": "d"},
                    headers={**headers, "x-request-id": "traced-2"},
                    trust_env=False,
                )
                assert made.status_code == 200
                created = httpx.post(
                    f"{http}/v1/sessions",
                    json={"agent_id": cast("dict[str, str]", names["agent"])["id"]},
                    headers={**headers, "x-request-id": "traced-3"},
                    trust_env=False,
                )
                assert created.status_code == 201

                wait_until(gateway, lambda: len(ours("everruns-gateway")) == 2)
                wait_until(server, lambda: len(ours("everruns-server")) == 2)
                wait_until(
                    server,
                    lambda: "traced-3" in [attributes(s).get("request.id") for s in found["everruns-server"]],
                )
                outer, inner = ours("everruns-gateway"), ours("everruns-server")
    assert {span.trace_id.hex() for span in (*outer, *inner)} == {TRACE}
    assert {span.parent_span_id.hex() for span in outer} == {PARENT}
    assert [span.name for span in outer] == ["GET /v1/agents", "GET /v1/sessions/{id}"]
    assert [span.name for span in inner] == ["ListAgents", "GetSession"]
    assert [span.parent_span_id for span in inner] == [span.span_id for span in outer]
    assert [attributes(span)["http.response.status_code"] for span in outer] == [200, 404]
    assert attributes(inner[1])["rpc.grpc.status_code"] == 5
    spans = {span.span_id: span for span in found["everruns-server"]}
    of_store = [span for span in spans.values() if span.name.startswith("store ")]
    assert {
        (spans[span.parent_span_id].name, span.name) for span in of_store if span.parent_span_id in spans
    } >= {
        ("ListAgents", "store read"),
        ("GetSession", "store read"),
        ("UpdateAgent", "store write"),
        ("CreateSession", "store write"),
    }
    # A create is answered when its write is on disk, and its span ends after that of the write.
    [create] = [span for span in spans.values() if attributes(span).get("request.id") == "traced-3"]
    [write] = [
        span for span in of_store if span.parent_span_id == create.span_id and span.name == "store write"
    ]
    assert create.start_time_unix_nano <= write.start_time_unix_nano
    assert write.end_time_unix_nano <= create.end_time_unix_nano
    assert {span.trace_id.hex() for span in of_store} >= {TRACE}
    assert key not in repr(found)
    assert "secret" not in repr(found)


UNTRACED = """
import gc, os, sys
from gateway.app import build_app
from gateway.settings import from_environment
from server.app import build
from server.settings import read_settings
from server.store.traced import TracedDialect, TracedWriter
app = build(read_settings(os.environ))
build_app(from_environment())
print(sorted(name for name in sys.modules if name.startswith("opentelemetry") or name.endswith(".tracing")))
print([found for found in gc.get_objects() if isinstance(found, (TracedDialect, TracedWriter))])
sys.stdout.flush()
os._exit(0)
"""


def test_without_the_setting_nothing_is_between_a_call_and_what_makes_it(tmp_path: Path) -> None:
    def said(**on: str) -> str:
        command = [sys.executable, "-c", UNTRACED]
        return subprocess.run(
            command, cwd=ROOT, env=environment(tmp_path, **on), capture_output=True, text=True, check=True
        ).stdout

    assert said() == "[]\n[]\n"
    traced = said(EVERRUNS_OTLP_ENDPOINT="http://127.0.0.1:1/v1/traces")
    assert "server.rpc.tracing" in traced
    assert "TracedDialect" in traced
    assert "TracedWriter" in traced
