"""The tracking section: where metrics are shown beside metrics.jsonl. It decides no result."""

from typing import Literal

from pydantic import Field

from tutelage.recipe.section import Section


class TrackingRecipe(Section):
    """Servers, entities and keys are in each tracker's own environment variables."""

    trackers: tuple[Literal["tensorboard", "wandb", "mlflow", "trackio"], ...] | None = Field(
        None, description="what metrics are shown in; [] = nothing, null = TensorBoard where it is installed"
    )
    project: str | None = Field(
        None,
        min_length=1,
        description="project (of MLflow the experiment) that runs are shown under; null = what the tracker's "
        "environment variable says, else tutelage",
    )
    run_name: str | None = Field(
        None, min_length=1, description="what the run is called there; null = as its folder"
    )
