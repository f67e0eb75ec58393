"""Likert means and metadata rates, by hand."""

from tutelage.evaluation import likert_means, metadata_rates
from tutelage.evaluation.metadata import QUESTIONS, question_rates
from tutelage.evaluation.ratings import rate_outputs, rated_apart
from tutelage.schema import Flags, Prompt, Rating, UseCase


def rating(text: str, source: str | None, overall: int, **flags: bool | None) -> Rating:
    return Rating(
        prompt=Prompt(text=text, use_case=UseCase.extract),
        completion="x",
        source=source,
        overall=overall,
        flags=Flags(**flags),
        labeler="ann",
    )


RATINGS = [
    rating("a", "sft", 3, hallucination=True, satisfies_constraint=True),
    rating("b", "sft", 4, hallucination=False, satisfies_constraint=None),
    rating("c", "sft", 6, hallucination=False, satisfies_constraint=False),
    rating("a", "ppo", 7, fails_task=True),
    rating("a", "ppo", 5),
    rating("a", None, 1),
]


def test_likert_means() -> None:
    means = likert_means(RATINGS)
    assert list(means) == ["sft", "ppo"]
    assert (means["sft"].value, means["sft"].n, means["sft"].clusters) == (13 / 3, 3, 3)
    assert (means["ppo"].value, means["ppo"].n, means["ppo"].clusters) == (6, 2, 1)
    assert 3 <= means["sft"].low <= means["sft"].value <= means["sft"].high <= 6


def test_metadata_rates_leave_out_flags_that_do_not_apply() -> None:
    rates = metadata_rates(RATINGS)
    assert rates["sft"]["hallucination"].value == 1 / 3
    assert (rates["sft"]["satisfies_constraint"].value, rates["sft"]["satisfies_constraint"].n) == (0.5, 2)
    assert rates["ppo"]["fails_task"].value == 0.5
    assert "satisfies_constraint" not in rates["ppo"]
    assert set(rates["sft"]) == set(Flags.model_fields)


def about(use_case: UseCase | None, **flags: bool | None) -> Rating:
    said = rating(f"prompt of {use_case}", "sft", 4, **flags)
    return said.model_copy(update={"prompt": said.prompt.model_copy(update={"use_case": use_case})})


def test_figure_4_turns_what_it_turns() -> None:
    ratings = [about(UseCase.chat, fails_task=True), about(UseCase.rewrite, inappropriate=False)]
    rates = question_rates(ratings)
    attempts = rates["attempts_correct_instruction"]["sft"]
    said = metadata_rates(ratings)["sft"]["fails_task"]
    assert (attempts.value, attempts.low, attempts.high) == (0.5, 1 - said.high, 1 - said.low)
    assert rates["appropriate_for_customer_assistant"]["sft"].value == 1
    assert list(rates) == [question.name for question in QUESTIONS]
    assert {question.flag for question in QUESTIONS} == set(Flags.model_fields)


def test_hallucinations_count_where_a_text_was_given() -> None:
    """Of closed-domain tasks one in two; of others, and where nobody said what the prompt is, all are."""
    closed = [
        about(UseCase.summarization, hallucination=True),
        about(UseCase.closed_qa, hallucination=False),
        about(UseCase.extract, hallucination=False),
        about(UseCase.extract, hallucination=True),
    ]
    others = [about(use_case, hallucination=True) for use_case in (UseCase.open_qa, UseCase.rewrite, None)]
    found = question_rates([*closed, *others])["closed_domain_hallucination"]["sft"]
    assert (found.value, found.n) == (0.5, 4)
    assert metadata_rates([*closed, *others])["sft"]["hallucination"] == found
    assert "hallucination" not in metadata_rates(others)["sft"]
    assert question_rates(others)["closed_domain_hallucination"] == {}


def test_what_two_models_said_is_rated_for_both() -> None:
    ratings = [rating("a", "sft = base", 3), rating("b", "sft", 5), rating("c", None, 7)]
    assert [(each.source, each.overall) for each in rated_apart(ratings)] == [
        ("sft", 3),
        ("base", 3),
        ("sft", 5),
    ]


class Rater:
    """Gives everything one mark."""

    def __init__(self, name: str, mark: int) -> None:
        self.name, self.mark = name, mark

    def rate(self, prompt: Prompt, completion: str) -> Rating:
        return Rating(prompt=prompt, completion=completion, overall=self.mark, labeler=self.name)


def test_one_rater_rates_all_outputs_of_a_prompt_and_another_seed_asks_others() -> None:
    prompts = [Prompt(text=f"prompt {number}") for number in range(20)]
    outputs = {model: [f"{model} {number}" for number in range(20)] for model in ("sft", "ppo")}
    raters = [Rater("ann", 2), Rater("ben", 6)]

    def rated(seed: int, group: str = "training") -> list[tuple[str | None, int]]:
        found = rate_outputs(prompts, outputs, raters, seed=seed, group=group)
        assert [each.prompt for each in found] == [prompt for prompt in prompts for _ in outputs]
        assert [each.source for each in found] == ["sft", "ppo"] * 20
        assert [each.completion for each in found[:2]] == ["sft 0", "ppo 0"]
        assert [each.labeler for each in found[::2]] == [each.labeler for each in found[1::2]]
        return [(each.labeler, each.overall) for each in found]

    assert set(rated(0)) == {("ann", 2), ("ben", 6)}
    assert rated(0) == rated(0) != rated(1)
    assert rated(0) != rated(0, "heldout")
