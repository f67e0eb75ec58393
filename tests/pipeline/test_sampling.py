"""K completions a prompt, in the store: the same however they were chunked, interrupted and gone on with."""

import io
import signal
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import torch
from rich.console import Console

from tutelage.data import Template, template_for
from tutelage.models import load_policy, load_tokenizer, reward_model_from, save_model
from tutelage.pipeline import sampling
from tutelage.pipeline.sampling import Drawing, Writer, open_writer, sample_completions
from tutelage.rollout import Scorer
from tutelage.schema import Completion, InputError, Prompt
from tutelage.schema.record import short_hash
from tutelage.store import Store
from tutelage.training import Interrupted

PROMPTS = [Prompt(text=f"Say {number} and the {thing}.") for number in range(6) for thing in ("cow", "eagle")]
LENGTH = 8


class Disturbed(Store):
    """A store in whose second chunk Ctrl-C comes, or that breaks there after the prompts are written."""

    def __init__(self, path: Path, breaks: bool) -> None:
        super().__init__(path)
        self.breaks = breaks
        self.chunks = 0

    def add_completions(self, completions: Iterable[Completion], batch: str) -> None:
        self.chunks += 1
        if self.chunks == 2 and self.breaks:
            raise OSError("the disk is full")
        if self.chunks == 2:
            signal.raise_signal(signal.SIGINT)
        super().add_completions(completions, batch)


@pytest.fixture
def writer(tiny_base: Path) -> Writer:
    return open_writer("tiny", str(tiny_base), LENGTH, PROMPTS)


@pytest.fixture(autouse=True)
def chunks_of_three_prompts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "ROWS_AT_ONCE", 12)


def sample(
    store: Store, *writers: Writer, drawing: Drawing | None = None, batch: str = "samples"
) -> tuple[list[Completion], str]:
    """What the batch then has, and what was told."""
    told = io.StringIO()
    console = Console(file=told, width=200)
    sample_completions(writers, drawing or Drawing(count=4), store, batch, console)
    return store.completions(batch=batch), told.getvalue()


def texts_of(completions: Sequence[Completion], prompt: Prompt) -> list[str]:
    return [completion.text for completion in completions if completion.prompt == prompt]


def test_each_model_writes_k_completions_of_each_prompt(writer: Writer, place: str | Path) -> None:
    with Store(place) as store:
        completions, told = sample(
            store, writer, replace(writer, name="other"), drawing=Drawing(3, temperature=1.5)
        )
        assert store.prompts(batch="samples") == PROMPTS
    for name in ("tiny", "other"):
        written = [completion for completion in completions if completion.source == name]
        assert [each.prompt for each in written] == [prompt for prompt in PROMPTS for _ in range(3)]
        assert {each.temperature for each in written} == {1.5}
        assert f"{name}: 36 completions of 12 prompts\n" in told
    assert len({completion.text for completion in completions}) == 72  # models draw apart from each other


def test_a_text_depends_on_seed_and_prompt_alone(
    writer: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(tmp_path / "store.db") as store:
        whole, _ = sample(store, writer)
        other, _ = sample(store, writer, drawing=Drawing(4, seed=1), batch="other seed")
        assert not {each.text for each in whole} & {each.text for each in other}
        few = replace(writer, prompts=(PROMPTS[7], PROMPTS[2]))
        monkeypatch.setattr(sampling, "ROWS_AT_ONCE", 1)
        apart, _ = sample(store, few, drawing=Drawing(count=2), batch="apart")
    assert len(apart) == 4
    for prompt in few.prompts:
        assert texts_of(apart, prompt) == texts_of(whole, prompt)[:2]


@pytest.mark.parametrize("breaks", [False, True], ids=["Ctrl-C", "broken"])
def test_what_was_interrupted_goes_on_to_the_same_result(
    breaks: bool, writer: Writer, tmp_path: Path
) -> None:
    writers = (writer, replace(writer, name="other"))
    with Store(tmp_path / "whole.db") as store:
        whole, _ = sample(store, *writers)
    with (
        Disturbed(tmp_path / "disturbed.db", breaks) as disturbed,
        pytest.raises(OSError, match="disk is full") if breaks else pytest.raises(Interrupted),
    ):
        sample(disturbed, *writers)
    with Store(tmp_path / "disturbed.db") as store:
        kept = 3 if breaks else 6
        assert [each.prompt for each in store.completions()] == [p for p in PROMPTS[:kept] for _ in range(4)]
        finished, told = sample(store, *writers)
        assert f"tiny: 48 completions of 12 prompts, {kept} of them done before" in told
        assert finished == whole
        assert store.prompts(batch="samples") == PROMPTS


def test_the_likeliest_text_is_plain_transformers_and_kept_once(writer: Writer, tmp_path: Path) -> None:
    tokenizer, model = load_tokenizer(writer.folder), load_policy(writer.folder)
    greedy = Drawing(count=3, temperature=0.0)
    with Store(tmp_path / "store.db") as store:
        completions, _ = sample(store, writer, drawing=greedy)
    assert [each.prompt for each in completions] == PROMPTS
    for completion in completions:
        tokens = template_for(tokenizer).encode_prompt(tokenizer, completion.prompt.text)
        answer = model.generate(torch.tensor([tokens]), max_new_tokens=LENGTH, do_sample=False)[0]
        assert completion.text == tokenizer.decode(answer[len(tokens) :], skip_special_tokens=True)


def test_prompts_with_fewer_texts_than_samples_are_done_too(
    writer: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    greedy = Drawing(count=3, temperature=0.0)
    with Store(tmp_path / "store.db") as store:
        before, _ = sample(store, writer, drawing=greedy)
        monkeypatch.setattr(sampling, "load_policy", None)  # nothing is left to load it for
        after, told = sample(store, writer, drawing=greedy)
    assert after == before
    assert "12 completions of 12 prompts, 12 of them done before" in told


def test_more_prompts_later_join_the_batch(writer: Writer, place: str | Path) -> None:
    with Store(place) as store:
        sample(store, replace(writer, prompts=writer.prompts[:5]))
        completions, _ = sample(store, writer)
        whole, _ = sample(store, writer, batch="at once")
    for prompt in PROMPTS:
        assert texts_of(completions, prompt) == texts_of(whole, prompt)


def test_another_temperature_does_not_pass_for_done(writer: Writer, place: str | Path) -> None:
    with Store(place) as store:
        sample(store, writer)
        with pytest.raises(InputError, match=r"'tiny' at temperature 1; give the same, or another --batch"):
            sample(store, writer, drawing=Drawing(4, temperature=0.5))


def test_prompts_without_room_are_left_out_and_counted(tiny_base: Path, tmp_path: Path) -> None:
    long = Prompt(text="cow " * 400)
    writer = open_writer("tiny", str(tiny_base), LENGTH, [long, *PROMPTS])
    with Store(tmp_path / "store.db") as store:
        _, told = sample(store, writer)
        assert store.prompts() == PROMPTS
    assert "1 prompts too long, left out" in told
    with pytest.raises(
        InputError, match="no prompt leaves room for 8 new tokens in the model's context of 384"
    ):
        open_writer("tiny", str(tiny_base), LENGTH, [long])


def test_a_reward_model_writes_nothing(tiny_base: Path, tmp_path: Path) -> None:
    reward = reward_model_from(load_policy(tiny_base))
    save_model(reward, load_tokenizer(tiny_base), tmp_path / "reward")
    with pytest.raises(InputError, match="this is a reward model"):
        open_writer("reward", str(tmp_path / "reward"), LENGTH, PROMPTS)


SHOTS = Template(prefix="Question: cow? Answer: yes.\n\nQuestion: ", suffix="\nAnswer:")


def test_a_prefix_stands_before_each_prompt_and_stop_texts_end_what_is_said(
    writer: Writer, tiny_base: Path, tmp_path: Path
) -> None:
    """Greedily it is what plain transformers says to the text that the prefix makes."""
    tokenizer, model = load_tokenizer(tiny_base), load_policy(tiny_base)
    greedy = Drawing(count=1, temperature=0.0)
    plain = open_writer("plain", str(tiny_base), LENGTH, PROMPTS, template=SHOTS)
    with Store(tmp_path / "store.db") as store:
        whole, _ = sample(store, plain, drawing=greedy)
        for completion in whole:
            tokens = tokenizer.encode(SHOTS.render(completion.prompt.text), add_special_tokens=False)
            answer = model.generate(torch.tensor([tokens]), max_new_tokens=LENGTH, do_sample=False)[0]
            assert completion.text == tokenizer.decode(answer[len(tokens) :], skip_special_tokens=True)
        drawn, _ = sample(store, plain, drawing=Drawing(count=1), batch="drawn")
        stop = drawn[0].text.split()[3]
        cut, _ = sample(store, replace(plain, stop=(stop,)), drawing=Drawing(count=1), batch="cut")
    assert [each.text for each in cut] == [each.text.split(stop)[0] for each in drawn]
    assert cut[0].text != ""
    assert cut[0].finish_reason == "stop"


class Taste:
    """A reward model's place: it scores by the text alone and notes what it was given."""

    def __init__(self, scorer: Scorer) -> None:
        self.model, self.template, self.tokenizer = scorer.model, scorer.template, scorer.tokenizer
        self.seen: list[str] = []

    def __call__(self, prompts: Sequence[str], texts: Sequence[str]) -> torch.Tensor:
        self.seen += texts
        return torch.tensor([hash_of(text) for text in texts])


def hash_of(text: str) -> float:
    return int(short_hash(text), 16) / 16**16


@pytest.fixture
def taste(tiny_base: Path) -> Taste:
    return Taste(Scorer(reward_model_from(load_policy(tiny_base)), load_tokenizer(tiny_base)))


def test_of_n_samples_the_highest_scored_is_kept(writer: Writer, taste: Taste, tmp_path: Path) -> None:
    """The samples are those that count * n completions would have been; each n in turn gives its best."""
    with Store(tmp_path / "store.db") as store:
        every, _ = sample(store, writer, drawing=Drawing(count=6, temperature=1.5), batch="all")
        console = Console(file=io.StringIO(), width=200)
        best = Drawing(count=2, temperature=1.5, best_of=3)
        sample_completions([writer], best, store, "best", console, cast("Scorer", taste))
        kept = store.completions(batch="best")
    assert taste.seen == [each.text for each in every]
    expected = [
        max(every[start : start + 3], key=lambda each: hash_of(each.text)) for start in range(0, 72, 3)
    ]
    assert kept == expected  # with the finish reason that each was drawn with
    assert "12 prompts" in console.file.getvalue()  # type: ignore[attr-defined]


def test_best_of_n_goes_on_to_the_same_result(writer: Writer, taste: Taste, tmp_path: Path) -> None:
    best, scorer = Drawing(count=1, best_of=4), cast("Scorer", taste)
    console = Console(file=io.StringIO(), width=200)
    with Store(tmp_path / "whole.db") as store:
        sample_completions([writer], best, store, "best", console, scorer)
        whole = store.completions()
    with (
        Disturbed(tmp_path / "disturbed.db", breaks=True) as disturbed,
        pytest.raises(OSError, match="disk is full"),
    ):
        sample_completions([writer], best, disturbed, "best", console, scorer)
    with Store(tmp_path / "disturbed.db") as store:
        assert len(store.completions()) == 3
        sample_completions([writer], best, store, "best", console, scorer)
        assert store.completions() == whole


def test_prompts_that_the_reward_model_cannot_read_are_left_out(tiny_base: Path, taste: Taste) -> None:
    """The writer has room for them; scored, they would be longer than what the reward model sees."""
    scorer = cast("Scorer", taste)
    long = Prompt(text="cow " * 60)
    assert open_writer("tiny", str(tiny_base), LENGTH, [long, *PROMPTS]).left_out == 0
    taste.model.config.max_position_embeddings = 200
    assert open_writer("tiny", str(tiny_base), LENGTH, [long, *PROMPTS], scorer=scorer).left_out == 1
    with pytest.raises(InputError, match=r"--reward: no prompt leaves room for 9 new tokens in .* of 200"):
        open_writer("tiny", str(tiny_base), LENGTH, [long], scorer=scorer)
