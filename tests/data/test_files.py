"""Records in files: all accepted forms in, ours out, and one clear line for what cannot be used."""

import gzip
import json
import sys

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.data.drawn import prompts, rankings_by, texts

from tutelage.data import (
    Document,
    read_demonstrations,
    read_documents,
    read_prompts,
    read_rankings,
    read_ratings,
    write_demonstrations,
    write_prompts,
    write_rankings,
    write_ratings,
)
from tutelage.schema import Demonstration, Flags, InputError, Kind, Prompt, Rating, Split, UseCase

USER = {"role": "user", "content": "hi"}
ASSISTANT = {"role": "assistant", "content": "hello"}


@pytest.fixture
def lines(tmp_path):
    """Writes rows to a JSON Lines file; texts as they are."""

    def write(*rows, name="rows.jsonl"):
        path = tmp_path / name
        content = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows).encode()
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


def refusal(read, path):
    with pytest.raises(InputError) as caught:
        list(read(path))
    line = str(caught.value)
    assert "\n" not in line
    return line.replace(f"{path.parent}/", "")


def test_prompts_with_all_that_is_known_of_them(lines):
    path = lines(
        {"prompt": "a"},
        {"prompt": "b", "use_case": "open_qa", "user": "u", "kind": "few_shot", "split": "valid", "extra": 1},
        {"prompt": "c", "use_case": None},
        {"messages": [USER]},
    )
    assert read_prompts(path) == [
        Prompt(text="a"),
        Prompt(text="b", use_case=UseCase.open_qa, user="u", kind=Kind.few_shot, split=Split.valid),
        Prompt(text="c"),
        Prompt(text="hi"),
    ]


@pytest.mark.parametrize(
    ("row", "prompt", "completion"),
    [
        ({"prompt": "hi", "completion": "hello"}, "hi", "hello"),
        ({"messages": [USER, ASSISTANT]}, "hi", "hello"),
        ({"prompt": [USER], "completion": [ASSISTANT]}, "hi", "hello"),
        (
            {"messages": [{"role": "system", "content": "Be brief."}, USER, ASSISTANT]},
            "Be brief.\n\nhi",
            "hello",
        ),
        (
            {
                "messages": [
                    USER,
                    ASSISTANT,
                    {"role": "user", "content": "bye"},
                    {**ASSISTANT, "content": "ok"},
                ]
            },
            "Human: hi\n\nAssistant: hello\n\nHuman: bye\n\nAssistant:",
            "ok",
        ),
    ],
)
def test_demonstrations_in_every_form(lines, row, prompt, completion):
    expected = Demonstration(prompt=Prompt(text=prompt, split="train"), completion=completion, labeler="ann")
    assert read_demonstrations(lines(row | {"labeler": "ann", "split": "train"})) == [expected]


@pytest.mark.parametrize(
    ("row", "prompt"),
    [
        ({"prompt": "q", "chosen": "a", "rejected": "b"}, "q"),
        ({"prompt": "q", "completions": ["b", "a"], "ranks": [2, 1]}, "q"),
        ({"prompt": [{**USER, "content": "q"}], "chosen": "a", "rejected": "b"}, "q"),
        (
            {
                "chosen": [{**USER, "content": "q"}, {**ASSISTANT, "content": "a"}],
                "rejected": [{**USER, "content": "q"}, {**ASSISTANT, "content": "b"}],
            },
            "q",
        ),
        (
            {"chosen": "\n\nHuman: q\n\nAssistant: a", "rejected": "\n\nHuman: q\n\nAssistant: b"},
            "Human: q\n\nAssistant:",
        ),
        (
            {
                "chosen": "\n\nHuman: q\n\nAssistant: r\n\nHuman: s\n\nAssistant: a",
                "rejected": "\n\nHuman: q\n\nAssistant: r\n\nHuman: s\n\nAssistant: b",
            },
            "Human: q\n\nAssistant: r\n\nHuman: s\n\nAssistant:",
        ),
    ],
)
def test_rankings_in_every_form(lines, row, prompt):
    (ranking,) = read_rankings(lines(row))
    assert ranking.prompt.text == prompt
    by_rank = sorted(zip(ranking.ranks, ranking.completions, strict=True))
    assert by_rank == [(1, "a"), (2, "b")]


def test_documents_come_one_at_a_time(lines):
    path = lines({"text": "a", "split": "valid"}, {"text": ""}, "no json")
    documents = read_documents(path)
    assert next(documents) == Document("a", Split.valid)
    assert next(documents) == Document("")
    with pytest.raises(InputError, match=":3: not JSON"):
        next(documents)


@pytest.mark.parametrize(
    ("read", "row", "line"),
    [
        (
            read_prompts,
            '{"prompt": "a"',
            "not JSON at column 15: expecting ',' delimiter; write one JSON object a line",
        ),
        (
            read_prompts,
            '{"prompt": "a", "split": "valid", "prompt": "b"}',
            "'prompt' is there twice in one object; keep one of them",
        ),
        (
            read_prompts,
            '{"messages": [{"role": "user", "content": "a", "content": "a"}]}',
            "'content' is there twice in one object; keep one of them",
        ),
        (read_prompts, '["a"]', 'not a JSON object; write {"field": value, …}'),
        (read_prompts, {"promt": "a"}, "prompt: missing; rename 'promt'?"),
        (read_prompts, {"text": "a"}, "prompt: missing; add the field"),
        (read_prompts, {"prompt": " "}, "prompt: the text is empty; write it or leave the record out"),
        (
            read_prompts,
            {"prompt": 3},
            'prompt: neither a text nor messages; give [{"role": "user", "content": "…"}, …]',
        ),
        (
            read_prompts,
            {"prompt": "a", "use_case": "open qa"},
            "use_case: 'open qa' is not a known value; did you mean 'open_qa'?",
        ),
        (
            read_demonstrations,
            {"prompt": "a", "completion": ""},
            "completion: the text is empty; write it or leave the record out",
        ),
        (read_demonstrations, {"prompt": "a", "response": "b"}, "completion: missing; add the field"),
        (
            read_demonstrations,
            {"messages": [USER]},
            "messages: the last message is the user's; end with the assistant's, the demonstration",
        ),
        (
            read_demonstrations,
            {"messages": [ASSISTANT]},
            "messages: a prompt ends with a message of the user",
        ),
        (
            read_demonstrations,
            {"messages": [{"role": "human", "content": "a"}, ASSISTANT]},
            "messages.0: role: 'human' is not a known value; known are system, user, assistant",
        ),
        (
            read_rankings,
            {"prompt": "a", "completions": ["b", "c"], "ranks": [0, 1]},
            "ranks: [0, 1] are not ranks; "
            "give 1 to the best and equal numbers to ties: 1, 2, 2, 3 or 1, 2, 2, 4",
        ),
        (
            read_rankings,
            {"prompt": "a", "completions": ["b", "c"], "ranks": [1]},
            "2 completions but 1 ranks; give one to each of them",
        ),
        (
            read_rankings,
            {"prompt": "a", "completions": ["b", "c"], "rank": [1, 2]},
            "ranks: missing; rename 'rank'?",
        ),
        (
            read_rankings,
            {"chosen": "a", "rejected": "b"},
            "prompt: missing, and the pair shares no dialogue up to a last answer of the assistant's; "
            "add the prompt",
        ),
        (read_rankings, {"prompt": "a", "chosen": "b"}, "rejected: missing; add the field"),
        (
            read_ratings,
            {"prompt": "a", "completion": "b", "overall": 8},
            "overall: input should be less than or equal to 7, not 8",
        ),
        (read_ratings, {"prompt": "a", "completion": "b"}, "overall: missing; add the field"),
        (read_documents, {"text": 3}, "text: not a text; give one string"),
        (
            read_documents,
            {"text": "a", "split": "validation"},
            "split: 'validation' is not a known value; did you mean 'valid'?",
        ),
    ],
)
def test_what_cannot_be_used_is_named_by_file_line_and_field(lines, read, row, line):
    ranking = {"prompt": "a", "completions": ["b", "c"], "ranks": [1, 2]}
    good = {**ranking, "completion": "b", "overall": 7, "text": "t"}
    found = refusal(read, lines(good, "", row))
    expected = f"rows.jsonl:3: {line}"
    assert found.casefold() == expected.casefold()


def test_files_that_are_not_there_or_not_known(tmp_path, lines):
    lines({"prompt": "a"}, name="prompts.jsonl")
    assert refusal(read_prompts, tmp_path / "promts.jsonl") == (
        "promts.jsonl: no such file; did you mean prompts.jsonl?"
    )
    assert "there is no folder" in refusal(read_prompts, tmp_path / "gone" / "a.jsonl")
    (tmp_path / "a.txt").write_text("prompt\na\n")
    assert refusal(read_prompts, tmp_path / "a.txt") == (
        "a.txt: not a known format; give a file that ends in .jsonl, .jsonl.gz, .parquet, .csv, .csv.gz"
    )
    with pytest.raises(InputError, match="not a known format"):
        write_prompts(tmp_path / "b.csv", [])


def test_broken_bytes(tmp_path, lines):
    whole = lines(*({"prompt": f"{i}"} for i in range(500)), name="a.jsonl.gz").read_bytes()
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    assert "broken gzip data" in refusal(read_prompts, tmp_path / "cut.jsonl.gz")
    (tmp_path / "plain.jsonl.gz").write_bytes(b'{"prompt": "a"}\n')
    assert "plain.jsonl.gz:1: broken gzip data" in refusal(read_prompts, tmp_path / "plain.jsonl.gz")
    (tmp_path / "latin.jsonl").write_bytes('{"prompt": "é"}\n'.encode("latin-1"))
    assert refusal(read_prompts, tmp_path / "latin.jsonl") == (
        "latin.jsonl:1: not UTF-8 at byte 13; save the file as UTF-8"
    )
    (tmp_path / "not.parquet").write_bytes(b"no")
    assert "not.parquet: not a Parquet file" in refusal(read_prompts, tmp_path / "not.parquet")


def test_tables_of_texts(tmp_path):
    """Cells may hold lines and commas; an empty one is none; a column without a name is no column."""
    content = b',prompt,split,user\r\n0,"a,\n""b""",train,\r\n\r\n1,c,,u\r\n\r\n'
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + content)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(content))
    for name in ("a.csv", "a.csv.gz"):
        assert read_prompts(tmp_path / name) == [
            Prompt(text='a,\n"b"', split=Split.train),
            Prompt(text="c", user="u"),
        ]


def test_broken_tables(tmp_path):
    """The line is that on which the row begins."""
    for name, content, told in (
        ("wide.csv", b'prompt\n"a\nb"\nc,d\n', "wide.csv:4: 2 cells, where the first line names 1"),
        ("open.csv", b'prompt\na\n"b\n', "open.csv:3: not CSV: unexpected end of data"),
        ("latin.csv", "prompt\né\n".encode("latin-1"), "latin.csv:"),
        ("plain.csv.gz", b"prompt\na\n", "plain.csv.gz: broken gzip data"),
        (
            "split.csv",
            b"prompt,split\na,train\nb,trian\n",
            "split.csv:3: split: 'trian' is not a known value",
        ),
        (
            "twice.csv",
            b"prompt,prompt\na,b\n",
            "twice.csv:1: two columns are named 'prompt'; keep one of them",
        ),
        (
            "semicolons.csv",
            b"prompt;split\na;train\n",
            "semicolons.csv:1: the columns are not separated by commas",
        ),
        ("none.csv", b"text\na\n", "none.csv:2: prompt: missing"),
    ):
        (tmp_path / name).write_bytes(content)
        assert refusal(read_prompts, tmp_path / name).startswith(told)


def test_a_byte_order_mark_is_no_harm(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'\xef\xbb\xbf{"prompt": "a"}\r\n')
    assert read_prompts(tmp_path / "a.jsonl") == [Prompt(text="a")]


def test_parquet_rows_are_named_by_their_number(tmp_path):
    table = pyarrow.Table.from_pylist(
        [{"prompt": "a", "completion": "b"}, {"prompt": "a", "completion": None}]
    )
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    line = refusal(read_demonstrations, tmp_path / "a.parquet")
    assert line == "a.parquet: row 2: completion: missing; add the field"


def test_without_pyarrow_parquet_names_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "a.parquet").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setattr("tutelage.data.rows.find_spec", lambda name: None)
    assert "pip install" in refusal(read_prompts, tmp_path / "a.parquet")


demonstrations = st.builds(
    Demonstration, prompt=prompts, completion=texts.filter(str.strip), labeler=st.none() | texts
)
ratings = st.builds(
    Rating,
    prompt=prompts,
    completion=texts,
    source=st.none() | texts,
    overall=st.integers(1, 7),
    flags=st.builds(
        Flags,
        **{name: st.booleans() for name in Flags.model_fields if name != "satisfies_constraint"},
        satisfies_constraint=st.sampled_from([None, True, False]),
    ),
    labeler=st.none() | texts,
)
KINDS = {
    "prompts": (write_prompts, read_prompts, prompts),
    "demonstrations": (write_demonstrations, read_demonstrations, demonstrations),
    "rankings": (write_rankings, read_rankings, rankings_by(st.none() | texts)),
    "ratings": (write_ratings, read_ratings, ratings),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".parquet"])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_written_is_read_again(tmp_path, kind, suffix, data):
    write, read, strategy = KINDS[kind]
    records = data.draw(st.lists(strategy, min_size=1, max_size=4))
    write(tmp_path / f"a{suffix}", records)
    assert list(read(tmp_path / f"a{suffix}")) == records


def test_the_same_records_make_the_same_bytes(tmp_path):
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        write_prompts(tmp_path / name, [Prompt(text="a")])
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()
