"""The pages of `--help`, from the protos and their comments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import fill, indent

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from gateway import proto_options
from gateway.call.arguments import OPTIONS, USAGE
from gateway.names import enum_names, json_name
from gateway.openapi.comments import comments, prose
from gateway.routes import REQUEST_ID, UPDATE_MASK, Binding, is_document, service_descriptors

_WIDTH = 110


def overview() -> str:
    """Returns the page of the command: usage, every RPC with what it does in a sentence, options."""
    lines = [f"usage: {USAGE}", "", "Calls the service once."]
    for service in service_descriptors():
        lines += ["", f"{service.name}: {_sentence(service.full_name)}"]
        lines += [
            fill(
                _sentence(rpc.full_name),
                _WIDTH,
                initial_indent=f"  {rpc.name:<18} ",
                subsequent_indent=" " * 21,
            )
            for rpc in service.methods
        ]
    return "\n".join([*lines, "", OPTIONS])


def rpc(form: Binding) -> str:
    """Returns the page of an RPC: what it does and how it fails, and the fields of its request."""
    lines = [f"usage: python -m gateway call {form.rpc.name} [REQUEST] [options]", ""]
    service = form.rpc.containing_service
    lines += [comments().get(form.rpc.full_name, ""), ""]
    lines += [f"{service.name}: {comments().get(service.full_name, '')}", ""]
    message = form.body_message
    if message is not None and is_document(message):
        lines += ["REQUEST is this document:", *_described(form.rpc.input_type.fields_by_name[form.body])]
        return "\n".join([*lines, ""])
    elsewhere = (form.body, REQUEST_ID, UPDATE_MASK)
    around = [field for field in form.rpc.input_type.fields if field.name not in elsewhere]
    names = {field.name for field in around}
    within = [field for field in message.fields if field.name not in names] if message is not None else []
    fields = [*around, *within]
    lines += ["REQUEST is a JSON object with:" if fields else "REQUEST has no fields.", *_fields(fields, ())]
    return "\n".join([*lines, ""])


def _sentence(full_name: str) -> str:
    """The first sentence of a comment."""
    effect = prose(comments().get(full_name, "")).partition("\n\n")[0]
    return effect.partition(". ")[0].removesuffix(".") + "."


def _fields(fields: Iterable[FieldDescriptor], above: tuple[Descriptor, ...]) -> Iterator[str]:
    for field in fields:
        yield from (indent(line, "  " * len(above)) for line in _described(field))
        message = field.message_type
        if message is not None and not message.full_name.startswith("google.") and message not in above:
            yield from _fields(message.fields, (*above, message))


def _described(field: FieldDescriptor) -> Iterator[str]:
    notes = [_kind(field), *_limits(field)]
    if proto_options.is_required(field):
        notes.insert(0, "required")
    yield f"  {json_name(field)} ({', '.join(notes)})"
    yield indent(comments().get(field.full_name, ""), " " * 6)


def _kind(field: FieldDescriptor) -> str:
    if field.message_type is not None:
        names = {"Timestamp": "time", "Struct": "object", "HttpBody": "document", "Value": "any value"}
        kind = names.get(field.message_type.name, "object")
    elif field.enum_type is not None:
        kind = " | ".join(enum_names(field.enum_type).values())
    else:
        kinds = {field.TYPE_STRING: "text", field.TYPE_BOOL: "true or false"}
        kind = kinds.get(field.type, "number")
    return f"list of: {kind}" if field.is_repeated else kind


def _limits(field: FieldDescriptor) -> Iterator[str]:
    for limit, value in proto_options.limits(field).ListFields():
        yield f"{limit.name.replace('_', ' ')} {value}"
