"""Many callers at once: each gets what it would get alone, and leaves when it wants."""

import threading
from collections.abc import Sequence
from queue import SimpleQueue

import pytest
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from tutelage.data import derive
from tutelage.data.template import Template
from tutelage.rollout import Piece, Request, Sampler, Service, Ticket
from tutelage.rollout.batch import Batch
from tutelage.schema import InputError

WAIT = 30.0


class Caller:
    """Hears of one request."""

    def __init__(self) -> None:
        self.pieces: SimpleQueue[Piece] = SimpleQueue()

    def all(self) -> list[Piece]:
        heard = [self.pieces.get(timeout=WAIT)]
        while heard[-1].finish_reason is None and heard[-1].error is None:
            heard.append(self.pieces.get(timeout=WAIT))
        return heard


@pytest.fixture
def sampler(llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> Sampler:
    return Sampler(llama, tokenizer, Template(suffix=" "))


def asked(sampler: Sampler, prompt: str, seed: int = 0, tokens: int = 20, **settings: object) -> Request:
    encoded = tuple(sampler.template.encode_prompt(sampler.tokenizer, prompt))
    return Request(encoded, tokens, derive(seed, "sample", 0, 0), **settings)  # type: ignore[arg-type]


def ask(service: Service, requests: Sequence[Request], model: str = "m") -> list[tuple[Ticket, Caller]]:
    asking = []
    for request in requests:
        caller = Caller()
        asking.append((service.submit(model, request, caller.pieces.put), caller))
    return asking


def text(pieces: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def test_each_gets_what_the_sampler_gives_it_alone(sampler: Sampler) -> None:
    prompts = [f"{letter} fish" for letter in "abcdefghij"] * 3
    settings = [
        {"temperature": 1.0},
        {"temperature": 0.0},
        {"temperature": 0.7, "top_p": 0.8},
        {"top_k": 3, "stop": ("e",)},
    ]
    chosen = [settings[number % len(settings)] for number in range(len(prompts))]
    expected = [
        sampler.sample([prompt], max_new_tokens=5 + number, seed=number, **own)[0][0]  # type: ignore[arg-type]
        for number, (prompt, own) in enumerate(zip(prompts, chosen, strict=True))
    ]
    requests = [
        asked(sampler, prompt, number, 5 + number, **own)
        for number, (prompt, own) in enumerate(zip(prompts, chosen, strict=True))
    ]
    with Service({"m": sampler}, rows=7) as service:
        heard = [caller.all() for _, caller in ask(service, requests)]
    for pieces, sample in zip(heard, expected, strict=True):
        assert text(pieces) == sample.text
        assert [token.id for piece in pieces for token in piece.tokens] == sample.tokens
        assert [token.logprob for piece in pieces for token in piece.tokens] == pytest.approx(
            sample.logprobs, abs=1e-5
        )
        assert pieces[-1].finish_reason == sample.finish_reason


def test_alternatives_are_the_likeliest_tokens(sampler: Sampler) -> None:
    with Service({"m": sampler}) as service:
        [(_, caller)] = ask(service, [asked(sampler, "one", temperature=0.0, alternatives=4)])
        tokens = [token for piece in caller.all() for token in piece.tokens]
    for token in tokens:
        logprobs = [logprob for _, logprob in token.alternatives]
        assert len(logprobs) == 4
        assert logprobs == sorted(logprobs, reverse=True)
        assert token.alternatives[0] == (token.id, token.logprob)


def test_several_models_answer_side_by_side(sampler: Sampler) -> None:
    other = Sampler(sampler.model, sampler.tokenizer, Template(suffix="?"))
    with Service({"m": sampler, "n": other}) as service:
        first = ask(service, [asked(sampler, "one")])
        second = ask(service, [asked(other, "one")], "n")
        texts = [text(caller.all()) for _, caller in [*first, *second]]
    assert texts == [each.sample(["one"], max_new_tokens=20)[0][0].text for each in (sampler, other)]


def test_who_goes_away_frees_the_row_at_once(sampler: Sampler, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = Sampler(sampler.model, sampler.tokenizer, sampler.template)
    monkeypatch.setattr(Sampler, "stop_ids", frozenset())
    begun, go_on = threading.Event(), threading.Event()
    drawn = Batch.advance

    def slowly(batch: Batch) -> object:
        begun.set()
        assert go_on.wait(WAIT)
        return drawn(batch)

    monkeypatch.setattr(Batch, "advance", slowly)
    with Service({"m": endless}, rows=1) as service:
        [(ticket, gone)] = ask(service, [asked(endless, "one", tokens=50)])
        [(_, caller)] = ask(service, [asked(endless, "two", tokens=3)])
        assert begun.wait(WAIT)
        assert (service.live("m"), service.waiting("m")) == (1, 1)
        [(unwanted, _)] = ask(service, [asked(endless, "three")])
        assert service.waiting("m") == 2
        service.cancel(unwanted)
        assert service.waiting("m") == 1
        service.cancel(ticket)
        go_on.set()
        assert len(caller.all()) == 3
        assert gone.pieces.qsize() < 50
    assert service.live("m") == 0


def test_what_cannot_be_sampled_is_refused_when_it_is_asked_for(sampler: Sampler) -> None:
    with Service({"m": sampler}) as service:
        for request, told in [
            (Request((), 5, 0), "no tokens"),
            (asked(sampler, "one", tokens=1000), "context"),
            (asked(sampler, "one", temperature=-1.0), "temperature"),
            (asked(sampler, "one", top_p=0.0), "top_p"),
        ]:
            with pytest.raises(InputError, match=told):
                service.submit("m", request, lambda _: None)


def test_a_sampler_that_fails_tells_everybody_and_goes_on(
    sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, failures = Batch.advance, [RuntimeError("out of memory")]

    def failing(batch: Batch) -> object:
        if failures:
            raise failures.pop()
        return drawn(batch)

    monkeypatch.setattr(Batch, "advance", failing)
    with Service({"m": sampler}) as service:
        [(_, first)] = ask(service, [asked(sampler, "one")])
        error = first.all()[-1].error
        assert isinstance(error, RuntimeError)
        assert error.args == ("out of memory",)
        assert not service.failed
        [(_, second)] = ask(service, [asked(sampler, "one")])
        assert text(second.all()) == sampler.sample(["one"], max_new_tokens=20)[0][0].text


def test_a_sampler_that_cannot_begin_anew_leaves_nobody_waiting(
    sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an error of the device, when every further call of it fails, too."""
    begun, go_on = threading.Event(), threading.Event()

    def failing(*_: object) -> object:
        begun.set()
        assert go_on.wait(WAIT)
        raise RuntimeError("device")

    with Service({"m": sampler, "n": sampler}, rows=1) as service:
        monkeypatch.setattr(Batch, "advance", failing)
        asking = ask(service, [asked(sampler, "one"), asked(sampler, "two")])
        assert begun.wait(WAIT)
        asking += ask(service, [asked(sampler, "three")], "n")  # not seen by the thread yet
        monkeypatch.setattr(Batch, "__init__", failing)
        go_on.set()
        for _, caller in asking:
            assert isinstance(caller.all()[-1].error, RuntimeError)
        assert service.failed
        assert (service.waiting("m"), service.waiting("n"), service.live("m")) == (0, 0, 0)
        with pytest.raises(RuntimeError, match="failed"):
            service.submit("m", asked(sampler, "one"), lambda _: None)


def test_a_listener_that_fails_keeps_nobody_from_hearing(
    sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> object:
        raise RuntimeError("nothing goes")

    with Service({"m": sampler}) as service:
        monkeypatch.setattr(Batch, "advance", fail)
        service.submit("m", asked(sampler, "one"), fail)  # type: ignore[arg-type]
        [(_, caller)] = ask(service, [asked(sampler, "two")])
        assert caller.all()[-1].error is not None
        assert not service.failed


def test_who_hears_of_the_end_finds_the_row_free(sampler: Sampler) -> None:
    live: SimpleQueue[int] = SimpleQueue()

    def hear(piece: Piece) -> None:
        if piece.finish_reason is not None:
            live.put(service.live("m"))

    with Service({"m": sampler}, rows=1) as service:
        service.submit("m", asked(sampler, "one"), hear)
        assert live.get(timeout=WAIT) == 0


def test_closing_ends_what_is_under_way_and_takes_no_more(sampler: Sampler) -> None:
    service = Service({"m": sampler}, rows=2)
    with service:
        asking = ask(service, [asked(sampler, "one", seed) for seed in range(6)])
    assert all(caller.all()[-1].finish_reason for _, caller in asking)
    with pytest.raises(RuntimeError, match="closed"):
        service.submit("m", asked(sampler, "one"), lambda _: None)
