"""PPO against the reward model, with pretraining gradients mixed in (§3.5, eq. 2; App. C.4).

One trainer: PPO is PPO-ptx with a ptx coefficient of 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor
from transformers import PreTrainedModel

from tutelage.data import Sequences as TokenSequences
from tutelage.data import derive
from tutelage.functional import (
    adapted_kl_coefficient,
    kl_penalized_rewards,
    scale,
    truncated_importance_weights,
)
from tutelage.models import (
    ExponentialMovingAverage,
    completion_logprobs,
    gathered_copy,
    load_trained_state,
    tokens_at_once,
    trained_state,
)
from tutelage.recipe import PPORecipe
from tutelage.rollout import Generate, Generation, end_of_text, generate_together
from tutelage.schema import InputError
from tutelage.training.baselines import Baseline, LeaveOneOut, ValueFunction
from tutelage.training.checkpoint import State
from tutelage.training.episodes import Episodes
from tutelage.training.gradients import clip_gradient
from tutelage.training.health import Health, require_finite_gradient, require_finite_scores
from tutelage.training.measurements import Iteration, Update, measure_mismatch, measure_rollout
from tutelage.training.monitor import Monitor
from tutelage.training.optimizer import adam, set_learning_rate, warmup_constant
from tutelage.training.order import examples_at, rows_at
from tutelage.training.passes import PADDING, per_token
from tutelage.training.scores import Scores, Scoring
from tutelage.training.stopping import EarlyStopping, HeldOut, Never, Stopping, Verdict
from tutelage.training.updates import ValueUpdate, accumulate_ppo_gradient, accumulate_ptx_gradient

OnIteration = Callable[[int, Generation], Mapping[str, float]]
"""Called with the iterations done and the last one's samples; what it returns is logged too."""


@dataclass(frozen=True)
class TrainedPolicy:
    """What PPO comes to."""

    averaged: PreTrainedModel
    """The moving average of the weights, which the paper evaluates (App. C.4); of all that held-out judges saw, where
    there are some, the one that they liked best."""
    last: PreTrainedModel
    """The weights after the last update: the model that was given, trained in place."""
    verdict: Verdict | None = None
    """What held-out judges came to, where there are some."""


def train_policy(
    policy: PreTrainedModel,
    reference: PreTrainedModel,
    value_model: PreTrainedModel | None,
    score: Scoring,
    prompts: Sequence[list[int]],
    pretraining_rows: Tensor | None,
    recipe: PPORecipe,
    seed: int,
    monitor: Monitor,
    *,
    max_completion_tokens: int,
    generate: Generate = generate_together,
    on_iteration: OnIteration | None = None,
    heldout: HeldOut | None = None,
) -> TrainedPolicy:
    """Train `policy` and `value_model` in place on their own completions of the prompts (token ids).

    reference: the model that the policy starts from, which the KL penalty holds it to. value_model: initialised from
    the reward model; None where the recipe's advantages need none.
    score: judges completions. pretraining_rows (N, T): packed text for the ptx term. generate: samples them.
    heldout: who judges whether the policy still gets better, where the recipe has a patience.
    Raises InputError when there is nothing to train on, RunError when training goes wrong (see `health`).
    """
    if not prompts:
        raise InputError("there are no prompts to train the policy on")
    if recipe.ptx_coefficient > 0 and (pretraining_rows is None or not len(pretraining_rows)):
        raise InputError(
            "the ptx term has no pretraining text", "ppo.ptx_coefficient", "give documents, or set it to 0"
        )
    if recipe.patience is not None and heldout is None:
        raise InputError("there are no held-out judges", "ppo.patience", "set it to null")
    if recipe.has_values != (value_model is not None):
        raise ValueError(
            f"advantages by {recipe.advantages} and a value model, or the lack of it, do not go together"
        )
    trainer = PPO(
        policy,
        reference,
        value_model,
        score,
        prompts,
        pretraining_rows,
        recipe,
        seed,
        max_completion_tokens,
        generate,
    )
    iterations, warm_up = recipe.episodes // recipe.batch_size, recipe.value_warmup_iterations
    stopping: Stopping = Never(trainer.average)
    if recipe.patience is not None and heldout is not None:
        stopping = EarlyStopping(policy, trainer.average, heldout, recipe.patience, warm_up, iterations)

    def state() -> State:
        return {"iteration": iteration + 1, "trainer": trainer.state(), "stopping": stopping.state()}

    first = 0
    if (checkpoint := monitor.resume()) is not None:
        first = checkpoint["iteration"]
        trainer.load(checkpoint["trainer"])
        stopping.load(checkpoint["stopping"])

    for iteration in range(first, iterations):
        if stopping.exhausted:
            break
        generation, measured = trainer.iterate(iteration)
        observed = {} if on_iteration is None else on_iteration(iteration + 1, generation)
        metrics = {
            "episodes": (iteration + 1) * recipe.batch_size,
            **measured.metrics(),
            **observed,
            **stopping.look(iteration + 1),
        }
        monitor.step(iteration + 1, iterations, metrics, state)

    averaged = gathered_copy(policy)
    trainer.average.load_state_dict(stopping.best)
    trainer.average.copy_to(averaged)
    return TrainedPolicy(averaged, policy, stopping.verdict)


class PPO:
    """The models, their optimizers, and one iteration of the method."""

    def __init__(
        self,
        policy: PreTrainedModel,
        reference: PreTrainedModel,
        value_model: PreTrainedModel | None,
        score: Scoring,
        prompts: Sequence[list[int]],
        pretraining_rows: Tensor | None,
        recipe: PPORecipe,
        seed: int,
        max_completion_tokens: int,
        generate: Generate = generate_together,
    ) -> None:
        self.policy = policy.eval()  # dropout would make the ratio differ from 1 before any update
        self.reference = reference.eval()
        self.score = score
        self.prompts = prompts
        self.pretraining_rows = pretraining_rows
        self.recipe = recipe
        self.seed = derive(seed, "ppo")
        self.budget = recipe.micro_batch_tokens or tokens_at_once(policy)
        self.max_completion_tokens = max_completion_tokens
        self.generate = generate
        self.average = ExponentialMovingAverage(policy, recipe.ema_decay)
        self.optimizer = adam(policy, recipe.learning_rate, recipe.adam_epsilon)
        self.baseline: Baseline = (
            LeaveOneOut(recipe.samples_per_prompt)
            if value_model is None
            else ValueFunction(value_model, recipe, self.budget)
        )
        self.schedule = warmup_constant(recipe.warmup_start, recipe.warmup_iterations)
        self.kl_coefficient = recipe.kl_coefficient
        self.health = Health(recipe.maximum_kl)

    def iterate(self, iteration: int) -> tuple[Generation, Iteration]:
        """Sample, score, compare with the reference, estimate advantages, update."""
        recipe, budget = self.recipe, self.budget
        generation = self.sample(iteration)
        sequences = generation.sequences(PADDING).to(self.policy.device)
        rollout_logprobs = generation.logprob_matrix().to(self.policy.device)
        logprobs, mask = self.policy_logprobs(rollout_logprobs, sequences), sequences.mask
        truncated = torch.tensor([reason == "length" for reason in generation.finish_reasons])
        scores = self.judge(generation, truncated)
        reference_logprobs = per_token(partial(self.logprobs, self.reference), sequences, budget)

        rewards = kl_penalized_rewards(scores.total, logprobs, reference_logprobs, mask, self.kl_coefficient)
        found = self.baseline.advantages(sequences, scale(rewards, mask))
        importance = self.importance(logprobs, rollout_logprobs, mask)
        episodes = Episodes(sequences, logprobs, found.baseline, found.advantages, found.returns, importance)

        set_learning_rate(self.optimizer, self.learning_rate(iteration))
        updates: list[Update] = []
        for epoch in range(recipe.inner_epochs):
            order_seed = derive(self.seed, "minibatches", iteration)
            for minibatch in episodes.minibatches(recipe.minibatches, order_seed, epoch):
                updates.append(self.update(minibatch, iteration, len(updates)))
        rollout = measure_rollout(episodes, scores, reference_logprobs, truncated)
        mismatch = measure_mismatch(logprobs, rollout_logprobs, mask) if self.reads_again else None
        measured = Iteration(rollout, updates, self.learning_rate(iteration), self.kl_coefficient, mismatch)
        self.health.check(measured, half=self.in_half)
        if recipe.kl_target is not None:
            self.kl_coefficient = adapted_kl_coefficient(
                self.kl_coefficient, rollout.kl, recipe.kl_target, recipe.batch_size, recipe.kl_horizon
            )
        return generation, measured

    def sample(self, iteration: int) -> Generation:
        """Completions of the iteration's prompts, each prompt's side by side, from the policy's whole distribution."""
        size, samples = self.recipe.batch_size, self.recipe.samples_per_prompt
        count = size // samples
        rows = examples_at(iteration * count, count, len(self.prompts), derive(self.seed, "prompts"))
        return self.generate(
            self.policy,
            [self.prompts[row] for row in rows for _ in range(samples)],
            seeds=[derive(self.seed, "sampling", iteration, position) for position in range(size)],
            max_new_tokens=self.max_completion_tokens,
            temperature=self.recipe.temperature,
            stop_ids=end_of_text(self.policy),
        )

    def policy_logprobs(self, rollout_logprobs: Tensor, sequences: TokenSequences) -> Tensor:
        """(B, T): log π_old of the completions, with the numerics that the update will have.

        Where those are not the sampler's own (B, T), the policy reads its completions once.
        """
        if self.reads_again:
            return per_token(partial(self.logprobs, self.policy), sequences, self.budget)
        return rollout_logprobs

    def importance(self, logprobs: Tensor, rollout_logprobs: Tensor, mask: Tensor) -> Tensor | None:
        """(B, T): what each token's policy loss is multiplied by; None where the recipe has no cap."""
        if self.recipe.importance_cap is None:
            return None
        return truncated_importance_weights(logprobs, rollout_logprobs, mask, self.recipe.importance_cap)

    def judge(self, generation: Generation, truncated: Tensor) -> Scores:
        """The scores; of completions cut at the length limit, `truncated` (B,), as the recipe says."""
        scores = self.score(generation)
        total = scores.total.to(self.policy.device).float()
        require_finite_scores(total)
        if self.recipe.truncation_score is not None:
            total = total.masked_fill(truncated.to(total.device), self.recipe.truncation_score)
        return replace(scores, total=total)

    def logprobs(self, model: PreTrainedModel, sequences: TokenSequences) -> Tensor:
        """(B, T) of the completion tokens, at the temperature that they are sampled at."""
        return completion_logprobs(model, sequences, self.recipe.temperature)

    def update(self, minibatch: Episodes, iteration: int, part: int) -> Update:
        """One step of the value function, where there is one, and, once that is warmed up, one of the policy."""
        micro_batches = minibatch.micro_batches(self.budget)
        value = self.baseline.update(micro_batches)
        if iteration < self.recipe.value_warmup_iterations:
            return Update(value, policy=None, ptx=None)
        return self.update_policy(micro_batches, value, self.ptx_rows(len(minibatch.mask), iteration, part))

    def update_policy(
        self, micro_batches: Sequence[tuple[Episodes, float]], value: ValueUpdate | None, rows: Tensor | None
    ) -> Update:
        """One step of the policy and of its average.

        PPO's gradient and that of the pretraining rows are computed in turn and accumulate in the same
        buffers before the step (App. C.4).
        """
        recipe = self.recipe
        self.optimizer.zero_grad()
        ppo = accumulate_ppo_gradient(self.policy, micro_batches, recipe.clip, recipe.temperature)
        ptx = None
        if rows is not None:
            ptx = accumulate_ptx_gradient(self.policy, rows, recipe.ptx_coefficient, self.budget)
        require_finite_gradient(clip_gradient(self.policy, recipe.max_gradient_norm))
        self.optimizer.step()
        self.average.update(self.policy)
        return Update(value, ppo, ptx)

    def ptx_rows(self, episodes: int, iteration: int, part: int) -> Tensor | None:
        """(N, T): the pretraining rows beside so many episodes, in the iteration's update number `part`."""
        if self.pretraining_rows is None or self.recipe.ptx_coefficient == 0:
            return None
        count = max(1, round(self.recipe.ptx_rows_per_episode * episodes))
        number = iteration * self.recipe.inner_epochs * self.recipe.minibatches + part
        return rows_at(self.pretraining_rows, number, count, derive(self.seed, "ptx")).to(self.policy.device)

    @property
    def reads_again(self) -> bool:
        """Whether the update rounds otherwise than the sampler, so that the first minibatch's ratio would not be 1.

        Another program's sampler does. Our own does in bf16 arithmetic, where a token on a cache and a token in a row
        round differently at times.
        """
        return self.in_half or not self.generate.rounds_as_update

    @property
    def in_half(self) -> bool:
        """Whether products are computed in 16 bits."""
        return torch.is_autocast_enabled(self.policy.device.type)

    def learning_rate(self, iteration: int) -> float:
        """The policy's; its warm-up begins when it begins to learn."""
        learned = max(0, iteration - self.recipe.value_warmup_iterations)
        return self.recipe.learning_rate * self.schedule(learned)

    def state(self) -> State:
        """All that changes from iteration to iteration."""
        return {
            "policy": trained_state(self.policy),
            "baseline": self.baseline.state(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "kl_coefficient": self.kl_coefficient,
            "health": self.health.state(),
        }

    def load(self, state: State) -> None:
        """Go on from a state."""
        load_trained_state(self.policy, state["policy"])
        self.baseline.load(state["baseline"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.kl_coefficient = state["kl_coefficient"]
        self.health.load(state["health"])
