"""Argilla's ranking records: every form it exports comes in, ours goes out, and nothing is guessed."""

import gzip
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.data.drawn import rankings_by, texts

from tutelage.data.argilla import read_rankings, write_rankings
from tutelage.schema import InputError, Prompt, Ranking

ADA = "0f2d2f1e-53c1-4b7e-9d38-4a3f1c5a6f10"
BEN = "b8e5b6b1-2b5f-4b2b-9d58-5d1c6e6b8f21"
FIELDS = {"prompt": "Name a fruit.", "response-1": "Pear.", "response-2": "Cat.", "response-3": "Fig."}


def ranks(*numbers):
    return [{"value": f"response-{place}", "rank": rank} for place, rank in enumerate(numbers, start=1)]


def by_user(user, value, status="submitted"):
    return {"user_id": user, "status": status, "values": {"preference": {"value": value}}}


def ranking(numbers, labeler):
    return Ranking(
        prompt=Prompt(text="Name a fruit."),
        completions=("Pear.", "Cat.", "Fig."),
        ranks=numbers,
        labeler=labeler,
    )


@pytest.fixture
def array(tmp_path):
    """Writes records to a JSON array."""

    def write(*records):
        path = tmp_path / "records.json"
        path.write_text(json.dumps(records))
        return path

    return write


def refusal(path):
    with pytest.raises(InputError) as caught:
        read_rankings(path)
    line = str(caught.value)
    assert "\n" not in line
    return line.replace(f"{path.parent}/", "")


def test_records_of_the_rest_interface_with_drafts_and_several_labelers(array):
    """As `client.api.records.list` of version 2 gives them."""
    record = {
        "id": "9100dc4b-5369-4888-b59c-c70140b20b74",
        "inserted_at": "2026-01-12T09:31:05.420000",
        "updated_at": "2026-01-12T09:40:51.003000",
        "status": "completed",
        "fields": FIELDS,
        "metadata": {"split": "train_sft", "tokens": 12},
        "vectors": {},
        "responses": [
            by_user(ADA, ranks(1, 3, 1)),
            by_user(BEN, ranks(2, 3, 1)),
            by_user("c", ranks(None, None, 1), status="draft"),
            {"user_id": "d", "status": "discarded", "values": None},
        ],
        "suggestions": [
            {"question_name": "preference", "value": ranks(3, 2, 1), "agent": "judge", "score": 0.8}
        ],
        "external_id": "7",
    }
    pending = {"id": "x", "status": "pending", "fields": FIELDS, "responses": []}
    found = read_rankings(array(record, pending))
    assert found.rankings == [
        ranking((1, 3, 1), ADA),
        ranking((2, 3, 1), BEN),
    ]
    assert found.passed_over == 2


def test_a_page_of_the_rest_interface(tmp_path):
    path = tmp_path / "page.json"
    path.write_text(
        json.dumps({"items": [{"fields": FIELDS, "responses": [by_user(ADA, ranks(2, 1, 2))]}], "total": 1})
    )
    assert read_rankings(path).rankings == [ranking((2, 1, 2), ADA)]


def test_records_of_version_1_with_other_questions_beside_the_ranking(array):
    response = by_user(ADA, ranks(1, 2, 2))
    response["values"] |= {
        "correct": {"value": "yes"},
        "topics": {"value": ["food", "plants"]},
        "stars": {"value": 4},
    }
    record = {
        "fields": FIELDS,
        "metadata": {},
        "vectors": {},
        "responses": [response],
        "suggestions": [],
        "external_id": None,
    }
    assert read_rankings(array(record)).rankings == [ranking((1, 2, 2), ADA)]


def test_nested_records_of_version_2(array):
    record = {
        "id": "7",
        "fields": FIELDS,
        "metadata": {},
        "suggestions": {"preference": {"value": ["response-2", "response-1"], "score": None, "agent": None}},
        "responses": {
            "preference": [
                {"value": ranks(3, 2, 1), "user_id": ADA},
                {"value": ranks(1, 2, 3), "user_id": BEN, "status": "discarded"},
            ],
            "stars": [{"value": 4, "user_id": ADA}],
        },
        "vectors": {},
        "status": "pending",
        "_server_id": None,
    }
    found = read_rankings(array(record))
    assert (found.rankings, found.passed_over) == ([ranking((3, 2, 1), ADA)], 1)


def test_flat_records_of_version_2(array):
    record = {
        "id": "7",
        "status": "pending",
        "_server_id": None,
        **FIELDS,
        "preference.responses": [ranks(1, 2, 3), ranks(2, 1, 1)],
        "preference.responses.users": [ADA, BEN],
        "preference.responses.status": ["draft", "submitted"],
        "preference.suggestion": None,
    }
    found = read_rankings(array(record))
    # the empty first place says no more than the order
    assert (found.rankings, found.passed_over) == ([ranking((2, 1, 1), BEN)], 1)


def test_places_left_empty_say_no_more_than_the_order(array):
    record = {"fields": FIELDS, "responses": [by_user(ADA, ranks(3, 2, 3)), by_user(BEN, ranks(1, 1, 3))]}
    assert [found.ranks for found in read_rankings(array(record)).rankings] == [(2, 1, 2), (1, 1, 3)]


@pytest.mark.parametrize(
    ("names", "options"),
    [
        (("Response 1", "Response 2"), ("response-1", "response-2")),
        (("Response 1", "Response 2"), ("1", "2")),
        (("text_1", "text_2"), ("answer-1", "answer-2")),
        (("a", "b"), ("a", "b")),
    ],
)
def test_options_find_their_fields(array, names, options):
    fields = {"instruction": "q", names[0]: "worse", names[1]: "better"}
    value = [{"value": options[0], "rank": 2}, {"value": options[1], "rank": 1}]
    (found,) = read_rankings(array({"fields": fields, "responses": [by_user(ADA, value)]})).rankings
    assert (found.prompt.text, found.completions, found.ranks) == ("q", ("worse", "better"), (2, 1))


def test_the_only_other_text_is_the_prompt_also_as_a_chat(array):
    chat = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Name a fruit."}]
    fields = {"chat": chat, "response-1": "Pear.", "response-2": "Cat."}
    (found,) = read_rankings(array({"fields": fields, "responses": [by_user(ADA, ranks(1, 2))]})).rankings
    assert found.prompt.text == "Be brief.\n\nName a fruit."


BARE = "no ranks: Argilla's Python client left them out, and the order is not the labeler's; "
EXPORT = "export them by client.api.records.list or the REST interface"


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (
            {
                "fields": FIELDS,
                "responses": {
                    "preference": [{"value": ["response-1", "response-2", "response-3"], "user_id": ADA}]
                },
            },
            f"responses.preference.0: {BARE}{EXPORT}",
        ),
        (
            {**FIELDS, "preference.responses": [["response-2", "response-1", "response-3"]]},
            f"preference.responses.0: {BARE}{EXPORT}",
        ),
        (
            {
                "fields": FIELDS,
                "responses": [by_user(ADA, [{"value": "response-1"}, {"value": "response-2"}])],
            },
            f"responses.0.values.preference: {BARE}{EXPORT}",
        ),
        (
            {"fields": FIELDS, "responses": [by_user(ADA, ranks(1, None, 2))]},
            "responses.0.values.preference.1: None is no rank; give numbers, or mark the response a draft",
        ),
        (
            {"fields": FIELDS, "responses": [by_user(ADA, ranks(1))]},
            "responses.0.values.preference: completions: "
            "a ranking compares at least 2 completions, here is 1",
        ),
        (
            {"fields": FIELDS, "responses": [by_user(ADA, [{"value": "best", "rank": 1}])]},
            "responses.0.values.preference.0: 'best' stands for no field of its own, "
            "found are: prompt, response-1, response-2, response-3; "
            "name the completions' fields as the question's options",
        ),
        (
            {"fields": {**FIELDS, "response-2": 3}, "responses": [by_user(ADA, ranks(1, 2, 3))]},
            "fields.response-2: not a text; give the completion as one string",
        ),
        (
            {
                "fields": {**FIELDS, "question": "Which?"},
                "responses": [by_user(ADA, ranks(1, 2, 3))],
            },
            "fields: which field is the prompt is unclear, found are: prompt, question; "
            "name one of them 'prompt'",
        ),
        (
            {"fields": {"response-1": "a", "response-2": "b"}, "responses": [by_user(ADA, ranks(1, 2))]},
            "fields: which field is the prompt is unclear, found are: none; name one of them 'prompt'",
        ),
        (
            {"fields": {**FIELDS, "prompt": " "}, "responses": [by_user(ADA, ranks(1, 2, 3))]},
            "fields.prompt: the text is empty; write it or leave the record out",
        ),
        (
            {
                "fields": {**FIELDS, "prompt": [{"role": "assistant", "content": "Hi."}]},
                "responses": [by_user(ADA, ranks(1, 2, 3))],
            },
            "fields.prompt: a prompt ends with a message of the user",
        ),
        (
            {
                "fields": {**FIELDS, "prompt": [{"role": "human", "content": "Hi."}]},
                "responses": [by_user(ADA, ranks(1, 2, 3))],
            },
            "fields.prompt: role: 'human' is not a known value; known are system, user, assistant",
        ),
        (
            {
                "fields": FIELDS,
                "metadata": {"tutelage": {"split": "trian"}},
                "responses": [by_user(ADA, ranks(1, 2, 3))],
            },
            "fields: split: 'trian' is not a known value; did you mean 'train'?",
        ),
        (
            {
                "fields": FIELDS,
                "responses": {
                    "helpful": [{"value": ranks(1, 2, 3), "user_id": ADA}],
                    "harmless": [{"value": ranks(3, 2, 1), "user_id": ADA}],
                },
            },
            "fields: answers to 2 ranking questions: helpful, harmless; keep those to one of them",
        ),
        (
            {**FIELDS, "preference.responses": [ranks(1, 2, 3)], "preference.responses.users": [ADA, BEN]},
            "preference.responses.users: 2 for 1 responses; give one to each of them",
        ),
        ({"prompt": "q"}, "fields: missing; give the records as Argilla exports them"),
        (
            {"fields": FIELDS, "responses": "none"},
            "responses: not a list; give the records as Argilla exports them",
        ),
        (
            {"fields": FIELDS, "responses": [3]},
            "responses.0: not a JSON object; give the records as Argilla exports them",
        ),
        ("text", 'not a JSON object; write {"field": value, …}'),
    ],
)
def test_what_cannot_be_used_is_named_by_row_and_field(array, record, line):
    good = {"fields": FIELDS, "responses": [by_user(ADA, ranks(1, 2, 3))]}
    assert refusal(array(good, record)) == f"records.json: row 2: {line}"


def test_json_lines_are_named_by_their_line(tmp_path):
    path = tmp_path / "records.jsonl"
    good = json.dumps({"fields": FIELDS, "responses": [by_user(ADA, ranks(1, 2, 3))]})
    path.write_text(f"{good}\n\n{{}}\n")
    assert refusal(path) == "records.jsonl:3: fields: missing; give the records as Argilla exports them"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            b'[\n{"fields": ]',
            ":2: not JSON at column 12: Expecting value; export it again, or name JSON Lines .jsonl",
        ),
        (b'{"fields": {}}', ": not a JSON array; write [{…}, …], as the tool exports it"),
        ("[é]".encode("latin-1"), ": not UTF-8 at byte 2; save the file as UTF-8"),
        (b"[" * 100_000, ": not usable as JSON: "),
        (b"[" + b"9" * 5000 + b"]", ": not usable as JSON: "),
    ],
)
def test_files_that_are_no_json_array(tmp_path, content, line):
    path = tmp_path / "records.json"
    path.write_bytes(content)
    assert refusal(path).startswith(f"records.json{line}")


def test_files_of_other_kinds(tmp_path):
    (tmp_path / "records.csv").write_text("prompt\n")
    assert refusal(tmp_path / "records.csv") == (
        "records.csv: not a known format; give a file that ends in .json, .jsonl, .jsonl.gz"
    )
    assert refusal(tmp_path / "record.csv") == "record.csv: no such file; did you mean records.csv?"
    with pytest.raises(InputError, match="choose a name that ends in"):
        write_rankings(tmp_path / "out.parquet", [])
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(InputError, match="this is a folder, not a file"):
        write_rankings(tmp_path / "folder.json", [])


def test_a_record_as_version_2_takes_it(tmp_path):
    prompt = Prompt(text="q", split="train")
    both = [
        Ranking(prompt=prompt, completions=("x", "y"), ranks=(1, 1), labeler=ADA, sources=("m", "n")),
        Ranking(prompt=prompt, completions=("x", "y"), ranks=(2, 1), sources=("m", "n")),
    ]
    write_rankings(tmp_path / "out.json", both)
    nobody = "00000000-0000-0000-0000-000000000000"
    assert json.loads((tmp_path / "out.json").read_text()) == [
        {
            "fields": {"prompt": "q", "completion-1": "x", "completion-2": "y"},
            "metadata": {
                "tutelage": {"split": "train", "sources": {"completion-1": "m", "completion-2": "n"}}
            },
            "suggestions": {},
            "responses": {
                "ranking": [
                    {
                        "value": [{"value": "completion-1", "rank": 1}, {"value": "completion-2", "rank": 1}],
                        "user_id": ADA,
                        "status": "submitted",
                    },
                    {
                        "value": [{"value": "completion-1", "rank": 2}, {"value": "completion-2", "rank": 1}],
                        "user_id": nobody,
                        "status": "submitted",
                    },
                ]
            },
            "vectors": {},
        }
    ]


def test_a_labelers_name_has_always_the_same_user(tmp_path):
    names = ["Ada", "", "Ada"]
    write_rankings(
        tmp_path / "out.json",
        [
            Ranking(prompt=Prompt(text="q"), completions=(str(place), "y"), ranks=(1, 2), labeler=name)
            for place, name in enumerate(names)
        ],
    )
    records = json.loads((tmp_path / "out.json").read_text())
    first, second, third = (record["responses"]["ranking"][0]["user_id"] for record in records)
    assert first == third != second
    assert records[0]["metadata"]["tutelage"]["labelers"] == {first: "Ada"}


def test_a_second_answer_of_one_labeler_is_a_second_record(tmp_path):
    """Argilla takes one answer of each user to a record."""
    twice = [ranking((1, 2, 3), ADA), ranking((3, 2, 1), ADA)]
    write_rankings(tmp_path / "out.json", twice)
    assert len(json.loads((tmp_path / "out.json").read_text())) == 2
    assert read_rankings(tmp_path / "out.json").rankings == twice


rankings = rankings_by(
    st.none() | texts | st.uuids().map(str) | st.just("00000000-0000-0000-0000-000000000000")
)


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.jsonl.gz"])
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


def test_gzip_is_what_it_says(tmp_path):
    write_rankings(tmp_path / "a.jsonl.gz", [ranking((1, 2, 3), ADA)])
    (line,) = gzip.decompress((tmp_path / "a.jsonl.gz").read_bytes()).splitlines()
    assert json.loads(line)["fields"]["prompt"] == "Name a fruit."
