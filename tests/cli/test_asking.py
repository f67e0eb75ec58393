"""`tutelage labelers judge` without a network: the world's labelers and a reward model, each asked once."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

import pytest
import torch

from tutelage import mini
from tutelage.cli import judging
from tutelage.cli.main import dispatch
from tutelage.cli.world import NOISE, noise_of, seed_of
from tutelage.evaluation import rank_outputs, win_rates
from tutelage.mini.tokenizer import build_tokenizer
from tutelage.models import Architecture, new_policy, reward_model_from, save_model
from tutelage.recipe import dump_recipe, load_recipe
from tutelage.rollout import load_reward_model
from tutelage.schema import Account, Completion, Group, Prompt, Purpose, Ranking, Role, Split
from tutelage.store import Store

COUNT = 20
"""Prompts that both models answered."""


@pytest.fixture(scope="module")
def worlds() -> Callable[[int], mini.World]:
    """Each world once: making its prompts takes longer than all else here."""
    return lru_cache(mini.World)


@pytest.fixture
def world(worlds: Callable[[int], mini.World], monkeypatch: pytest.MonkeyPatch) -> mini.World:
    monkeypatch.setattr(mini, "World", worlds)
    return worlds(0)


@pytest.fixture(scope="module")
def reward(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A reward model that prefers one thing to another, for no reason."""
    folder = tmp_path_factory.mktemp("models") / "reward"
    tokenizer = build_tokenizer(["Say one and two, and name an animal."] * 2, 300)
    sizes = {"hidden_size": 16, "layers": 1, "heads": 2, "intermediate_size": 32, "context": 512}
    special = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    model = reward_model_from(new_policy(Architecture(**sizes, vocabulary_size=len(tokenizer)), 1, **special))
    torch.manual_seed(0)
    torch.nn.init.normal_(model.score.weight)
    save_model(model, tokenizer, folder)
    return str(folder)


@pytest.fixture(autouse=True)
def sampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, world: mini.World) -> list[Prompt]:
    """A labeler's demonstrations as one model's samples, rudeness as another's, of runs that name models alike."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(judging, "AT_ONCE", 8)
    prompts = [prompt for prompt in world.prompts() if prompt.split is Split.test][:COUNT]
    ada = world.annotators(Group.training, 0.0)[0]
    with Store("tutelage.db") as store:
        store.add_completions(
            [
                Completion(prompt=prompt, text=text, source=source)
                for number, prompt in enumerate(prompts)
                for source, text in (("a:sft", ada.demonstrate(prompt)), ("b:sft", f"Shut up, fool{number}."))
            ],
            "samples",
        )
    return prompts


def judge(*more: str, debug: bool = True) -> int:
    return dispatch(["labelers", "judge", "--completions", "samples", *more], debug=debug)


def stored(batch: str = "judged") -> list[Ranking]:
    with Store("tutelage.db") as store:
        return store.rankings(batch=batch, purpose=Purpose.evaluation)


def test_the_worlds_labelers_of_both_groups_rank_and_rate(
    world: mini.World, sampled: list[Prompt], capsys: pytest.CaptureFixture[str]
) -> None:
    assert judge("--simulated", "--noise", "0.3") == 0
    told = "judged: rankings and ratings of 20 prompts by simulated labelers, 6 of the group training, 4 of"
    assert told in capsys.readouterr().out
    with Store("tutelage.db") as store:
        outputs = {
            source: [each.text for each in store.completions(source=source)] for source in ("a:sft", "b:sft")
        }
        for group, count in ((Group.training, 6), (Group.heldout, 4)):
            people = world.annotators(group, 0.3)
            assert store.labelers(group) == [each.labeler for each in people]
            rankings = store.rankings(batch="judged", group=group, purpose=Purpose.evaluation)
            assert rankings == rank_outputs(sampled, outputs, people)
            assert len(rankings) == count * COUNT
            ratings = store.ratings(batch="judged", group=group, purpose=Purpose.evaluation)
            assert [each.source for each in ratings] == ["a:sft", "b:sft"] * COUNT
            raters = {each.labeler: each for each in ratings}
            assert len(raters) > 1
            person = next(each for each in people if each.labeler.name == ratings[0].labeler)
            first = person.rate(sampled[0], outputs["a:sft"][0])
            assert ratings[0] == first.model_copy(update={"source": "a:sft"})
        assert store.rankings(purpose=Purpose.training) == []
        assert win_rates(store.rankings(), "b:sft")["a:sft"].value > 0.9


def test_once_judged_nothing_is_stored_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by the same command, nor by one of other noise; and what was interrupted is the same in the end."""
    assert judge("--simulated") == 0
    with Store("tutelage.db") as store:
        whole, ratings = store.rankings(batch="judged"), store.ratings(batch="judged")
    assert judge("--simulated") == 0
    assert judge("--simulated", "--noise", "5") == 0
    with Store("tutelage.db") as store:
        assert (store.rankings(batch="judged"), store.ratings(batch="judged")) == (whole, ratings)

    plain, calls = Store.add_rankings, 0

    def interrupted(
        store: Store, rankings: Iterable[Ranking], batch: str, purpose: Purpose = Purpose.training
    ) -> None:
        nonlocal calls
        calls += 1
        if calls == 6:
            raise KeyboardInterrupt
        plain(store, rankings, batch, purpose)

    monkeypatch.setattr(Store, "add_rankings", interrupted)
    assert judge("--simulated", "--batch", "again", debug=False) == 130
    assert len(stored("again")) == 8 + 8 + 4 + 8 + 8  # one labeler's whole, two parts of the next one's
    assert judge("--simulated", "--batch", "again") == 0
    assert stored("again") == whole
    with Store("tutelage.db") as store:
        assert store.ratings(batch="again") == ratings


def test_a_reward_model_ranks_by_its_scores(reward: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert judge("--reward-model", reward, "--limit", "12") == 0
    assert judge("--reward-model", reward) == 0
    assert f"judged: 20 rankings by reward model: {reward}\n" in capsys.readouterr().out
    scorer = load_reward_model(reward)
    rankings = stored()
    assert len(rankings) == COUNT
    for ranking in rankings:
        first, second = scorer([ranking.prompt.text] * 2, list(ranking.completions)).tolist()
        assert ranking.ranks == ((1, 2) if first > second else (2, 1))
        assert ranking.sources == ("a:sft", "b:sft")
    assert {each.ranks for each in rankings} == {(1, 2), (2, 1)}
    with Store("tutelage.db") as store:
        assert [(each.name, each.group) for each in store.labelers()] == [
            (f"reward model: {reward}", Group.heldout)
        ]


def test_another_model_sampled_later_wants_another_batch(
    reward: str, sampled: list[Prompt], capsys: pytest.CaptureFixture[str]
) -> None:
    """Its rankings beside the earlier ones would count the earlier comparisons twice."""
    assert judge("--reward-model", reward) == 0
    with Store("tutelage.db") as store:
        later = [Completion(prompt=prompt, text="Yes.", source="ppo") for prompt in sampled]
        store.add_completions(later, "samples")
    assert judge("--reward-model", reward, debug=False) == 2
    told = capsys.readouterr().err
    assert "--batch: batch 'judged' has rankings of these prompts by 'reward model: " in told
    assert "of other outputs; name another" in told
    assert judge("--reward-model", reward, "--batch", "three") == 0
    assert {each.sources for each in stored("three")} == {("a:sft", "b:sft", "ppo")}


def test_the_world_and_its_noise_are_those_of_the_stores_run() -> None:
    assert (seed_of("tutelage.db"), noise_of("tutelage.db")) == (0, dict.fromkeys(Group, NOISE))
    Path("recipe.yaml").write_text(dump_recipe(load_recipe("mini", ["seed=3"])))
    Path("stages.json").write_text('{"base": {"identity": "x", "seconds": 1, "findings": {}}}')
    assert (seed_of("tutelage.db"), noise_of(".")) == (3, dict.fromkeys(Group, NOISE))
    findings = '{"noise": {"training": 0.25, "heldout": 0.125}}'
    Path("stages.json").write_text(
        f'{{"labelers": {{"identity": "x", "seconds": 1, "findings": {findings}}}}}'
    )
    assert noise_of(".") == {Group.training: 0.25, Group.heldout: 0.125}


def test_a_person_is_never_taken_for_a_simulated_labeler(capsys: pytest.CaptureFixture[str]) -> None:
    with Store("tutelage.db") as store:
        token = store.accounts.invite(Role.labeler, Group.training)
        assert isinstance(store.accounts.join(token, "Gil", "hash"), Account)
    assert judge("--simulated", debug=False) == 2
    assert "a person is called as the simulated labeler 'Gil'" in capsys.readouterr().err
    assert stored() == []


def test_who_judges_has_to_be_said_and_prompts_to_be_of_the_world(
    reward: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store("tutelage.db") as store:
        strange = Prompt(text="What is the news?")
        store.add_completions(
            [Completion(prompt=strange, text=text, source=text) for text in ("x", "y")], "strange"
        )
        store.add_completions(
            [Completion(prompt=strange, text="word " * 900, source=source) for source in ("x", "y")], "long"
        )
    one = "labelers judge: who judges?; give one of --endpoint, --reward-model and --simulated"
    for more, told in (
        ((), one),
        (("--simulated", "--reward-model", reward), one),
        (("--simulated", "--endpoint", "http://localhost:1", "--model", "m"), one),
        (("--endpoint", "http://localhost:1"), "--model: which of the endpoint's models?; name it"),
        (("--reward-model", reward, "--model", "m"), "--model: means nothing without --endpoint; leave it"),
        (("--reward-model", reward, "--seed", "1"), "--seed: means nothing without --simulated"),
        (("--simulated", "--price-in", "1"), "--price-in: means nothing without --endpoint"),
        (("--reward-model", "./nowhere"), "./nowhere: no such model folder"),
        (
            ("--simulated", "--completions", "strange"),
            "--simulated: 1 of 1 prompts are not of the embedded world of seed 0, such as 'What is the news?'",
        ),
        (("--simulated", "--seed", "7"), "prompts are not of the embedded world of seed 7"),
        (("--reward-model", reward, "--completions", "long"), "tokens, the reward model's context is 512"),
    ):
        assert judge(*more, debug=False) == 2, told
        line = capsys.readouterr().err
        assert told in line
        assert line.count("\n") == 1
    with Store("tutelage.db") as store:
        assert store.rankings() == []
