"""The method, in the order of the paper. Each stage says what it is made from: nothing else decides what is redone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from tutelage.pipeline.collected import snapshot_of
from tutelage.pipeline.file_source import FileSource
from tutelage.pipeline.folder import RunFolder
from tutelage.pipeline.judges import Judges, LabelerJudges, RewardModelJudges
from tutelage.pipeline.labeler_folds import groups_of
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.mini_source import MiniSource
from tutelage.pipeline.people import queue_of
from tutelage.pipeline.rewards import made_from
from tutelage.pipeline.source import Utility
from tutelage.pipeline.stage import Stage
from tutelage.pipeline.stages.answers import sample_answers
from tutelage.pipeline.stages.base import fingerprint_of_base, make_base
from tutelage.pipeline.stages.best_of_n import measure_best_of_n
from tutelage.pipeline.stages.candidates import Mixture
from tutelage.pipeline.stages.collection import collect_prompts
from tutelage.pipeline.stages.comparisons import (
    belongs_to_judge,
    import_rankings,
    read_judge_rankings,
    read_rankings,
)
from tutelage.pipeline.stages.data import collect_data
from tutelage.pipeline.stages.divergence import measure_divergence
from tutelage.pipeline.stages.initialization import make_initialization
from tutelage.pipeline.stages.labeler_folds import FIELD, measure_labeler_folds
from tutelage.pipeline.stages.labelers import calibrate_labelers
from tutelage.pipeline.stages.new_against_old import compare_by_people
from tutelage.pipeline.stages.people_rankings import ask_for_rankings, await_rankings, take_rankings
from tutelage.pipeline.stages.ppo import train_ppo
from tutelage.pipeline.stages.preference import measure_preference
from tutelage.pipeline.stages.probes import measure_probes
from tutelage.pipeline.stages.rankings import rank_samples
from tutelage.pipeline.stages.report import make_report
from tutelage.pipeline.stages.reward import train_reward
from tutelage.pipeline.stages.reward_accuracy import measure_reward_model
from tutelage.pipeline.stages.sft import train_sft
from tutelage.pipeline.stages.sft_choice import choose_sft
from tutelage.pipeline.stages.tax import measure_tax
from tutelage.pipeline.workbench import Workbench
from tutelage.recipe import Recipe
from tutelage.recipe.rounds import numbered, of_round
from tutelage.report import MODELS
from tutelage.schema import Group, Split


def stages_of(recipe: Recipe, source: MiniSource | FileSource, folder: RunFolder) -> list[Stage]:
    """All stages of a run, in order."""
    method = Method(recipe, source, folder)
    earlier_rounds = [stage for number in range(1, recipe.rounds) for stage in method.earlier_round(number)]
    stages = [
        method.base(),
        method.data(),
        method.sft(),
        *method.labelers(),
        *earlier_rounds,
        *method.collection(recipe.rounds),
        *method.rankings(recipe.rounds),
        *method.reward(recipe.rounds),
        *method.judge(),
        method.best_of_n(),
        *method.initialization(recipe.rounds),
        method.ppo(),
        method.ppo_ptx(recipe.rounds),
        method.answers(),
        method.preference(),
        *method.new_against_old(),
        method.reward_accuracy(),
        *method.labeler_folds(),
        *method.probes(),
        method.tax(),
        method.divergence(),
        method.report(),
    ]
    return [
        replace(stage, closed=bool(method.collected) and belongs_to_earlier(stage.name)) for stage in stages
    ]


ONCE = frozenset({"base", "data", "sft", "labelers", "sft_choice", "initialization"})
"""Stages of the first round that serve all later ones, too."""


def belongs_to_earlier(stage: str) -> bool:
    """Whether a stage, by its name, is of a round before the last."""
    return stage in ONCE or of_round(stage)[1] is not None


@dataclass(frozen=True)
class Method:
    """How each stage of this recipe is made."""

    recipe: Recipe
    source: MiniSource | FileSource
    folder: RunFolder

    @property
    def world(self) -> MiniSource | None:
        """The embedded world, whose labelers and oracle answer whatever they are asked; None with files."""
        return self.source if isinstance(self.source, MiniSource) else None

    @property
    def collected(self) -> range:
        """The rounds on collected prompts."""
        return self.recipe.collected_rounds

    @property
    def prompted(self) -> tuple[str, ...]:
        """The stages that the run's prompts come from."""
        return ("data", *(self.in_round("collection", number) for number in self.collected))

    @property
    def earlier(self) -> str | None:
        """The policy of the round before, where the new one is compared with it: after collected prompts came in."""
        return numbered("ppo_ptx", self.recipe.rounds - 1) if self.collected else None

    @property
    def models(self) -> tuple[str, ...]:
        """Whose answers are judged."""
        return MODELS if self.earlier is None else (*MODELS, self.earlier)

    @property
    def judges(self) -> Judges:
        """Who judges the final table."""
        return RewardModelJudges() if self.world is None else LabelerJudges(self.world)

    def settings(self, *sections: str) -> dict[str, Any]:
        """What of the recipe decides a stage: the seed, the precision, the limits of texts, and these sections."""
        whole = self.recipe.model_dump(mode="json")
        return {name: whole[name] for name in ("seed", "precision", "data", *sections)}

    def reward_settings(self) -> dict[str, Any]:
        """What decides a reward model: its section, and the weights it is made from, where those are not a stage's."""
        name = self.recipe.reward.model
        return self.settings("reward", "lora") | (
            {} if name is None else {"made_from": fingerprint_of_base(name)}
        )

    def in_round(self, name: str, number: int) -> str:
        """The last round's stages and models have plain names, so that they are always found at the same place."""
        return name if number == self.recipe.rounds else numbered(name, number)

    def titled(self, title: str, number: int) -> str:
        """A title that says which round it is, where there are several."""
        return title if self.recipe.rounds == 1 else f"{title}, round {number}"

    def base(self) -> Stage:
        """The model that the method starts from."""
        name = self.recipe.base.model
        made_from = self.source.fingerprint() if name is None else fingerprint_of_base(name)
        return Stage(
            name="base",
            title="Base model",
            work=partial(make_base, source=self.source),
            together=True,
            settings=self.settings("base") | {"made_from": made_from},
            inputs=(),
            outputs=(self.folder.model("base"),),
        )

    def data(self) -> Stage:
        """Prompts and demonstrations (§3.2)."""
        return Stage(
            name="data",
            title="Prompts and demonstrations",
            work=partial(collect_data, source=self.source),
            settings=self.settings("sft") | {"source": self.source.fingerprint()},
            inputs=("base",),
        )

    def sft(self) -> Stage:
        """Step 1: supervised fine-tuning on demonstrations (§3.5)."""
        epochs = tuple(self.folder.epoch(number) for number in range(1, self.recipe.sft.epochs + 1))
        return Stage(
            name="sft",
            title="Supervised fine-tuning",
            work=train_sft,
            together=True,
            settings=self.settings("sft", "lora"),
            inputs=("data", "base"),
            outputs=(self.folder.model("sft_by_loss"), *epochs),
        )

    def labelers(self) -> list[Stage]:
        """Simulated labelers made as noisy as people (§3.4); people need nothing of the kind."""
        if self.world is None:
            return []
        return [
            Stage(
                name="labelers",
                title="Labelers' agreement",
                work=partial(calibrate_labelers, labelers=self.world),
                settings=self.settings(),
                inputs=("data", "sft"),
            )
        ]

    def collection(self, number: int) -> list[Stage]:
        """What users asked of the served models, where a round was given that (§3.2)."""
        if number not in self.collected:
            return []
        earlier = range(self.collected.start, number)
        known = ("data", *(self.in_round("collection", before) for before in earlier))
        return [
            Stage(
                name=self.in_round("collection", number),
                title=self.titled("Collected prompts", number),
                work=partial(
                    collect_prompts, number=number, earlier=earlier, known=known, labelers=self.world
                ),
                settings=self.settings() | {"snapshot": snapshot_of(number)},
                inputs=known,
            )
        ]

    def rankings(self, number: int) -> list[Stage]:
        """Step 2: candidates ranked by labelers, or the user's own rankings (§3.4)."""
        # an earlier round's labelers may have been others; what they did is on record, and its work never called
        if number in self.collected and number == self.recipe.rounds and self.recipe.labeled_by_people:
            return self.rankings_by_people(number)
        work: Callable[[Workbench], Findings]
        if isinstance(self.source, MiniSource):
            work = partial(rank_samples, labelers=self.source, mixture=self.mixture(number))
            inputs = (*self.written_from(number), "labelers")
        else:
            work = partial(import_rankings, source=self.source)
            inputs = ("data",)
        return [
            Stage(
                name=self.in_round("rankings", number),
                title=self.titled("Rankings", number),
                work=work,
                settings=self.settings("rankings"),
                inputs=inputs,
            )
        ]

    def rankings_by_people(self, number: int) -> list[Stage]:
        """Step 2 with people: candidates go into their queue, the run waits, and takes what they ranked."""
        candidates, labeling, collection, rankings = (
            self.in_round(name, number) for name in ("candidates", "labeling", "collection", "rankings")
        )
        queue = queue_of(number)
        return [
            Stage(
                name=candidates,
                title=self.titled("Candidates to rank", number),
                work=partial(ask_for_rankings, mixture=self.mixture(number), queue=queue),
                settings=self.settings("rankings"),
                inputs=self.written_from(number),
            ),
            Stage(
                name=labeling,
                title=self.titled("Labelers at work", number),
                work=partial(await_rankings, candidates=candidates, queue=queue),
                settings={},
                inputs=(candidates,),
            ),
            Stage(
                name=rankings,
                title=self.titled("Rankings", number),
                work=partial(
                    take_rankings,
                    candidates=candidates,
                    collection=collection,
                    queue=queue,
                    halved="judge" in self.judging,
                ),
                settings=self.settings(),
                inputs=(collection, candidates, labeling),
            ),
        ]

    def mixture(self, number: int) -> Mixture:
        """Who writes what is ranked in a round, and for which prompts."""
        first, collected = number == 1, number in self.collected
        name = self.in_round("rankings", number)
        policy = "sft_by_loss" if first else self.in_round("ppo_ptx", number - 1)
        return Mixture(
            prompts_of=self.in_round("collection", number) if collected else "data",
            prompting=self.source.prompting(),
            policies={
                "base": self.folder.model("base"),
                "base_prompted": self.folder.model("base"),
                "sft": self.folder.model("sft_by_loss" if first else "sft"),
                "policy": self.folder.model(policy),
            },
            # the stage of every continued round has the same name, and its choices must be others
            chance=f"{name} {number}" if collected else name,
        )

    def written_from(self, number: int) -> tuple[str, ...]:
        """The stages that a round's candidates are made from."""
        prompts = ("collection",) if number in self.collected else ()
        policy = () if number == 1 else ("sft_choice", self.in_round("ppo_ptx", number - 1))
        return ("data", "base", "sft", *(self.in_round(name, number) for name in prompts), *policy)

    def reward(self, number: int) -> list[Stage]:
        """Step 2: the reward model, on the rankings of all rounds so far; the first one chooses the SFT epoch."""
        name = self.in_round("reward", number)
        stages = tuple(self.in_round("rankings", earlier) for earlier in range(1, number + 1))
        trained = Stage(
            name=name,
            title=self.titled("Reward model", number),
            work=partial(train_reward, name=name, read=partial(read_rankings, stages=stages)),
            together=True,
            settings=self.reward_settings(),
            inputs=("data", "sft", *stages),
            outputs=(self.folder.model(name),),
        )
        chosen = Stage(
            name="sft_choice",
            title="Choice of the SFT epoch",
            work=partial(choose_sft, reward=name),
            settings=self.settings(),
            inputs=("data", "sft", name),
            outputs=(self.folder.model("sft"),),
        )
        return [trained, chosen] if number == 1 else [trained]

    def judge(self) -> list[Stage]:
        """With the user's own rankings: a second reward model judges the final table."""
        if self.world is not None:
            return []
        return [
            Stage(
                name="judge",
                title="Judge",
                work=partial(
                    train_reward, name="judge", read=partial(read_judge_rankings, stages=self.ranked)
                ),
                together=True,
                settings=self.reward_settings(),
                inputs=("data", "sft", *self.ranked),
                outputs=(self.folder.model("judge"),),
            )
        ]

    def best_of_n(self) -> Stage:
        """The gate before step 3."""
        return Stage(
            name="best_of_n",
            title=f"Best of {self.recipe.evaluation.best_of}",
            work=partial(measure_best_of_n, reward="reward", judges=self.judges, utility=self.utility),
            settings=self.settings("evaluation"),
            inputs=(*self.prompted, "base", "sft_choice", "reward", *self.judging),
        )

    @property
    def reference(self) -> str:
        """The model that policies start from and are held to."""
        return "sft" if self.recipe.ppo.initialization is None else "initialization"

    def initialization(self, number: int) -> list[Stage]:
        """The model that step 3 starts from (App. C.3), made in the first round for all; none where SFT's is taken."""
        initialization = self.recipe.ppo.initialization
        if initialization is None or number > 1:
            return []
        decided = {"initialization": initialization.model_dump(), "row_tokens": self.recipe.base.row_tokens}
        return [
            Stage(
                name="initialization",
                title="Initialization of the policy",
                work=partial(make_initialization, source=self.source, initialization=initialization),
                together=True,
                settings=self.settings("sft", "lora") | decided,
                inputs=("data", "base"),
                outputs=(self.folder.model("initialization"),),
            )
        ]

    def ppo(self) -> Stage:
        """Step 3 without pretraining gradients."""
        return self.policy("ppo", self.recipe.rounds, "PPO", 0.0)

    def ppo_ptx(self, number: int) -> Stage:
        """Step 3 with pretraining gradients."""
        return self.policy("ppo_ptx", number, "PPO-ptx", self.recipe.ppo.ptx_coefficient)

    def policy(self, model: str, number: int, title: str, ptx_coefficient: float) -> Stage:
        """Step 3: PPO against this round's reward model; both kinds are one function."""
        name, reward = self.in_round(model, number), self.in_round("reward", number)
        ppo, evaluation = self.recipe.ppo, self.recipe.evaluation
        return Stage(
            name=name,
            title=self.titled(title, number),
            work=partial(
                train_ppo,
                source=self.source,
                name=name,
                reference=self.reference,
                reward=reward,
                ptx_coefficient=ptx_coefficient,
                utility=self.utility,
                judges=self.judges,
            ),
            together=True,
            settings={
                **self.settings("lora"),
                # how the reference was made is in the identity of its own stage
                "ppo": {field: value for field, value in ppo.deciding().items() if field != "initialization"},
                "ptx_coefficient": ptx_coefficient,
                "row_tokens": self.recipe.base.row_tokens,
                "rewards_made_from": made_from(self.recipe),
                "engine": self.recipe.rollout.engine,
                "every": evaluation.every,
                "looked_at": None if ppo.patience is None else [evaluation.prompts, evaluation.temperature],
            },
            inputs=(
                "data",
                *(self.in_round("collection", each) for each in self.collected if each <= number),
                "sft_choice" if self.reference == "sft" else self.reference,
                reward,
                *self.stopping(number),
            ),
            outputs=(self.folder.model(name),),
        )

    def earlier_round(self, number: int) -> list[Stage]:
        """Rankings, reward model and policy of a round before the last, and before the first what they start from."""
        return [
            *self.collection(number),
            *self.rankings(number),
            *self.reward(number),
            *self.initialization(number),
            self.ppo_ptx(number),
        ]

    @property
    def judging(self) -> tuple[str, ...]:
        """The stage that the judges of the final table come from."""
        return ("judge",) if self.world is None else ("labelers",)

    def stopping(self, number: int) -> tuple[str, ...]:
        """The stage of the judges that a policy may stop for; with files, who judged in an earlier round is gone."""
        judged = self.world is not None or number == self.recipe.rounds
        return self.judging if judged and self.recipe.ppo.patience is not None else ()

    @property
    def utility(self) -> Utility | None:
        """The oracle of the embedded world: shown beside the reward model's scores, never trained on."""
        return None if self.world is None else self.world.utility

    def answers(self) -> Stage:
        """What the models say to the test prompts."""
        earlier = () if self.earlier is None else (self.earlier,)
        return Stage(
            name="answers",
            title="Answers to the test prompts",
            work=partial(sample_answers, prompting=self.source.prompting(), models=self.models),
            settings=self.settings("evaluation"),
            inputs=(*self.prompted, "base", "sft_choice", "ppo", "ppo_ptx", *earlier),
        )

    def preference(self) -> Stage:
        """The main metric (§4.1)."""
        return Stage(
            name="preference",
            title="Preference",
            work=partial(
                measure_preference,
                judges=self.judges,
                utility=self.utility,
                models=self.models,
                earlier=self.earlier,
            ),
            settings=self.settings("evaluation"),
            inputs=("answers", *self.judging),
        )

    def new_against_old(self) -> list[Stage]:
        """The new policy against the old one, by people of both groups (§3.6), where people rank."""
        if self.earlier is None or not self.recipe.labeled_by_people:
            return []
        queue = f"{queue_of(self.recipe.rounds)}-evaluation"
        return [
            Stage(
                name="new_against_old",
                title="New policy against old, by people",
                work=partial(compare_by_people, earlier=self.earlier, queue=queue),
                settings=self.settings("evaluation"),
                inputs=("answers",),
            )
        ]

    @property
    def ranked(self) -> tuple[str, ...]:
        """The stages that collect the rankings of all rounds."""
        return tuple(self.in_round("rankings", number) for number in range(1, self.recipe.rounds + 1))

    def reward_accuracy(self) -> Stage:
        """The reward model against labelers (§3.5)."""
        return Stage(
            name="reward_accuracy",
            title="Reward model's accuracy",
            work=partial(
                measure_reward_model,
                reward="reward",
                read=partial(read_rankings, stages=self.ranked),
                labelers=self.world,
                utility=self.utility,
            ),
            settings=self.settings("evaluation"),
            inputs=(
                *self.prompted,
                "base",
                "reward",
                "sft_choice",
                *self.ranked,
                *(() if self.world is None else ("labelers",)),
            ),
        )

    def labeler_folds(self) -> list[Stage]:
        """The reward model on labelers that it never learned from (§4.1), where the recipe asks for it."""
        count = self.recipe.evaluation.labeler_folds
        if count is None:
            return []
        # Too few labelers are known before any work.
        groups_of(self.ranking_labelers(), count, self.recipe.seed, FIELD)
        return [
            Stage(
                name="labeler_folds",
                title=f"Reward models without a group of labelers, {count}",
                work=partial(
                    measure_labeler_folds, read=partial(read_rankings, stages=self.ranked), count=count
                ),
                settings=self.reward_settings() | {"labeler_folds": count},
                inputs=("sft", *self.ranked),
            )
        ]

    def ranking_labelers(self) -> set[str]:
        """Who ranks for the reward model."""
        if isinstance(self.source, MiniSource):
            return {each.labeler.name for each in self.source.annotators(Group.training, noise=0.0)}
        return {
            each.labeler
            for each in self.source.rankings()
            if each.labeler is not None
            and (each.prompt.split == Split.valid or not belongs_to_judge(each))
            and each.prompt.split != Split.test
        }

    def probes(self) -> list[Stage]:
        """Truthfulness, toxicity and bias (§4.2), where the source has the questions."""
        if self.world is None:
            return []
        return [
            Stage(
                name="probes",
                title="Truthfulness, toxicity, bias",
                work=partial(measure_probes, prompting=self.source.prompting(), probes=self.world),
                settings=self.settings("evaluation"),
                inputs=("data", "base", "sft_choice", "ppo", "ppo_ptx"),
            )
        ]

    def tax(self) -> Stage:
        """What the models lost of the base's abilities (§4.2)."""
        return Stage(
            name="tax",
            title="Alignment tax",
            work=partial(measure_tax, source=self.source),
            settings=self.settings("evaluation"),
            inputs=("data", "base", "sft_choice", "ppo", "ppo_ptx"),
        )

    def divergence(self) -> Stage:
        """How far the policies went from where they started."""
        return Stage(
            name="divergence",
            title="KL from the reference",
            work=partial(measure_divergence, prompting=self.source.prompting(), reference=self.reference),
            settings=self.settings("evaluation"),
            inputs=("answers",),
        )

    def report(self) -> Stage:
        """The page."""
        sections = (
            "preference",
            "reward_accuracy",
            "tax",
            "divergence",
            *(stage.name for stage in self.new_against_old()),
            *(() if self.world is None else ("probes",)),
            *(() if self.recipe.evaluation.labeler_folds is None else ("labeler_folds",)),
        )
        return Stage(
            name="report",
            title="Report",
            work=partial(make_report, ranked=self.ranked),
            settings={"recipe": self.recipe.deciding()},
            inputs=(*self.prompted, "base", "sft", *self.ranked, "reward", "best_of_n", "answers", *sections),
            outputs=(self.folder.root / "report.json", self.folder.root / "report.html"),
        )
