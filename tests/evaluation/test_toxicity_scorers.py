"""Scorers of toxicity: against a real server, against answers known by construction, against others' own code."""

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    GPT2Config,
    GPT2ForSequenceClassification,
    LlamaConfig,
    LlamaForSequenceClassification,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
    pipeline,
)

from tutelage.evaluation.toxicity_scorers import OpenScorer, open_scorer
from tutelage.evaluation.toxicity_scorers.classifier import context_of
from tutelage.evaluation.toxicity_scorers.labels import toxic_label
from tutelage.evaluation.toxicity_scorers.perspective import Pace, PerspectiveScorer
from tutelage.http import Patience
from tutelage.labelers.judge.cache import Cache, Reply
from tutelage.schema import InputError, RunError

KEY = "AIza-Very-Secret-0123456789"
QUICK = Patience(timeout=10.0, tries=3, first_wait=0.002, longest_wait=5.0)

Answer = tuple[int, Any]
"""A status, and what is sent as JSON, or as it is where it is bytes."""


def scored(value: object) -> Answer:
    return 200, {"attributeScores": {"TOXICITY": {"summaryScore": {"value": value, "type": "PROBABILITY"}}}}


def by_length(text: str, time: int) -> Answer:
    """A hundredth for each character."""
    return scored(len(text) / 100)


def refused(status: int, message: str, kind: str = "") -> Answer:
    return status, {"error": {"code": status, "message": message, "details": [{"errorType": kind}]}}


@dataclass
class Api:
    """The Perspective API on a free port, answering as it is told to; `answering` is told how often it was asked."""

    answering: Callable[[str, int], Answer] = by_length
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    clock: Callable[[], float] = time.monotonic
    times: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                api.times.append(api.clock())
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                text = body["comment"]["text"]
                time_before = api.texts.count(text)
                api.asked.append(body)
                api.keys += parse_qs(urlsplit(self.path).query)["key"]
                time.sleep(api.seconds)
                status, content = api.answering(text, time_before)
                sent = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in api.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/v1alpha1/comments:analyze"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def texts(self) -> list[str]:
        return [body["comment"]["text"] for body in self.asked]

    def __enter__(self) -> "Api":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setenv("PERSPECTIVE_API_KEY", KEY)
    with Api() as api:
        yield api


def perspective(api: Api, **settings: Any) -> PerspectiveScorer:
    settings = {"patience": QUICK, "queries_a_second": 1000.0, **settings}
    return PerspectiveScorer(address=api.address, **settings)


def score_one(api: Api, text: str = "you fool", **settings: Any) -> float:
    with perspective(api, **settings) as scorer:
        [score] = scorer([text])
        return score


# Perspective


def test_the_scores_of_perspective_are_in_the_order_of_the_texts(api: Api) -> None:
    texts = [f"{number} is {'x' * (number % 50)}" for number in range(120)]
    with perspective(api) as scorer:
        assert scorer(texts) == [len(text) / 100 for text in texts]
        assert scorer([]) == []
    assert sorted(api.texts) == sorted(texts)


def test_what_perspective_is_asked(api: Api) -> None:
    assert score_one(api, "Sei still!", language="de") == 0.1
    assert api.asked == [
        {
            "comment": {"text": "Sei still!"},
            "languages": ["de"],
            "requestedAttributes": {"TOXICITY": {}},
            "doNotStore": True,
        }
    ]
    assert api.keys == [KEY]


def test_blank_texts_and_repeated_ones_are_not_asked_about(api: Api) -> None:
    done: list[int] = []
    with perspective(api, progress=done.append) as scorer:
        assert scorer(["fool", "", "fool", " \n", "idiot", "fool"]) == [0.04, 0, 0.04, 0, 0.05, 0.04]
        assert sorted(api.texts) == ["fool", "idiot"]
        assert done[0] == 2
        assert done[1] in (3, 5)
        assert done[2] == 6
        assert scorer(["", " "]) == [0.0, 0.0]
    assert len(api.asked) == 2


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_what_passes_is_asked_again(api: Api, status: int) -> None:
    api.answering = lambda text, time: scored(0.25) if time == 2 else refused(status, "busy")
    assert score_one(api) == 0.25
    assert len(api.asked) == 3


def test_it_waits_as_long_as_the_api_asks_it_to(api: Api) -> None:
    waits: list[float] = []
    api.headers = {"Retry-After": "7"}
    api.answering = lambda text, time: scored(0.25) if time == 2 else refused(429, "slow down")
    score_one(api, patience=Patience(first_wait=1.0), wait=lambda stop, seconds: waits.append(seconds))
    backoffs = [seconds - 7 for seconds in waits if seconds >= 7]
    assert 0.5 <= backoffs[0] <= 1.0 <= backoffs[1] <= 2.0
    assert len(backoffs) == 2


@pytest.mark.parametrize(
    ("cached", "remedy"),
    [(True, "what was answered is kept, so the same command goes on from there"), (False, "name a cache")],
)
def test_what_does_not_pass_ends_in_one_line(api: Api, tmp_path: Path, cached: bool, remedy: str) -> None:
    api.answering = lambda text, time: refused(500, "no")
    with pytest.raises(RunError) as failed:
        score_one(api, cache=tmp_path / "scores.jsonl" if cached else None)
    assert str(failed.value).startswith(f"{api.address} answered 500, after 3 tries; {remedy}")
    assert len(api.asked) == 3


def test_a_reply_that_takes_too_long_is_asked_for_again(api: Api) -> None:
    api.seconds = 0.5
    with pytest.raises(RunError, match=r"does not answer \(ReadTimeout.*after 2 tries"):
        score_one(api, patience=Patience(timeout=0.1, tries=2, first_wait=0.001))
    assert len(api.asked) == 2


def test_nobody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERSPECTIVE_API_KEY", KEY)
    scorer = PerspectiveScorer(
        address="http://127.0.0.1:9/", queries_a_second=1000, patience=Patience(tries=2, first_wait=0.001)
    )
    with scorer, pytest.raises(RunError, match=r"^http://127\.0\.0\.1:9/ does not answer \(Conn") as failed:
        scorer(["you fool"])
    assert KEY not in str(failed.value)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            refused(400, f"API key not valid: {KEY}."),
            r"^api key: \S+ answered 400: API key .*\[api key\].*; give",
        ),
        (
            refused(403, "Perspective has not been used\nin it"),
            r"^api key: \S+ answered 403: .* in it; give a",
        ),
        ((401, b"no"), r"^api key: \S+ answered 401: no; give"),
        (
            refused(400, "Attribute TOXICITY does not support request languages: xx"),
            r"^language: \S+ answered 400: .*: xx; name one that it has",
        ),
        (refused(400, "no", "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"), r"^language: .* perspective:en$"),
        (
            refused(400, "Comment text too long.", "COMMENT_TOO_LONG"),
            r"^perspective: \S+ answered 400: Comment",
        ),
        ((404, b"<html>" + b"gone " * 100), r"^perspective: \S+ answered 404: <html>gone .{,200}$"),
        ((400, ["odd"]), r"^perspective: .*odd"),
    ],
)
def test_what_the_user_has_to_mend_is_told_at_once(api: Api, answer: Answer, message: str) -> None:
    api.answering = lambda text, time: answer
    with pytest.raises(InputError, match=message) as refusal:
        score_one(api)
    assert len(api.asked) == 1
    assert KEY not in str(refusal.value)


@pytest.mark.parametrize(
    "content",
    [
        b"<html>busy</html>",
        b"",
        b"\xff",
        b"[" * 100_000,
        [],
        None,
        {},
        {"attributeScores": None},
        {"attributeScores": {"TOXICITY": {"summaryScore": {}}}},
        *(scored(value)[1] for value in ("0.5", None, -0.1, 1.1, [0.5], float("nan"), float("inf"))),
    ],
)
def test_a_reply_without_a_score_is_asked_for_again(api: Api, content: object) -> None:
    api.answering = lambda text, time: scored(1) if time == 1 else (200, content)
    assert score_one(api) == 1.0
    api.answering = lambda text, time: (200, content)
    with pytest.raises(RunError, match="answered 200 without a score of TOXICITY from 0 to 1, after 3 tries"):
        score_one(api)


def test_what_the_api_finds_empty_is_not_toxic(api: Api) -> None:
    api.answering = lambda text, time: refused(400, "Comment must be non-empty.", "COMMENT_EMPTY")
    assert score_one(api, "\u200b") == 0.0


def test_of_a_text_that_is_too_long_the_beginning_is_scored(api: Api) -> None:
    api.answering = lambda text, time: scored(0.5)
    assert score_one(api, "a" + "é" * 20_000) == 0.5
    assert api.texts == ["a" + "é" * 10_239]  # of 20,480 bytes one is left, half an é
    score_one(api, "half \ud83d")
    assert api.texts[1] == "half ?"


def test_what_is_in_the_cache_is_not_asked_again(api: Api, tmp_path: Path) -> None:
    cache = tmp_path / "new" / "scores.jsonl"
    texts = ["you fool", "good morning", "idiot"]
    with perspective(api, cache=cache) as scorer:
        first = scorer(texts)
        assert scorer(texts) == first
    with perspective(api, cache=cache) as scorer:
        assert scorer([*reversed(texts), "new"]) == [*reversed(first), 0.03]
    assert sorted(api.texts) == sorted([*texts, "new"])
    with perspective(api, cache=cache, language="fr") as scorer:
        scorer(texts)
    assert len(api.asked) == 7  # another language is another question
    content = cache.read_text()
    assert len(content.splitlines()) == 7
    assert not [secret for secret in (KEY, *texts) if secret in content]


def test_an_interrupted_scoring_goes_on_where_it_was(api: Api, tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(60)]

    def interrupt(done: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt),
        perspective(api, cache=tmp_path / "scores.jsonl", progress=interrupt) as scorer,
    ):
        scorer(texts)
    before = len(api.asked)
    assert 5 <= before < 60
    with perspective(api, cache=tmp_path / "scores.jsonl") as scorer:
        assert scorer(texts) == [len(text) / 100 for text in texts]
    assert sorted(api.texts) == sorted(texts)


def test_an_interruption_does_not_wait_for_the_next_try(api: Api) -> None:
    api.answering = lambda text, time: refused(500, "no") if text == "never" else scored(0.5)

    def interrupt(done: int) -> None:
        if done:
            raise KeyboardInterrupt

    begun = time.monotonic()
    patience = Patience(tries=9, first_wait=600.0, longest_wait=600.0)
    with perspective(api, patience=patience, progress=interrupt) as scorer, pytest.raises(KeyboardInterrupt):
        scorer(["never", "now"])
    assert time.monotonic() - begun < 60


def test_an_error_keeps_what_was_answered_before_it(api: Api, tmp_path: Path) -> None:
    api.answering = lambda text, time: refused(403, "no") if text == "text 3" else by_length(text, time)
    texts = [f"text {number}" for number in range(6)]
    with (
        pytest.raises(InputError, match="answered 403"),
        perspective(api, cache=tmp_path / "scores.jsonl", queries_a_second=1, wait=lambda *_: None) as scorer,
    ):
        scorer(texts)
    assert api.texts[:4] == texts[:4]
    api.answering, asked = by_length, len(api.asked)
    with perspective(api, cache=tmp_path / "scores.jsonl") as scorer:
        assert scorer(texts) == [0.06] * 6
    assert len(api.asked) == 7
    assert set(api.texts[asked:]) == set(texts) - set(api.texts[:asked]) | {"text 3"}


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def wait(self, stop: threading.Event, seconds: float) -> None:
        self.now += seconds


def test_the_quota_is_kept_and_repeated_queries_count(api: Api) -> None:
    clock = Clock()
    api.clock = clock
    api.answering = lambda text, time: refused(500, "no") if (text, time) == ("b", 0) else scored(0.5)
    with perspective(api, queries_a_second=0.5, clock=clock, wait=clock.wait) as scorer:
        scorer(["a", "b", "c"])
        clock.now += 100
        scorer(["d", "e"])
    assert [body["comment"]["text"] for body in api.asked] == ["a", "b", "b", "c", "d", "e"]
    assert api.times == pytest.approx([100, 102, 104, 106, 206, 208])


def test_threads_that_share_a_pace_take_turns_and_save_none_up() -> None:
    clock = Clock()
    pace = Pace(4.0, clock)
    assert [pace.claim() for _ in range(4)] == pytest.approx([0, 0.25, 0.5, 0.75])
    clock.now += 0.6
    assert pace.claim() == pytest.approx(0.4)
    clock.now += 10
    assert [pace.claim() for _ in range(2)] == pytest.approx([0, 0.25])


@pytest.mark.parametrize("pace", [0.0, -1.0, float("nan"), float("inf")])
def test_a_pace_that_asks_nothing(api: Api, pace: float) -> None:
    with pytest.raises(InputError, match=r"^queries a second: .* is no pace"):
        perspective(api, queries_a_second=pace)


def test_the_key_is_not_logged(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        score_one(api)
    assert KEY not in caplog.text


def test_perspective_without_a_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PERSPECTIVE_API_KEY", raising=False)
    with pytest.raises(InputError, match=r"^api key: PERSPECTIVE_API_KEY is not set; put the key into"):
        open_scorer("perspective", cache=tmp_path / "scores.jsonl")
    assert not (tmp_path / "scores.jsonl").exists()


def test_perspective_is_opened_by_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    cache = tmp_path / "scores.jsonl"
    with open_scorer("perspective:fr", cache=cache, api_key_variable="MY_KEY") as scorer:
        assert isinstance(scorer, PerspectiveScorer)
        assert scorer(["", "\n"]) == [0.0, 0.0]
        with pytest.raises(InputError, match="another process is scoring with this cache"):
            open_scorer("perspective", cache=cache, api_key_variable="MY_KEY")
    open_scorer("perspective", cache=cache, api_key_variable="MY_KEY").close()


def test_the_cache_of_a_judge_is_refused_and_left_as_it_is(api: Api, tmp_path: Path) -> None:
    path = tmp_path / "judge.jsonl"
    with Cache(path) as cache:
        cache.add(Reply(key="0" * 64, text="VERDICT: A", prompt_tokens=1, completion_tokens=1))
    content = path.read_bytes()
    with pytest.raises(InputError, match=r"judge\.jsonl:1: is no line of a scorer's cache"):
        perspective(api, cache=path)
    assert path.read_bytes() == content


# Classifiers

WORDS = ["<pad>", "<unk>", "<s>", "</s>", "you", "good", "fool", "idiot", "a", "what"]
LONG = " ".join(["what"] * 40)


def words(directory: Path, *, pad: bool = True, limit: int | None = None, marked: bool = True) -> None:
    """A tokenizer of whole words; marked: with a token before and one behind."""
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    if marked:
        tokenizer.post_processor = processors.BertProcessing(("</s>", 3), ("<s>", 2))
    special = {"pad_token": "<pad>"} if pad else {}
    limited = {} if limit is None else {"model_max_length": limit}
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", **special, **limited
    ).save_pretrained(directory)


SMALL = {"vocab_size": len(WORDS), "hidden_size": 16, "intermediate_size": 16, "initializer_range": 0.6}
BLOCKS = {"num_hidden_layers": 2, "num_attention_heads": 2}
LABELS = {"toxic": 0, "obscene": 1, "threat": 2}


def labeled(names: dict[str, int]) -> dict[str, Any]:
    return {"label2id": names, "id2label": {place: name for name, place in names.items()}}


def known(directory: Path, weights: list[list[float]], **settings: Any) -> Path:
    """A classifier whose logit is 4 times the weight of the last word, of `good`, `fool` and `idiot`, by label.

    It is a decoder without blocks: the words are unit vectors of 16 dimensions, and the norm multiplies them by
    the root of that.
    """
    config = LlamaConfig(
        **SMALL,
        num_hidden_layers=0,
        num_attention_heads=1,
        max_position_embeddings=32,
        rms_norm_eps=0.0,
        **({"num_labels": len(weights)} | settings),
    )
    model = LlamaForSequenceClassification(config)
    with torch.no_grad():
        model.model.embed_tokens.weight.copy_(torch.eye(16)[: len(WORDS)])
        model.score.weight.zero_()
        model.score.weight[:, 5:8] = torch.tensor(weights)
    model.save_pretrained(directory)
    words(directory, marked=False)
    return directory


def logistic(value: float) -> float:
    return torch.tensor(value, dtype=torch.float64).sigmoid().item()


TEXTS = ["you fool", "good", "", "what a idiot", "you fool"]


def score(name: str | Path, texts: list[str] = TEXTS) -> list[float]:
    with open_scorer(str(name)) as scorer:
        return scorer(texts)


def test_the_probability_of_the_toxic_one_of_two(tmp_path: Path) -> None:
    folder = known(tmp_path / "m", [[0.5, 0.0, 0.25], [0.0, 1.0, 0.5]], **labeled({"neutral": 0, "toxic": 1}))
    expected = [logistic(4.0), logistic(-2.0), 0.0, logistic(1.0), logistic(4.0)]
    assert score(folder) == pytest.approx(expected, abs=1e-6)
    assert score(f"{folder}:Neutral", ["you fool"]) == pytest.approx([logistic(-4.0)], abs=1e-6)


def test_the_second_of_two_labels_without_a_meaning(tmp_path: Path) -> None:
    folder = known(tmp_path / "m", [[0.5, 0.0, 0.25], [0.0, 1.0, 0.5]])
    assert score(folder, ["you fool"]) == pytest.approx([logistic(4.0)], abs=1e-6)


def test_a_single_logit_and_labels_that_do_not_exclude_each_other(tmp_path: Path) -> None:
    one = known(tmp_path / "one", [[-1.0, 0.5, 0.25]])
    expected = [logistic(2.0), logistic(-4.0), 0.0, logistic(1.0), logistic(2.0)]
    assert score(one) == pytest.approx(expected, abs=1e-6)
    several = known(
        tmp_path / "several",
        [[-1.0, 0.5, 0.25], [9.0, 9.0, 9.0], [0.0, 0.75, 0.0]],
        problem_type="multi_label_classification",
        **labeled(LABELS),
    )
    assert score(several) == pytest.approx(expected, abs=1e-6)
    assert score(f"{several}:threat", ["fool"]) == pytest.approx([logistic(3.0)], abs=1e-6)


def test_a_folder_may_have_a_colon_in_its_name(tmp_path: Path) -> None:
    folder = known(tmp_path / "a:b", [[-1.0, 0.5, 0.25]])
    assert score(folder, ["fool"]) == score(f"{folder}:LABEL_0", ["fool"]) == pytest.approx([logistic(2.0)])


def bert(directory: Path) -> PreTrainedModel:
    words(directory, limit=32)
    return BertForSequenceClassification(
        BertConfig(**SMALL, **BLOCKS, max_position_embeddings=32, **labeled({"hate": 0, "nothate": 1}))
    )


def roberta(directory: Path) -> PreTrainedModel:
    """Several labels, each true or not, and a tokenizer that does not know how much the model reads."""
    words(directory)
    return RobertaForSequenceClassification(
        RobertaConfig(
            **SMALL,
            **BLOCKS,
            pad_token_id=0,
            max_position_embeddings=33,
            problem_type="multi_label_classification",
            **labeled(LABELS),
        )
    )


def gpt2(directory: Path) -> PreTrainedModel:
    """One logit, and no token for padding."""
    words(directory, pad=False, limit=32)
    return GPT2ForSequenceClassification(
        GPT2Config(
            vocab_size=len(WORDS),
            n_embd=16,
            n_layer=2,
            n_head=2,
            n_positions=32,
            initializer_range=0.6,
            num_labels=1,
        )
    )


def padded_gpt2(directory: Path) -> PreTrainedModel:
    """The configuration does not name the token for padding that the tokenizer has."""
    model = gpt2(directory)
    words(directory, limit=32)
    return model


@pytest.mark.parametrize(
    ("make", "label"), [(bert, "hate"), (roberta, "toxic"), (gpt2, "LABEL_0"), (padded_gpt2, "LABEL_0")]
)
def test_the_same_as_a_pipeline_of_transformers_says(
    make: Callable[[Path], PreTrainedModel], label: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    make(tmp_path).save_pretrained(tmp_path)
    draw = random.Random(0)
    texts = [" ".join(draw.choices([*WORDS[4:], "unheard"], k=draw.randint(1, 20))) for _ in range(60)]
    texts.append(LONG)
    classify = pipeline("text-classification", str(tmp_path), top_k=None, truncation=True, max_length=32)
    if make is padded_gpt2:
        classify.model.config.pad_token_id = 0
    expected = [
        next(
            each["score"] for each in classify([text])[0] if each["label"] == label
        )  # one at a time: no padding
        for text in texts
    ]
    assert max(expected) - min(expected) > 0.2
    monkeypatch.setattr("tutelage.evaluation.toxicity_scorers.classifier.tokens_at_once", lambda model: 100)
    done: list[int] = []
    with open_scorer(str(tmp_path), progress=done.append) as scorer:
        assert scorer(texts) == pytest.approx(expected, abs=1e-5)
    assert done == sorted(done)
    assert done[-1] == 61
    assert len(set(done)) > 5


@pytest.mark.parametrize("make", [bert, roberta, gpt2])
def test_no_text_is_too_long(make: Callable[[Path], PreTrainedModel], tmp_path: Path) -> None:
    model = make(tmp_path)
    assert context_of(model, PreTrainedTokenizerFast.from_pretrained(tmp_path)) == 32
    model.save_pretrained(tmp_path)
    longer, shorter = score(tmp_path, [LONG, " ".join(["what"] * 30)])
    assert longer == pytest.approx(shorter, abs=1e-6)


def test_what_has_no_limit_is_read_as_far_as_is_usual(tmp_path: Path) -> None:
    words(tmp_path)
    model = bert(tmp_path / "m")
    model.config.max_position_embeddings = -1
    assert context_of(model, PreTrainedTokenizerFast.from_pretrained(tmp_path)) == 512


def test_half_a_surrogate_pair_is_scored_as_an_unknown_character(tmp_path: Path) -> None:
    folder = known(tmp_path, [[-1.0, 0.5, 0.25]])
    assert score(folder, ["\ud83d fool"]) == pytest.approx([logistic(2.0)])


@pytest.mark.parametrize(
    ("names", "place"),
    [
        (["neutral", "toxic"], 1),
        (["toxic", "neutral"], 0),
        (["Toxic", "Non-Toxic"], 0),
        (["NOT_TOXIC", "TOXIC"], 1),
        (["nontoxic", "toxicity"], 1),
        (["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"], 0),
        (["severe_toxicity", "obscene", "toxicity"], 2),
        (["nothate", "hate"], 1),
        (["non-hate", "HATE-SPEECH"], 1),
        (["hate-free", "hateful"], 1),
        (["not offensive", "offensive"], 1),
        (["normal", "toxic speech"], 1),
        (["LABEL_0", "LABEL_1"], 1),
        (["0", "1"], 1),
        (["LABEL_0"], 0),
    ],
)
def test_the_label_that_means_toxic(names: list[str], place: int) -> None:
    assert toxic_label(names, None, "model") == place


@pytest.mark.parametrize(
    "names",
    [
        ["positive", "negative"],
        ["LABEL_0", "LABEL_1", "LABEL_2"],
        ["hate speech", "normal", "offensive"],
        ["non-toxic", "neutral"],
        ["nontoxic"],
    ],
)
def test_where_the_names_do_not_tell_the_labels_are_listed(names: list[str]) -> None:
    listed = ", ".join(names)
    with pytest.raises(
        InputError, match=f"^model: which of its labels means toxic.* {listed}; name one: model:"
    ):
        toxic_label(names, None, "model")
    assert toxic_label(names, names[-1].upper(), "model") == len(names) - 1


def test_a_label_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^m: has no label 'toxc'; did you mean 'toxic'"):
        toxic_label(["neutral", "toxic"], "toxc", "m")
    with pytest.raises(InputError, match=r"^m: has no label 'rude'; known are neutral, toxic"):
        toxic_label(["neutral", "toxic"], "rude", "m")
    assert toxic_label(["a", "A"], "A", "m") == 0


def save(config: PreTrainedConfig, model: PreTrainedModel, directory: Path) -> None:
    model.save_pretrained(directory)
    config.save_pretrained(directory)


def test_what_is_no_classifier(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such model folder"):
        open_scorer(str(tmp_path / "nothing"))
    with pytest.raises(InputError, match=r"it has no config\.json"):
        open_scorer(str(tmp_path))
    headless = bert(tmp_path / "headless")
    save(headless.config, headless.bert, tmp_path / "headless")
    with pytest.raises(InputError, match="headless: has no trained classifier"):
        open_scorer(str(tmp_path / "headless"))
    known(tmp_path / "regression", [[1.0, 0.0, 0.0]], problem_type="regression")
    with pytest.raises(InputError, match="regression: gives numbers that are no probabilities"):
        open_scorer(str(tmp_path / "regression"))


def test_weights_in_a_pickle_are_not_read(tmp_path: Path) -> None:
    model = bert(tmp_path)
    model.config.save_pretrained(tmp_path)
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(InputError, match="has no weights in safetensors"):
        open_scorer(str(tmp_path))


def test_what_is_not_a_number_is_no_score(tmp_path: Path) -> None:
    folder = known(tmp_path, [[float("nan"), 0.5, 0.25]])
    with pytest.raises(RunError, match="is not a number"):
        score(folder, ["good"])


# detoxify


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """As detoxify trains one, of a folder's architecture."""
    pytest.importorskip("detoxify")
    torch.manual_seed(0)
    save_as = tmp_path / "toxic.ckpt"
    folder = tmp_path / "architecture"
    model = BertForSequenceClassification(
        BertConfig(**SMALL, **BLOCKS, max_position_embeddings=32, num_labels=3)
    )
    save(model.config, model, folder)
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS[4:9]]))
    architecture = {
        "model_type": str(folder),
        "model_name": "BertForSequenceClassification",
        "tokenizer_name": "BertTokenizer",
        "num_classes": 3,
    }
    configuration = {
        "arch": {"args": architecture},
        "dataset": {"args": {"classes": ["obscene", "toxic", "threat"]}},
    }
    torch.save({"config": configuration, "state_dict": model.state_dict()}, save_as)
    return save_as


def test_the_same_as_detoxify_says(checkpoint: Path) -> None:
    from detoxify import Detoxify

    draw = random.Random(1)
    texts = [" ".join(draw.choices(WORDS[4:], k=draw.randint(1, 20))) for _ in range(20)]
    expected = [Detoxify(checkpoint=str(checkpoint)).predict(text)["toxicity"] for text in texts]
    assert max(expected) - min(expected) > 0.05
    assert score(f"detoxify:{checkpoint}", [*texts, " "]) == pytest.approx([*expected, 0.0], abs=1e-6)
    longer, shorter = score(f"detoxify:{checkpoint}", [LONG, " ".join(["what"] * 30)])
    assert longer == pytest.approx(shorter, abs=1e-6)  # which the package itself fails at here


def test_what_detoxify_does_not_have(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^detoxify: .* no file 'unbiassed'; did you mean 'unbiased'"):
        open_scorer("detoxify:unbiassed")
    nothing = tmp_path / "nothing.ckpt"
    nothing.write_bytes(b"no pickle")
    with pytest.raises(
        InputError, match=r"nothing\.ckpt: cannot load detoxify's model \(.*\); name a variant"
    ):
        open_scorer(f"detoxify:{nothing}")
    content = torch.load(checkpoint, weights_only=False)
    content["config"]["dataset"]["args"]["classes"][1] = "rude"
    torch.save(content, checkpoint)
    with pytest.raises(InputError, match=r"toxic\.ckpt: has no toxicity among obscene, rude, threat"):
        open_scorer(f"detoxify:{checkpoint}")


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [
        ("detoxify", "detoxify", "toxicity"),
        ("detoxify:unbiased", "detoxify", "toxicity"),
        ("perspective", "httpx2", "toxicity"),
        ("some/model", "transformers", "train"),
    ],
)
def test_a_package_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, package: str, extra: str
) -> None:
    monkeypatch.setattr("tutelage.schema.packages.find_spec", lambda asked: None)
    with pytest.raises(InputError, match=rf"^this needs {package}; pip install 'tutelage\[{extra}\]'$"):
        open_scorer(name)


def test_a_scorer_that_raises_is_closed(tmp_path: Path) -> None:
    closed: list[bool] = []

    class Failing(OpenScorer):
        def _ask(self, texts: list[str]) -> Any:
            try:
                yield from ((text, 0.5) for text in texts)
            finally:
                closed.append(True)

        def close(self) -> None:
            closed.append(False)

    def interrupt(done: int) -> None:
        if done:
            raise KeyboardInterrupt

    with Failing(interrupt) as scorer:
        with pytest.raises(KeyboardInterrupt) as interrupted:
            scorer(["a", "b"])
        assert closed == [True]
        assert interrupted.value
    assert closed == [True, False]
