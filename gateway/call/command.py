"""The command: arguments in, one call, answers and an exit code out."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import cast

import grpc
import orjson

from gateway import errors, headers
from gateway.call import arguments
from gateway.call.arguments import Arguments, UsageError
from gateway.call.forms import forms
from gateway.call.remote import Response, responses
from gateway.call.request import RequestForm
from gateway.call.terminal import Terminal
from gateway.problem import Problem
from gateway.routes import Binding, is_document
from gateway.settings import CallSettings, SettingsError, call_settings
from gateway.tls import TlsError
from gateway.transcode import ResponseTranscoder
from gateway.violations import nearest

_ANSWERED, _REFUSED, _USAGE, _NOT_NOW, _DEFECT, _INTERRUPTED = 0, 1, 2, 3, 4, 130
"""The exit codes, as `arguments.OPTIONS` explains them."""


def main(argv: Sequence[str], terminal: Terminal, environment: Mapping[str, str] | None = None) -> int:
    """Makes the call that the arguments after `call` say; returns the exit code.

    The environment is that of the process unless another is given. It may run in several threads at once.
    """
    try:
        chosen = arguments.parse(argv)
        if chosen.help or not chosen.rpc:
            terminal.answer(_help(chosen.rpc).encode())
            return _ANSWERED if chosen.help else _USAGE
        settings = call_settings() if environment is None else call_settings(environment)
        return _call(chosen, _form(chosen.rpc), settings, terminal)
    except (UsageError, SettingsError, TlsError) as error:
        for line in str(error).splitlines():
            terminal.say(f"call: {line}")
        return _USAGE
    except BrokenPipeError:
        # As with `| head`: whoever read it has enough. What is still buffered has nowhere to go.
        with suppress(BrokenPipeError):
            terminal.stdout.close()
        return _ANSWERED


def exit_code(problem: Problem) -> int:
    """Returns the exit code of a call that ended in a problem."""
    if problem.status in (429, 503, 504):
        return _NOT_NOW
    return _DEFECT if problem.status >= 500 else _REFUSED


def _help(rpc: str) -> str:
    # The comments take as long to read as a call takes.
    from gateway.call import describe

    return describe.rpc(_form(rpc)) if rpc else describe.overview()


def _form(rpc: str) -> Binding:
    form = forms().get(rpc)
    if form is None:
        like = nearest(rpc, forms())
        raise UsageError(
            f"there is no RPC {rpc}; " + (f"did you mean {like}?" if like else "--help lists them")
        )
    return form


def _call(chosen: Arguments, form: Binding, settings: CallSettings, terminal: Terminal) -> int:
    if form.rpc.client_streaming:
        raise UsageError(f"{form.rpc.name} takes a stream of requests, which cannot be typed here")
    request_form, request_id = RequestForm(form), uuid.uuid4().hex
    typed, given = _typed(chosen, request_form, terminal), _headers(chosen, settings)
    try:
        metadata = headers.to_metadata(given, request_id)
        request = request_form.request(typed, chosen.content_type, _idempotency_key(chosen, form))
        _show(form, responses(settings, form.rpc, request, metadata, chosen.timeout), terminal)
    except Problem as problem:
        return _tell(problem, request_id, terminal)
    except grpc.RpcError as error:
        ended = cast(errors.EndedCall, error)
        if ended.code() is grpc.StatusCode.UNAVAILABLE:
            # Unlike a client of REST, who types this has set the address.
            terminal.say(f"call: {settings.grpc_target}: {ended.details()}")
        return _tell(errors.from_rpc(ended, request_form.rest_names), request_id, terminal)
    except KeyboardInterrupt:
        # It is how one that watches a stream ends it.
        return _ANSWERED if form.rpc.server_streaming else _INTERRUPTED
    return _ANSWERED


def _show(form: Binding, found: Iterator[Response], terminal: Terminal) -> None:
    transcoder = ResponseTranscoder(form)
    for response in found:
        if response.replayed:
            terminal.say("call: this is the answer to an earlier request with the same idempotency key")
        content = transcoder.answer(response.message).body
        if is_document(form.response_message) or not content:
            terminal.answer(content)
        else:
            indented = terminal.stdout.isatty() and not form.rpc.server_streaming
            terminal.answer(_json(content, indented=indented))


def _tell(problem: Problem, request_id: str, terminal: Terminal) -> int:
    again = f" Ask again after {problem.retry_after} s." if problem.retry_after else ""
    terminal.say(f"{problem.code}: {problem.detail}{again}")
    document = errors.problem_answer(problem, request_id).body
    terminal.stderr.write(_json(document, indented=terminal.stderr.isatty()))
    terminal.stderr.flush()
    return exit_code(problem)


def _json(content: bytes, *, indented: bool) -> bytes:
    if not indented:
        return content + b"\n"
    return orjson.dumps(orjson.loads(content), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _typed(chosen: Arguments, request_form: RequestForm, terminal: Terminal) -> bytes:
    if chosen.request is None:
        if request_form.takes_document:
            raise UsageError("the document is missing: FILE is read for @FILE, and stdin for -")
        return b"{}"
    try:
        return terminal.read(chosen.request)
    except OSError as error:
        raise UsageError(f"{chosen.request} cannot be read: {error.strerror}") from None


def _idempotency_key(chosen: Arguments, form: Binding) -> str | None:
    if chosen.idempotency_key is None:
        return None
    if form.idempotency_field is None:
        raise UsageError(f"{form.rpc.name} takes no idempotency key")
    return headers.idempotency_key({b"idempotency-key": os.fsencode(chosen.idempotency_key)})


def _headers(chosen: Arguments, settings: CallSettings) -> Mapping[bytes, bytes]:
    key = os.fsencode(settings.key)
    if chosen.key_file is not None:
        try:
            key = chosen.key_file.read_bytes().strip()
        except OSError as error:
            raise UsageError(f"{chosen.key_file} cannot be read: {error.strerror}") from None
    found = {b"authorization": key} if key else {}
    if chosen.organization is not None:
        found[b"x-org-id"] = os.fsencode(chosen.organization)
    return found
