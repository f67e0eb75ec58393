"""Reward models on real comparisons: what is learned from, what is compared, and that both are scored alike."""

import json
import random
from argparse import Namespace
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from benchmarks.plan import OURS
from benchmarks.rankings import TRL, Case, Data, Result
from benchmarks.reward_models import Tokens, Trained

from benchmarks import rankings, reward_models
from tutelage.models import Architecture, new_policy, save_model
from tutelage.pipeline.tokenizer import train_tokenizer
from tutelage.schema import Prompt, Ranking

CASE = Case("base", "data", False, OURS, 1e-4, 0, 2, 8, 1)


def ranking(prompt: str, *ranks: int) -> Ranking:
    """Completions a, bb, ccc, ... with these ranks."""
    texts = tuple(letter * (place + 1) for place, letter in enumerate("abcdefghi"[: len(ranks)]))
    return Ranking(prompt=Prompt(text=prompt), completions=texts, ranks=ranks)


def result(*scores: list[float], way: str = OURS, seed: int = 0) -> Result:
    """Of a training that took ten seconds with half a core."""
    return Result(replace(CASE, way=way, seed=seed), Trained(10.0, 0.5, []), list(scores), 1e-7)


HELD_OUT = [ranking("one", 1, 2), ranking("two", 1, 2), ranking("three", 2, 1), ranking("four", 1, 2)]
EASY = [each for each in HELD_OUT if each.ranks == (1, 2)]
DATA = Data("data", HELD_OUT, HELD_OUT, 3)
RIGHT, WRONG = [1.0, 0.0], [0.0, 1.0]


def test_whole_rankings_are_taken_up_to_so_many_comparisons() -> None:
    given = [ranking(f"prompt {number}", 1, 2, 2, 3) for number in range(9)]
    assert [rankings.untied(each) for each in given] == [5] * 9
    kept = rankings.part_of(given, 17)
    assert len(kept) == 3
    assert kept == rankings.part_of(given, 17)
    assert sorted(each.prompt.text for each in rankings.part_of(given, None)) == sorted(
        each.prompt.text for each in given
    )


def test_a_trial_holds_out_other_prompts_than_it_learns_from() -> None:
    given = [ranking(f"prompt {number % 5}", 1, 2) for number in range(20)]
    trial = replace(DATA, training=given).trial()
    learned, held_out = ({each.prompt.id for each in part} for part in (trial.training, trial.held_out))
    assert (len(learned), len(held_out)) == (2, 3)
    assert not learned & held_out
    assert len(trial.training) + len(trial.held_out) == 20


def test_pairs_have_the_better_first_and_no_ties() -> None:
    pairs = reward_models.pairs_of(Tokens([7], [[1], [2], [3]], [2, 1, 2]))
    assert pairs == [
        {"chosen_ids": [7, 2], "rejected_ids": [7, 1]},
        {"chosen_ids": [7, 2], "rejected_ids": [7, 3]},
    ]


@pytest.mark.parametrize(
    ("pairs", "batch", "passes"), [(100, 8, 2), (100, 32, 8), (1600, 8, 32), (100, 1, 1)]
)
def test_a_step_of_pairs_is_as_large_as_one_of_rankings(pairs: int, batch: int, passes: int) -> None:
    assert reward_models.passes(pairs, 100, batch) == passes


def test_steps_are_random_and_sorted_within() -> None:
    pairs = [{"chosen_ids": [0] * (1 + number), "rejected_ids": [0]} for number in range(16)]
    rows = reward_models.in_steps(pairs, 8, random.Random(0))
    lengths = [len(row["chosen_ids"]) for row in rows]
    assert sorted(lengths) == list(range(1, 17))
    assert lengths[:8] == sorted(lengths[:8]) != list(range(1, 9))
    assert lengths[8:] == sorted(lengths[8:])


def test_accuracy_is_the_mean_over_seeds_on_as_many_prompts() -> None:
    first, second = result(RIGHT, RIGHT, WRONG, WRONG), result(RIGHT, RIGHT, WRONG, RIGHT, seed=1)
    whole = rankings.accuracy(DATA, [first, second])
    assert whole.value == pytest.approx((0.75 + 1.0) / 2)
    assert whole.clusters == 4


def test_differences_are_of_the_same_pairs() -> None:
    these = result(RIGHT, RIGHT, WRONG, WRONG)
    those = result(WRONG, RIGHT, RIGHT, WRONG, way=TRL)
    assert rankings.difference(DATA, [these], [those]).value == pytest.approx(0.5)
    assert rankings.difference(DATA, [these], [these]).value == 0.0


def test_rows_tell_both_ways_and_length_alone() -> None:
    ours, trl, longer = rankings.rows_of(
        DATA, {OURS: [result(RIGHT, RIGHT, WRONG, RIGHT)], TRL: [result(*[[0.0, 0.0]] * 4, way=TRL)]}
    )
    assert ours[0] == "data, 4 pairs of 4 prompts"
    assert ours[3] == "1.000"
    assert ours[6].startswith("+0.500")
    assert ours[7] == "5"
    assert trl[3] == ".500"
    assert trl[5] == "no"
    assert longer[4].startswith(".250 (")


def test_the_best_trial_chooses_the_rate_and_is_not_made_again(tmp_path: Path) -> None:
    asked = []
    accuracies = {1e-4: RIGHT, 3e-4: WRONG, 1e-3: RIGHT}

    def measure(data: Data, case: Case) -> Result:
        asked.append(case.rate)
        return Result(case, Trained(1.0, 1.0, []), [accuracies[case.rate]] * len(data.held_out), 0.0)

    given = replace(DATA, training=[ranking(f"prompt {number}", 1, 2) for number in range(4)])
    chosen = Namespace(
        rates=[1e-3, 1e-4, 3e-4], kept=tmp_path / "kept.jsonl", base=tmp_path, batch=8, epochs=1
    )
    for _ in range(2):
        assert rankings.best_rate(given, OURS, chosen, measure) == 1e-4
    assert asked == [1e-4, 3e-4, 1e-3]


def test_results_come_back_from_their_lines() -> None:
    line = json.dumps(asdict(result(RIGHT, WRONG)))
    assert Result.parse(line) == result(RIGHT, WRONG)


def test_ours_is_scored_by_plain_transformers_as_by_our_scorer(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(["a bb ccc one two three four"] * 50, 300)
    shape = Architecture(32, 2, 2, 64, len(tokenizer), 64)
    policy = new_policy(shape, 0, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
    base, out, texts = tmp_path / "base", tmp_path / "out", tmp_path / "texts.json"
    save_model(policy, tokenizer, base)
    data = replace(DATA, training=EASY, held_out=EASY)
    rankings.encode(data, base).write(str(texts))
    trained = reward_models.train(
        reward_models.Training(OURS, str(base), str(texts), str(out), 1e-2, 2, 10, 0)
    )
    scores, apart = rankings.scores_of(out, EASY, trained.checked)
    assert len(trained.checked) == len(EASY)
    assert apart < 1e-5
    assert rankings.accuracy(data, [result(*scores)]).value == 1.0
    assert trained.processor_seconds > 0
