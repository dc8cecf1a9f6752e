"""Spans of calls, for a collector of OpenTelemetry; needs the extra `otel`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import grpc
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from server.core.later import Later, Take

R = TypeVar("R")
Q = TypeVar("Q")

_PROPAGATOR = TraceContextTextMapPropagator()
_CARRIED = ("traceparent", "tracestate")


class Tracing:
    """Makes a span of each call, the child of its client's where that sends one (W3C Trace Context).

    Spans are sent from a thread of its own. Thread-safe.
    """

    def __init__(self, endpoint: str) -> None:
        """Takes the URL that spans are posted to, as OTLP over HTTP has it: `http://HOST:4318/v1/traces`."""
        self._provider = TracerProvider(resource=Resource.create({"service.name": "everruns-server"}))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint)))
        self._tracer = self._provider.get_tracer("everruns")

    def around(
        self, name: str, handle: Callable[[Q, grpc.ServicerContext], R | Later[R]]
    ) -> Callable[[Q, grpc.ServicerContext], R | Later[R]]:
        """The handler of an rpc, within a span of its name, which ends with the call."""

        def traced(request: Q, context: grpc.ServicerContext) -> R | Later[R]:
            span = self._span(name, context)

            def end(take: Take[R]) -> R:
                try:
                    response = take()
                except Exception:
                    # gRPC's way to end a call early.
                    _failed(span, context)
                    raise
                span.end()
                return response

            with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                try:
                    response = handle(request, context)
                except Exception:
                    _failed(span, context)
                    raise
            if isinstance(response, Later):
                return response.then(end)
            span.end()
            return response

        return traced

    @contextmanager
    def within(self, name: str) -> Iterator[None]:
        """A span within that of this thread's call, if it has one; see core.spans."""
        if not trace.get_current_span().is_recording():
            yield
            return
        with self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False):
            yield

    def until_there(self, name: str, later: Later[R]) -> Later[R]:
        """The result, with a span within that of this thread's call, if it has one; see core.spans."""
        call = trace.get_current_span()
        if not call.is_recording():
            return later

        def begin(tell: Callable[[Take[R]], None]) -> None:
            span = self._tracer.start_span(name, trace.set_span_in_context(call))

            def told(take: Take[R]) -> None:
                span.end()
                tell(take)

            later.begin(told)

        return Later(begin)

    def close(self) -> None:
        """Sends what is left, for a few seconds at most."""
        self._provider.shutdown()

    def _span(self, name: str, context: grpc.ServicerContext) -> Span:
        came = {key: str(value) for key, value in context.invocation_metadata()}
        parent = _PROPAGATOR.extract({key: came[key] for key in _CARRIED if key in came})
        attributes = {"rpc.system": "grpc", "rpc.method": name}
        if "x-request-id" in came:
            attributes["request.id"] = came["x-request-id"][:128]
        return self._tracer.start_span(name, parent, SpanKind.SERVER, attributes)


def _failed(span: Span, context: grpc.ServicerContext) -> None:
    """Ends the span of a call that gRPC has been told the status of."""
    code = getattr(context, "code", lambda: None)()
    span.set_attribute("rpc.grpc.status_code", getattr(code, "value", (2, ""))[0])
    span.set_status(Status(StatusCode.ERROR, getattr(code, "name", "UNKNOWN")))
    span.end()
