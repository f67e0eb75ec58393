"""GET /v1/models."""

from fastapi import APIRouter

from tutelage.serving.answers import ModelCard, ModelList
from tutelage.serving.guards import Me, OurDesk
from tutelage.serving.openapi import REFUSALS
from tutelage.serving.served import Served

router = APIRouter(responses=REFUSALS)


@router.get("/v1/models")
async def models(desk: OurDesk, me: Me) -> ModelList:
    """Every model that is served."""
    return ModelList(data=[card(served) for served in desk.models.values()])


@router.get("/v1/models/{name:path}")
async def model(name: str, desk: OurDesk, me: Me) -> ModelCard:
    """One of them."""
    return card(desk.model(name))


def card(served: Served) -> ModelCard:
    """What is told of a model."""
    return ModelCard(
        id=served.name,
        created=served.created,
        context=served.context,
        longest_answer=served.longest_answer,
    )
