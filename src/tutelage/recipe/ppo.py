"""The ppo section: reinforcement learning against the reward model (§3.5, App. C)."""

from typing import Any, Literal

from pydantic import Field, model_validator

from tutelage.recipe.rewards import RewardSource
from tutelage.recipe.section import MicroBatchTokens, Section
from tutelage.recipe.sft import SFTRecipe


class InitializationRecipe(Section):
    """The model that PPO starts from: the base, fine-tuned with pretraining text mixed in; the rest is sft's."""

    epochs: int = Field(2, gt=0, description="passes over the demonstrations (App. C.3: 2)")
    learning_rate: float | None = Field(
        None,
        gt=0,
        description="peak learning rate (App. C.3: 5e-6 for 1.3B, 1.04e-5 for 6B, 2.45e-6 for 175B); null = sft's",
    )
    pretraining_share: float = Field(
        0.1,
        gt=0,
        lt=1,
        description="share of a step's examples, and weight of their loss, that packed pretraining rows have "
        "(App. C.3: 10 %)",
    )

    def settings(self, sft: SFTRecipe) -> SFTRecipe:
        """Those of the fine-tuning, as sft's but for what is said here."""
        return sft.model_copy(
            update={"epochs": self.epochs, "learning_rate": self.learning_rate or sft.learning_rate}
        )


class PPORecipe(Section):
    """PPO and PPO-ptx share every field; plain PPO is the same run with the ptx coefficient 0."""

    initialization: InitializationRecipe | None = Field(
        InitializationRecipe(),
        description="how the model is made that PPO starts from, which is also the reference (App. C.3); "
        "null = the chosen SFT model is both",
    )
    rewards: tuple[RewardSource, ...] | None = Field(
        None,
        min_length=1,
        description="what completions are scored by, as a weighted sum; null = the run's reward model alone (§3.5)",
    )
    episodes: int = Field(
        256_000, gt=0, description="completions sampled and learned from in all (App. C.4: 256,000)"
    )
    batch_size: int = Field(512, gt=0, description="episodes an iteration (App. C.4: 512)")
    minibatches: int = Field(
        8,
        gt=0,
        description="random parts an iteration's batch is split into, one update each (App. C.4: 8 of 64)",
    )
    inner_epochs: int = Field(1, gt=0, description="passes over an iteration's batch (App. C.4: 1)")
    learning_rate: float = Field(
        9.65e-6,
        gt=0,
        description="the policy's learning rate, constant after the warm-up (App. E.9: tried from 2.55e-6 to 2.55e-5, "
        "the chosen one is not printed; here that of SFT)",
    )
    value_learning_rate: float = Field(
        9e-6, gt=0, description="the value function's learning rate, fixed (App. C.4: 9e-6)"
    )
    warmup_iterations: int = Field(
        10, ge=0, description="iterations over which the learning rate rises (App. C.4: 10)"
    )
    warmup_start: float = Field(
        0.1, ge=0, le=1, description="fraction of the learning rate the warm-up starts at (App. C.4: 0.1)"
    )
    clip: float = Field(0.2, gt=0, description="clip range of the probability ratio (App. C.4: 0.2)")
    importance_cap: float | None = Field(
        None,
        gt=0,
        description="each token's policy loss is multiplied by min(π_train/π_rollout, cap), for a sampler that rounds "
        "otherwise than the update (truncated importance sampling; 2 is usual); null = not",
    )
    value_clip: float = Field(
        0.2, gt=0, description="clip range of the value update (Schulman et al. 2017 style; 0.2)"
    )
    gamma: float = Field(1.0, ge=0, le=1, description="discount a token (App. C.4: no discount)")
    lam: float = Field(0.95, ge=0, le=1, description="GAE's lambda (App. C.4: 0.95)")
    advantages: Literal["gae", "leave_one_out"] = Field(
        "gae",
        description="what a token is compared with: 'gae' = what the value function expected (the paper); "
        "'leave_one_out' = the mean return of its prompt's other samples, and no value function (REINFORCE "
        "leave-one-out)",
    )
    samples_per_prompt: int = Field(
        1, gt=0, description="completions of each of an iteration's prompts (the paper: 1)"
    )
    kl_coefficient: float = Field(
        0.02,
        ge=0,
        description="beta, the weight of the per-token KL penalty to the reference (App. C.4: 0.02)",
    )
    kl_target: float | None = Field(
        None,
        gt=0,
        description="nats a completion that the KL to the reference is held near, by changing kl_coefficient, which is "
        "then where it begins (Ziegler et al. 2019); null = it stays (the paper)",
    )
    kl_horizon: int = Field(
        10_000, gt=0, description="episodes in which kl_coefficient moves by at most a fifth, with kl_target"
    )
    temperature: float = Field(
        1.0, gt=0, description="sampling temperature of the rollouts and of the update (App. C.4: 1)"
    )
    ema_decay: float = Field(
        0.992,
        ge=0,
        lt=1,
        description="decay an update of the moving average of the weights (App. C.4: 0.992)",
    )
    ptx_coefficient: float = Field(
        27.8,
        ge=0,
        description="gamma of the objective: multiplies the mean negative log-likelihood a pretraining token "
        "(App. C.4: 27.8)",
    )
    ptx_rows_per_episode: float = Field(
        8.0, gt=0, description="packed pretraining rows for every episode (App. C.4: 8)"
    )
    value_warmup_iterations: int = Field(
        0, ge=0, description="first iterations in which only the value function learns"
    )
    truncation_score: float | None = Field(
        None,
        description="score of a completion cut at the length limit; null = whatever the reward model says",
    )
    patience: int | None = Field(
        None,
        gt=0,
        description="looks of held-out judges, one every evaluation.every iterations, without a better figure after "
        "which the policy stops; the averaged weights that they liked best are kept; null = it never stops (the paper)",
    )
    maximum_kl: float | None = Field(
        None,
        gt=0,
        description="nats a completion from the reference at which the run stops as blown up; null = never",
    )
    max_gradient_norm: float | None = Field(
        1.0, gt=0, description="gradient norm that updates are clipped to; null = not clipped"
    )
    adam_epsilon: float = Field(1e-5, gt=0, description="Adam's epsilon")
    micro_batch_tokens: MicroBatchTokens = None

    @model_validator(mode="after")
    def _whole_minibatches(self) -> "PPORecipe":
        if self.batch_size % self.minibatches:
            raise ValueError(
                f"batch_size {self.batch_size} does not split into {self.minibatches} equal minibatches"
            )
        if self.episodes < self.batch_size:
            raise ValueError(f"episodes {self.episodes} are fewer than one batch of {self.batch_size}")
        return self

    @model_validator(mode="after")
    def _whole_prompts(self) -> "PPORecipe":
        if self.batch_size % self.samples_per_prompt:
            raise ValueError(
                f"batch_size {self.batch_size} is no multiple of {self.samples_per_prompt} samples_per_prompt"
            )
        if self.has_values:
            return self
        if self.samples_per_prompt < 2:
            raise ValueError(
                "advantages: leave_one_out compares samples of a prompt; samples_per_prompt is 1"
            )
        if self.gamma != 1 or self.value_warmup_iterations:
            raise ValueError(
                "advantages: leave_one_out has no discount and no value function to warm up; "
                "leave out gamma and value_warmup_iterations"
            )
        return self

    @model_validator(mode="after")
    def _rewards_by_name(self) -> "PPORecipe":
        called = [each.called for each in self.rewards or ()]
        for name in called:
            if called.count(name) > 1:
                raise ValueError(f"two rewards are called {name!r}: give one of them another name")
        return self

    @property
    def has_values(self) -> bool:
        """Whether a value function is learned beside the policy."""
        return self.advantages == "gae"

    def deciding(self) -> dict[str, Any]:
        """What of it can decide a policy, as JSON."""
        rewards = None if self.rewards is None else [each.deciding() for each in self.rewards]
        return {**self.model_dump(mode="json"), "rewards": rewards}
