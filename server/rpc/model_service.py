"""ModelService: decode, call, encode."""

from __future__ import annotations

from dataclasses import dataclass

from everruns.v1 import model_pb2
from everruns.v1 import model_service_pb2 as pb
from server.rpc import encode
from server.rpc.calls import Call
from server.usecases.get_model import GetModel
from server.usecases.list_models import ListModels


@dataclass(frozen=True, slots=True)
class ModelService:
    """The methods of everruns.v1.ModelService; the protos say what each does and how it can end."""

    list_models: ListModels
    get_model: GetModel

    def ListModels(self, request: pb.ListModelsRequest, call: Call) -> pb.ListModelsResponse:
        wanted = call.page_request(request)
        page = self.list_models(request.search, wanted)
        changed_at = self.list_models.models.changed_at
        return pb.ListModelsResponse(
            models=[encode.model(model, changed_at) for model in page.items],
            total_size=page.total,
            skip=wanted.skip,
            page_size=wanted.size,
            next_page_token=call.next_page_token(request, page.next),
        )

    def GetModel(self, request: pb.GetModelRequest, call: Call) -> model_pb2.Model:
        return encode.model(self.get_model(request.id), self.get_model.models.changed_at)
