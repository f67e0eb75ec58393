"""Label Studio's tasks: orders, buckets and pairs come in, buckets go out, and no order is guessed."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.data.drawn import rankings_by, texts

from tutelage.data.label_studio import read_rankings, write_rankings
from tutelage.schema import InputError, Prompt, Ranking

ITEMS = [
    {"id": "llm_1", "title": "LLM 1", "body": "Pear."},
    {"id": "llm_2", "title": "LLM 2", "body": "Cat."},
    {"id": "llm_3", "title": "LLM 3", "body": "Fig."},
]
DATA = {"prompt": "Name a fruit.", "items": ITEMS}
PAIR = {"prompt": "Name a fruit.", "text1": "Pear.", "text2": "Cat."}


def task(*annotations, data=DATA):
    """As "JSON" of the export page gives it."""
    return {
        "id": 41,
        "annotations": list(annotations),
        "drafts": [],
        "predictions": [],
        "data": data,
        "meta": {},
        "created_at": "2026-02-03T10:01:44.312345Z",
        "updated_at": "2026-02-03T10:05:12.101010Z",
        "inner_id": 1,
        "total_annotations": len(annotations),
        "cancelled_annotations": 0,
        "project": 3,
        "comment_authors": [],
    }


def annotation(*results, completed_by=7, was_cancelled=False):
    return {
        "id": 12,
        "completed_by": completed_by,
        "result": list(results),
        "was_cancelled": was_cancelled,
        "ground_truth": False,
        "lead_time": 21.4,
        "prediction": {},
        "parent_prediction": None,
    }


def ranker(value, **more):
    return {
        "id": "k9Zb1QwErt",
        "from_name": "rank",
        "to_name": "results",
        "type": "ranker",
        "origin": "manual",
        "value": {"ranker": value},
        **more,
    }


def pairwise(selected):
    return {
        "id": "p1",
        "from_name": "pw",
        "to_name": "pw",
        "type": "pairwise",
        "value": {"selected": selected},
    }


@pytest.fixture
def tasks(tmp_path):
    """Writes tasks to a JSON array."""

    def write(*given):
        path = tmp_path / "tasks.json"
        path.write_text(json.dumps(given))
        return path

    return write


@pytest.mark.parametrize(
    ("value", "ranks"),
    [
        ({"rank": ["llm_3", "llm_1", "llm_2"]}, (2, 3, 1)),
        ({"_": [], "rank": ["llm_3", "llm_1", "llm_2"]}, (2, 3, 1)),
        (["llm_2", "llm_1", "llm_3"], (2, 1, 3)),
        ({"1": ["llm_1", "llm_3"], "2": [], "3": ["llm_2"]}, (1, 3, 1)),
        ({"rank-2": ["llm_2", "llm_3"], "rank-10": [], "rank-1": ["llm_1"], "_": []}, (1, 2, 2)),
        ({"place 10": ["llm_1"], "place 9": ["llm_2"], "place 2": ["llm_3"]}, (3, 2, 1)),
    ],
)
def test_an_order_and_numbered_buckets(tasks, value, ranks):
    found = read_rankings(tasks(task(annotation(ranker(value)))))
    assert found.rankings == [
        Ranking(
            prompt=Prompt(text="Name a fruit."),
            completions=("Pear.", "Cat.", "Fig."),
            ranks=ranks,
            labeler="7",
        )
    ]
    assert found.passed_over == 0


def test_items_in_no_bucket_are_left_out(tasks):
    (found,) = read_rankings(
        tasks(task(annotation(ranker({"_": ["llm_2"], "1": ["llm_3"], "2": ["llm_1"]}))))
    ).rankings
    assert (found.completions, found.ranks) == (("Pear.", "Fig."), (2, 1))


@pytest.mark.parametrize(
    ("names", "selected", "ranks"),
    [
        (("text1", "text2"), "left", (1, 2)),
        (("text1", "text2"), "right", (2, 1)),
        (("left", "right"), "right", (2, 1)),
        (("response_a", "response_b"), "left", (1, 2)),
        (("answer0", "answer1"), "left", (1, 2)),
    ],
)
def test_pairs(tasks, names, selected, ranks):
    # a database may have sorted the fields in any way
    data = {names[1]: "Cat.", "question": "Name a fruit.", names[0]: "Pear."}
    (found,) = read_rankings(tasks(task(annotation(pairwise(selected)), data=data))).rankings
    assert found == Ranking(
        prompt=Prompt(text="Name a fruit."), completions=("Pear.", "Cat."), ranks=ranks, labeler="7"
    )


def test_several_labelers_and_answers_that_do_not_count(tasks):
    order = ranker({"rank": ["llm_1", "llm_2", "llm_3"]})
    path = tasks(
        task(
            annotation(order, completed_by=1),
            annotation(order, completed_by={"id": 2, "email": "ada@example.org", "first_name": "Ada"}),
            annotation(order, completed_by={"id": 3}),
            annotation(order, completed_by=None),
            annotation(order, completed_by=4, was_cancelled=True),
            annotation(completed_by=5),
            annotation({"type": "choices", "from_name": "c", "value": {"choices": ["ok"]}}, completed_by=6),
            annotation(ranker({"_": ["llm_1", "llm_2", "llm_3"], "1": [], "2": []}), completed_by=7),
        ),
        task(),
    )
    found = read_rankings(path)
    assert [ranking.labeler for ranking in found.rankings] == ["1", "ada@example.org", "3", None]
    assert found.passed_over == 4


def test_items_with_numbers_as_ids_and_other_texts(tasks):
    data = {"text": "q", "docs": [{"id": 1, "html": "<b>x</b>"}, {"id": 2, "title": "y"}], "tags": ["a"]}
    (found,) = read_rankings(tasks(task(annotation(ranker({"rank": ["2", "1"]})), data=data))).rankings
    assert (found.completions, found.ranks) == (("<b>x</b>", "y"), (2, 1))


FOUND = "found are: prompt, items"


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        (
            {"id": 41, "prompt": "q", "rank": {"rank": ["a"]}, "annotator": 1},
            "data: missing; export the tasks as JSON, not JSON-MIN or another format",
        ),
        (
            {"data": DATA},
            "annotations: missing; export the tasks as JSON, not JSON-MIN or another format",
        ),
        (task(3), "annotations.0: not a JSON object; export the tasks as JSON with their annotations"),
        (
            task({"completed_by": 1}),
            "annotations.0.result: missing; export the tasks as JSON with their annotations",
        ),
        (
            task(annotation(ranker({"best": ["llm_1"], "worst": ["llm_2", "llm_3"]}))),
            "annotations.0.result.0.value.ranker: the buckets' names tell no order: best, worst; "
            "end them in numbers, 1 for the best",
        ),
        (
            task(annotation(ranker({"a1": ["llm_1"], "b1": ["llm_2"]}))),
            "annotations.0.result.0.value.ranker: the buckets' names tell no order: a1, b1; "
            "end them in numbers, 1 for the best",
        ),
        (
            task(annotation(ranker({"1": "llm_1"}))),
            "annotations.0.result.0.value.ranker: a bucket holds no list; export the task again",
        ),
        (
            task(annotation(ranker({"1": ["llm_1", "llm_2"], "2": ["llm_1"]}))),
            "annotations.0.result.0.value.ranker: an item is ranked twice; export the task again",
        ),
        (
            task(annotation(ranker("llm_1"))),
            "annotations.0.result.0.value.ranker: neither an order nor buckets; export the task again",
        ),
        (
            task(annotation({"type": "ranker", "value": {"items": []}})),
            "annotations.0.result.0.value.ranker: missing; export the task again",
        ),
        (
            task(annotation(ranker({"rank": ["llm_1", "llm_9"]}))),
            f"annotations.0.result.0: which field holds the items llm_1, llm_9 is unclear, {FOUND}; "
            'give one list of {"id": …, "title": …, "body": …}',
        ),
        (
            task(annotation(ranker({"rank": ["llm_1"]}))),
            "annotations.0: completions: a ranking compares at least 2 completions, here is 1",
        ),
        (
            task(
                annotation(ranker({"rank": ["x", "y"]})),
                data={"prompt": "q", "items": [{"id": "x", "body": "a"}, {"id": "y", "image": "b"}]},
            ),
            "data.items: item 'y' has no text; give it one of body, html, title",
        ),
        (
            task(annotation(ranker({"rank": ["llm_1", "llm_2", "llm_3"]}), pairwise("left"))),
            "annotations.0: 2 rankings in one annotation; keep one of them",
        ),
        (
            task(annotation(ranker({"rank": ["llm_1", "llm_2"]})), data={"a": "x", "b": "y", "items": ITEMS}),
            "data: which field is the prompt is unclear, found are: a, b; name one of them 'prompt'",
        ),
        (
            task(annotation(pairwise("middle")), data=PAIR),
            "annotations.0.result.0.value.selected: 'middle' is no side; known are left, right",
        ),
        (
            task(annotation(pairwise("left")), data={"prompt": "q", "chosen": "x", "rejected": "y"}),
            "data: which two texts are compared is unclear, found are: prompt, chosen, rejected; "
            "name them text1 and text2",
        ),
        (
            task(annotation(pairwise("left")), data=PAIR | {"text0": "z"}),
            "data: which two texts are compared is unclear, found are: prompt, text1, text2, text0; "
            "name them text1 and text2",
        ),
        (
            task(annotation(pairwise("left")), data=PAIR | {"prompt": ""}),
            "data.prompt: the text is empty; write it or leave the record out",
        ),
    ],
)
def test_what_cannot_be_used_is_named_by_row_and_field(tasks, broken, line):
    path = tasks(task(annotation(ranker({"rank": ["llm_1", "llm_2"]}))), broken)
    with pytest.raises(InputError) as caught:
        read_rankings(path)
    assert str(caught.value) == f"{path}: row 2: {line}"


def test_a_task_as_label_studio_takes_it(tmp_path):
    """Ties are one bucket; neither titles nor anything else that is shown tells whose a completion is."""
    prompt = Prompt(text="q", split="valid")
    shown = {"prompt": prompt, "completions": ("x", "y", "z"), "sources": ("m", "n", "o")}
    write_rankings(
        tmp_path / "out.json",
        [Ranking(**shown, ranks=(2, 1, 2), labeler="Ada"), Ranking(**shown, ranks=(3, 2, 1))],
    )

    def expected(labeler, buckets):
        return {
            "result": [
                {
                    "from_name": "ranking",
                    "to_name": "completions",
                    "type": "ranker",
                    "value": {
                        "ranker": {place: [f"completion-{n}" for n in ns] for place, ns in buckets.items()}
                    },
                    "meta": {"labeler": labeler},
                }
            ],
            "was_cancelled": False,
        }

    assert json.loads((tmp_path / "out.json").read_text()) == [
        {
            "data": {
                "prompt": "q",
                "items": [
                    {"id": "completion-1", "title": "Completion 1", "body": "x"},
                    {"id": "completion-2", "title": "Completion 2", "body": "y"},
                    {"id": "completion-3", "title": "Completion 3", "body": "z"},
                ],
                "tutelage": {
                    "split": "valid",
                    "sources": {"completion-1": "m", "completion-2": "n", "completion-3": "o"},
                },
            },
            "annotations": [
                expected("Ada", {"1": [2], "2": [1, 3], "3": []}),
                expected(None, {"1": [3], "2": [2], "3": [1]}),
            ],
        }
    ]


def test_a_labelers_name_outlives_the_import_under_another_account(tmp_path):
    write_rankings(
        tmp_path / "out.json",
        [Ranking(prompt=Prompt(text="q"), completions=("x", "y"), ranks=(1, 2), labeler="Ada")],
    )
    (given_back,) = json.loads((tmp_path / "out.json").read_text())
    given_back["annotations"][0]["completed_by"] = 1
    (tmp_path / "back.json").write_text(json.dumps([given_back]))
    assert [ranking.labeler for ranking in read_rankings(tmp_path / "back.json").rankings] == ["Ada"]


rankings = rankings_by(st.none() | texts)


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_written_is_read_again(tmp_path, name, data):
    written = data.draw(st.lists(rankings, max_size=4))
    # people who saw the same completions: their answers come to stand together
    written += [other.model_copy(update={"labeler": "somebody else"}) for other in written]
    write_rankings(tmp_path / name, written)
    found = read_rankings(tmp_path / name)
    assert sorted(map(repr, found.rankings)) == sorted(map(repr, written))
    assert found.passed_over == 0
