"""KeyService: decode, call, encode."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.empty_pb2 import Empty

from everruns.v1 import key_pb2
from everruns.v1 import key_service_pb2 as pb
from server.core.ids import parse_id
from server.rpc import decode, encode
from server.rpc.calls import Call
from server.usecases.create_key import IssueKey
from server.usecases.get_key import GetKey
from server.usecases.list_keys import ListKeys
from server.usecases.revoke_key import RevokeKey
from server.usecases.rotate_key import DEFAULT_GRACE_SECONDS, RotateKey


@dataclass(frozen=True, slots=True)
class KeyService:
    """The methods of everruns.v1.KeyService; the protos say what each does and how it can end."""

    create_key: IssueKey
    get_key: GetKey
    list_keys: ListKeys
    rotate_key: RotateKey
    revoke_key: RevokeKey

    def CreateKey(self, request: pb.CreateKeyRequest, call: Call) -> key_pb2.IssuedKey:
        spec = decode.key_spec(request.key)
        return encode.issued_key(
            self.create_key(call.organization_id, spec, call.deadline, call.actor("CreateKey"))
        )

    def GetKey(self, request: pb.GetKeyRequest, call: Call) -> key_pb2.Key:
        return encode.key(self.get_key(call.organization_id, parse_id("key", request.id)))

    def ListKeys(self, request: pb.ListKeysRequest, call: Call) -> pb.ListKeysResponse:
        wanted = call.page_request(request)
        page = self.list_keys(call.organization_id, request.include_revoked, wanted)
        return pb.ListKeysResponse(
            keys=map(encode.key, page.items),
            total_size=page.total,
            skip=wanted.skip,
            page_size=wanted.size,
            next_page_token=call.next_page_token(request, page.next),
        )

    def RotateKey(self, request: pb.RotateKeyRequest, call: Call) -> key_pb2.IssuedKey:
        grace = request.grace_seconds if request.HasField("grace_seconds") else DEFAULT_GRACE_SECONDS
        id = parse_id("key", request.id)
        actor = call.actor("RotateKey")
        return encode.issued_key(self.rotate_key(call.organization_id, id, grace, call.deadline, actor))

    def RevokeKey(self, request: pb.RevokeKeyRequest, call: Call) -> Empty:
        id = parse_id("key", request.id)
        actor = call.actor("RevokeKey")
        self.revoke_key(call.organization_id, id, call.caller.key_id, call.deadline, actor)
        return Empty()
