"""The whole configuration of a run: one frozen tree, the paper's values as defaults."""

from typing import Any, Literal

from pydantic import Field, model_validator

from tutelage.recipe.base import BaseRecipe
from tutelage.recipe.data import DataRecipe
from tutelage.recipe.distributed import DistributedRecipe
from tutelage.recipe.evaluation import EvaluationRecipe
from tutelage.recipe.judge import JudgeRecipe
from tutelage.recipe.lora import LoraRecipe
from tutelage.recipe.ppo import PPORecipe
from tutelage.recipe.rankings import RankingsRecipe
from tutelage.recipe.reward import RewardRecipe
from tutelage.recipe.rollout import RolloutRecipe
from tutelage.recipe.section import Section
from tutelage.recipe.sft import SFTRecipe
from tutelage.recipe.tracking import TrackingRecipe


class Recipe(Section):
    """Everything that decides a run's result; two runs of one recipe on one CPU agree bit for bit."""

    name: str = Field(
        "paper", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="name of the run's folder under runs/"
    )
    seed: int = Field(0, ge=0, description="root of every random choice of the run")
    threads: int = Field(0, ge=0, le=1024, description="CPU threads; 0 = all cores")
    device: str = Field(
        "auto", description="where models live: cpu, cuda, cuda:1 …; auto = cuda where there is one"
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto",
        description="of matrix products; weights, optimisers, losses and scores are fp32 either way; auto = bf16 "
        "where the device is measured to be faster in it",
    )
    world: Literal["mini"] | None = Field(
        None, description="'mini' = the embedded world gives data and labelers; null = `data` names files"
    )
    rounds: int = Field(
        1,
        gt=0,
        description="times that rankings, reward model and PPO are repeated on the newest policy (§3.1)",
    )
    collected_from: int | None = Field(
        None,
        gt=1,
        description="the first round on prompts that were collected from served models, each round's frozen as the "
        "snapshot collected-round-N; written by `tutelage run --continue`; null = none",
    )
    labelers: Literal["simulated", "people"] | None = Field(
        None,
        description="who ranks collected prompts: 'simulated' = the embedded world's labelers, 'people' = those of "
        "`tutelage label`; null = simulated in the embedded world, else people",
    )
    data: DataRecipe = Field(DataRecipe(), description="files and limits")
    base: BaseRecipe = Field(BaseRecipe(), description="the model the method starts from")
    sft: SFTRecipe = Field(SFTRecipe(), description="step 1")
    rankings: RankingsRecipe = Field(RankingsRecipe(), description="what labelers rank")
    reward: RewardRecipe = Field(RewardRecipe(), description="step 2")
    ppo: PPORecipe = Field(PPORecipe(), description="step 3")
    evaluation: EvaluationRecipe = Field(EvaluationRecipe(), description="what the report measures")
    judge: JudgeRecipe = Field(JudgeRecipe(), description="a judge of answers, trained by itself")
    lora: LoraRecipe | None = Field(
        None, description="steps 1 to 3 train adapters (LoRA); null = they train all weights (the paper)"
    )
    distributed: DistributedRecipe = Field(
        DistributedRecipe(), description="how models are laid over several processes"
    )
    rollout: RolloutRecipe = Field(RolloutRecipe(), description="what samples PPO's completions")
    tracking: TrackingRecipe = Field(TrackingRecipe(), description="where metrics are shown")

    @model_validator(mode="after")
    def _sections_agree(self) -> "Recipe":
        if self.collected_from is not None and self.collected_from > self.rounds:
            raise ValueError(f"collected_from is {self.collected_from}, and there are {self.rounds} rounds")
        if self.world is None and self.rounds_of_one_source > 1:
            raise ValueError(
                "rounds above 1 need labelers who rank the new policy; rankings from files give one round"
            )
        if self.world is None and self.labelers == "simulated":
            raise ValueError("labelers: the embedded world's labelers judge in its world only; take people")
        four_bits = self.lora is not None and self.lora.quantization is not None
        if four_bits and self.distributed.shard:
            raise ValueError(
                "lora.quantization: weights of four bits are not sharded; leave out distributed.shard"
            )
        if four_bits and self.rollout.engine == "vllm":
            raise ValueError(
                "lora.quantization: vLLM would sample from weights in full, and the policy learns beside weights of "
                "four bits; leave one of them out"
            )
        return self

    def deciding(self) -> dict[str, Any]:
        """What of it can decide a result, as JSON: all but where metrics are shown and where things are laid."""
        deciding = self.model_dump(mode="json", exclude={"tracking", "distributed", "rollout"})
        return {**deciding, "ppo": self.ppo.deciding(), "engine": self.rollout.engine}

    @property
    def rounds_of_one_source(self) -> int:
        """Rounds on the prompts of the world or the files alone."""
        return self.rounds if self.collected_from is None else self.collected_from - 1

    @property
    def collected_rounds(self) -> range:
        """The rounds that were given collected prompts."""
        return range(self.rounds_of_one_source + 1, self.rounds + 1)

    @property
    def labeled_by_people(self) -> bool:
        """Whether people rank collected prompts."""
        return self.labelers == "people" or (self.labelers is None and self.world is None)
