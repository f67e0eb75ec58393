"""`tutelage evaluate over-optimization`: best of n by its known KL, other models by their estimated one."""

import json
import math
from pathlib import Path

import pytest
import torch
from tests.cli.tiny import save_policy, save_reward_model

from tutelage.cli.main import dispatch
from tutelage.data import derive
from tutelage.models import load_policy, load_tokenizer
from tutelage.pipeline.over_optimization import log_ratios
from tutelage.rollout import Sampler, load_reward_model

PROMPTS = [f"Say {number}." for number in range(8)]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("models")
    return {
        "sft": save_policy(folder / "sft", 1),
        "same": save_policy(folder / "same", 1),
        "ppo": save_policy(folder / "ppo", 2),
        "foreign": save_policy(folder / "foreign", 1, "Other words than those."),
        "reward": save_reward_model(folder / "reward", 0),
        "judge": save_reward_model(folder / "judge", 1),
    }


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    Path("prompts.jsonl").write_text("".join(f"{json.dumps({'prompt': text})}\n" for text in PROMPTS))


def command(models: dict[str, str], *more: str) -> list[str]:
    given = ["--reward", models["reward"], "--judge", models["judge"], "--prompts", "prompts.jsonl"]
    return ["evaluate", "over-optimization", models["sft"], *given, "--max-new-tokens", "6", *more]


def test_the_proxy_rises_with_n_and_kl_is_from_the_policy(
    models: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    trained = ("--trained", models["same"], "--trained", models["ppo"])
    assert dispatch(command(models, "--n", "4", *trained, "--out", "scores.json"), debug=True) == 0
    shown = capsys.readouterr().out
    for label in ("best of n = 1", "best of n = 4", "same", "ppo"):
        assert f"│ {label} " in shown
    figures = json.loads(Path("scores.json").read_text())["figures"]
    one, two, four = figures["best_of_n"]
    assert [point["label"] for point in (one, two, four)] == ["n = 1", "n = 2", "n = 4"]
    assert [point["kl"]["value"] for point in (one, two, four)] == pytest.approx(
        [0, math.log(2) - 1 / 2, math.log(4) - 3 / 4]
    )
    assert one["proxy"]["value"] < two["proxy"]["value"] < four["proxy"]["value"]
    ((same,), (ppo,)) = figures["same"], figures["ppo"]
    # the same weights differ in no token, other weights do
    assert same["kl"]["value"] == pytest.approx(0, abs=1e-4)
    assert ppo["kl"]["value"] > same["kl"]["value"] + 0.01
    assert ppo["kl"]["n"] == 4 * len(PROMPTS)
    assert ppo["kl"]["clusters"] == len(PROMPTS)
    assert same["judged"] is not None


def test_kl_is_of_the_tokens_that_were_drawn(models: dict[str, str]) -> None:
    """log π - log π_ref of a sample is what both models say of its tokens, one after the other."""
    reference = Sampler(load_policy(models["sft"]), load_tokenizer(models["sft"]))
    policy = Sampler(load_policy(models["ppo"]), load_tokenizer(models["ppo"]))
    sampled = policy.sample(PROMPTS[:2], 2, max_new_tokens=5, seed=3)
    ratios = log_ratios(reference, PROMPTS[:2], sampled)
    flat = [(prompt, each) for prompt, own in zip(PROMPTS[:2], sampled, strict=True) for each in own]
    assert len(ratios) == 4
    for ratio, (prompt, sample) in zip(ratios, flat, strict=True):
        start = policy.template.encode_prompt(policy.tokenizer, prompt)
        said = []
        for sampler in (policy, reference):
            tokens = sampler.tokenizer.pad([{"input_ids": start + sample.tokens}], return_tensors="pt")
            with torch.no_grad():
                logprobs = sampler.model(tokens["input_ids"]).logits[0].log_softmax(-1)
            said.append(
                sum(float(logprobs[len(start) + k - 1, token]) for k, token in enumerate(sample.tokens))
            )
        assert ratio == pytest.approx(said[0] - said[1], abs=1e-4)


def test_proxy_and_judge_are_the_two_reward_models(models: dict[str, str]) -> None:
    """A single sample scores what all of them do in the mean."""
    assert dispatch(command(models, "--n", "2", "--seed", "5", "--out", "scores.json"), debug=True) == 0
    one = json.loads(Path("scores.json").read_text())["figures"]["best_of_n"][0]
    sampler = Sampler(load_policy(models["sft"]), load_tokenizer(models["sft"]))
    sampled = sampler.sample(PROMPTS, 2, max_new_tokens=6, seed=derive(5, "best_of_n"))
    texts = [sample.text for own in sampled for sample in own]
    for figure, model in (("proxy", "reward"), ("judged", "judge")):
        scores = load_reward_model(models[model])([prompt for prompt in PROMPTS for _ in range(2)], texts)
        assert one[figure]["value"] == pytest.approx(scores.mean().item(), abs=1e-5)


def test_of_one_prompt_no_more_is_known(models: dict[str, str]) -> None:
    assert dispatch(command(models, "--n", "2", "--limit", "1", "--out", "scores.json"), debug=True) == 0
    written = json.loads(Path("scores.json").read_text())
    assert written["prompts"] == 1
    assert written["figures"]["best_of_n"][0]["proxy"]["low"] is None


def test_what_cannot_be_compared_is_refused(
    models: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    def refusal(arguments: list[str]) -> str:
        assert dispatch(arguments, debug=False) == 2
        return capsys.readouterr().err

    assert "other tokens than the policy" in refusal(command(models, "--trained", models["foreign"]))
    same = {**models, "judge": models["reward"]}
    assert "the judge is the reward model itself" in refusal(command(same))
    assert "not a known format" in refusal(command(models, "--out", "scores.txt"))
    Path("prompts.jsonl").write_text("")
    assert "the file holds no records" in refusal(command(models))


def test_ctrl_c_ends_it_in_one_line(
    models: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: object, **settings: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Sampler, "sample", interrupted)
    assert dispatch(command(models, "--out", "scores.json"), debug=True) == 130
    assert capsys.readouterr().err == "interrupted\n"
    assert not Path("scores.json").exists()
