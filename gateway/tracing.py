"""Spans of requests, for a collector of OpenTelemetry; needs the extra `otel`."""

from __future__ import annotations

from dataclasses import replace

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gateway.exchange import Answer, Endpoint, HttpRequest
from gateway.headers import TRACE_CONTEXT
from gateway.problem import Problem

_PROPAGATOR = TraceContextTextMapPropagator()


class Tracing:
    """Makes a span of each request, the child of its client's where that sends one, and the parent of the
    server's (W3C Trace Context). Spans are sent from a thread of its own.
    """

    def __init__(self, endpoint: str) -> None:
        """Takes the URL that spans are posted to, as OTLP over HTTP has it: `http://HOST:4318/v1/traces`."""
        self._provider = TracerProvider(resource=Resource.create({"service.name": "everruns-gateway"}))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint)))
        self._tracer = self._provider.get_tracer("everruns")

    def around(self, method: str, route: str, endpoint: Endpoint) -> Endpoint:
        """Returns the endpoint within a span, which is named as the route, never as the path."""

        async def traced(request: HttpRequest) -> Answer:
            came = {
                name.decode(): request.headers[name].decode("latin-1")
                for name in TRACE_CONTEXT
                if name in request.headers
            }
            with self._tracer.start_as_current_span(
                f"{method} {route}",
                _PROPAGATOR.extract(came),
                SpanKind.SERVER,
                {"http.request.method": method, "http.route": route, "request.id": request.request_id},
                record_exception=False,
                set_status_on_exception=False,
            ) as span:
                carried: dict[str, str] = {}
                _PROPAGATOR.inject(carried)
                try:
                    headers = {
                        **request.headers,
                        **{name.encode(): value.encode() for name, value in carried.items()},
                    }
                    answer = await endpoint(replace(request, headers=headers))
                except Problem as problem:
                    span.set_attribute("http.response.status_code", problem.status)
                    if problem.status >= 500:
                        span.set_status(Status(StatusCode.ERROR, problem.code))
                    raise
                span.set_attribute("http.response.status_code", answer.status)
                return answer

        return traced

    def close(self) -> None:
        """Sends what is left, for a few seconds at most."""
        self._provider.shutdown()
