"""What users asked of served models is kept as it came, and its use case can be corrected."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tutelage.schema import InputError, Prompt, Split, UseCase
from tutelage.store import PREPARED, Collected, Feedback, Store
from tutelage.store.records import content_row


@pytest.fixture
def store(place: str | Path) -> Iterator[Store]:
    with Store(place) as store:
        yield store


def test_everything_comes_back_in_its_order_also_after_reopening(place: str | Path) -> None:
    with Store(place) as store:
        first = store.collection.add("b", "api", "ppo", "What? ü😀", ["x", ""], now=1.5)
        second = store.collection.add("a", "playground", "sft", "What? ü😀", [], now=2.5)
        third = store.collection.add_feedback("a", "Q", ["x", "y"], ["sft", "ppo"], [2, 1], now=3.5)
    with Store(place) as store:
        collection = store.collection
        assert collection.rows() == [
            Collected(first, "b", "api", "ppo", "What? ü😀", ("x", ""), 1.5),
            Collected(second, "a", "playground", "sft", "What? ü😀", (), 2.5),
        ]
        assert collection.feedback() == [Feedback(third, "a", "Q", ("x", "y"), ("sft", "ppo"), (2, 1), 3.5)]
        assert collection.prompts() == [Prompt(text="What? ü😀", user=user) for user in "ba"]


def test_blank_requests_are_kept_and_are_no_prompts(store: Store) -> None:
    store.collection.add("a", "api", "m", " \n", ["x"])
    assert len(store.collection.rows()) == 1
    assert store.collection.prompts() == []


def test_feedback_says_something_of_every_answer(store: Store) -> None:
    with pytest.raises(ValueError, match="beside each other"):
        store.collection.add_feedback("a", "Q", ["x", "y"], ["sft"], [1, 2])


def test_a_corrected_use_case_takes_the_prompts_place_and_can_be_corrected_back(store: Store) -> None:
    wrong, other = (
        Prompt(text=text, user="a", split=Split.train, use_case=UseCase.chat) for text in ("one", "two")
    )
    store.add_prompts([wrong, other], PREPARED)
    store.freeze("before")
    right = wrong.model_copy(update={"use_case": UseCase.rewrite})

    store.collection.correct_use_case(store.collection.prepared()[0].row, UseCase.rewrite)
    assert store.prompts(batch=PREPARED) == [other, right]
    assert [each.prompt for each in store.collection.prepared(UseCase.rewrite)] == [right]
    assert store.at("before").prompts() == [wrong, other]

    store.collection.correct_use_case(store.collection.prepared(UseCase.rewrite)[0].row, UseCase.chat)
    assert store.prompts(batch=PREPARED) == [other, wrong]
    store.collection.correct_use_case(store.collection.prepared()[0].row, UseCase.chat)  # as it was
    assert store.prompts(batch=PREPARED) == [other, wrong]


def test_only_what_stands_can_be_corrected(store: Store) -> None:
    store.add_prompts([Prompt(text="one", use_case=UseCase.chat)], PREPARED)
    store.add_prompts([Prompt(text="two", use_case=UseCase.chat)], "another batch")
    row = store.collection.prepared()[0].row
    store.collection.correct_use_case(row, UseCase.other)
    for gone in (row, row + 1, 99):  # corrected, of another batch, none
        with pytest.raises(InputError, match="no prepared prompt"):
            store.collection.correct_use_case(gone, UseCase.extract)
    assert [each.prompt.use_case for each in store.collection.prepared()] == [UseCase.other]


def test_whoever_is_forgotten_meanwhile_does_not_come_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add_prompts([Prompt(text="one", user="a", use_case=UseCase.chat)], PREPARED)
    forgetting = Thread(target=store.forgetting.forget, args=("a",))

    def beside_forgetting(prompt: Prompt) -> Mapping[str, Any]:
        forgetting.start()
        forgetting.join(timeout=0.5)  # as far as it comes
        return content_row(prompt)

    monkeypatch.setattr("tutelage.store.collection.content_row", beside_forgetting)
    store.collection.correct_use_case(store.collection.prepared()[0].row, UseCase.rewrite)
    forgetting.join()
    assert store.prompts() == []
    with pytest.raises(InputError, match="nobody is known"):
        store.forgetting.user_of("a")


def test_prepared_prompts_come_by_pages(store: Store) -> None:
    store.add_prompts([Prompt(text=f"{number}") for number in range(5)], PREPARED)
    first = store.collection.prepared(limit=2)
    rest = store.collection.prepared(after=first[-1].row)
    assert [each.prompt.text for each in (*first, *rest)] == ["0", "1", "2", "3", "4"]
