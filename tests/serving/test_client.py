"""The official client, unchanged: what it asks for is what it gets."""

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.serving.house import ASK, LONGEST, House, samplers

from tutelage.data.template import Template
from tutelage.rollout import Sampler


def sampled(model: str, prompt: str, seed: int, samples: int = 1, **more: Any) -> list[Any]:
    return samplers()[model].sample([prompt], samples, seed=seed, **{"max_new_tokens": LONGEST, **more})[0]


def test_models_are_listed_by_name(house: House) -> None:
    client = house.client()
    assert {model.id for model in client.models.list()} == {"tiny", "endless"}
    assert client.models.retrieve("tiny").id == "tiny"


def test_an_answer_is_what_the_sampler_gives(house: House) -> None:
    answer = house.client().chat.completions.create(model="tiny", messages=ASK, seed=3)
    (sample,) = sampled("tiny", "name an animal.", 3)
    assert sample.text
    (choice,) = answer.choices
    assert (choice.message.content, choice.finish_reason) == (sample.text, sample.finish_reason)
    assert choice.message.role == "assistant"
    assert choice.logprobs is None
    assert answer.usage is not None
    assert answer.usage.completion_tokens == len(sample.tokens)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + len(sample.tokens)
    assert answer.object == "chat.completion"
    assert answer.system_fingerprint == house.desk.models["tiny"].fingerprint


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 0.0},
        {"temperature": 0.7, "top_p": 0.8},
        {"temperature": 1.5, "top_k": 3},
        {"max_new_tokens": 7},
    ],
)
def test_its_settings_are_the_samplers(settings: dict[str, Any], house: House) -> None:
    asked = dict(settings)
    extra = {"top_k": asked.pop("top_k")} if "top_k" in asked else None
    if "max_new_tokens" in asked:
        asked["max_tokens"] = asked.pop("max_new_tokens")
    answer = house.client().chat.completions.create(
        model="tiny", messages=ASK, seed=5, n=3, extra_body=extra, **asked
    )
    samples = sampled("tiny", "name an animal.", 5, 3, **settings)
    assert [choice.message.content for choice in answer.choices] == [each.text for each in samples]
    assert [choice.finish_reason for choice in answer.choices] == [each.finish_reason for each in samples]
    assert [choice.index for choice in answer.choices] == [0, 1, 2]


def test_a_stream_together_is_the_answer(house: House) -> None:
    samples = sampled("tiny", "name an animal.", 3, 2)
    texts, reasons, roles = ["", ""], ["", ""], []
    stream = house.client().chat.completions.create(
        model="tiny", messages=ASK, seed=3, n=2, stream=True, stream_options={"include_usage": True}
    )
    events = list(stream)
    *chunks, last = events
    for chunk in chunks:
        assert chunk.usage is None
        (choice,) = chunk.choices
        texts[choice.index] += choice.delta.content or ""
        reasons[choice.index] += choice.finish_reason or ""
        if choice.delta.role:
            assert not texts[choice.index]
            roles.append((choice.index, choice.delta.role))
    assert texts == [sample.text for sample in samples]
    assert reasons == [sample.finish_reason for sample in samples]
    assert roles == [(0, "assistant"), (1, "assistant")]
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.completion_tokens == sum(len(sample.tokens) for sample in samples)
    assert len({event.id for event in events}) == 1


def test_without_asking_a_stream_tells_no_numbers(house: House) -> None:
    stream = house.client().chat.completions.create(model="tiny", messages=ASK, stream=True)
    assert all(chunk.choices for chunk in stream)


def test_events_are_sent_as_events(house: House) -> None:
    answer = house.post(json={"model": "tiny", "messages": ASK, "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"
    *lines, done, rest = answer.text.split("\n\n")
    assert all(line.startswith("data: {") for line in lines)
    assert (done, rest) == ("data: [DONE]", "")


def test_log_probabilities_are_those_of_the_tokens_drawn(house: House) -> None:
    ask: Any = {"model": "tiny", "messages": ASK, "seed": 3, "logprobs": True, "top_logprobs": 4}
    answer = house.client().chat.completions.create(**ask, temperature=0)
    (sample,) = sampled("tiny", "name an animal.", 3, temperature=0.0)
    (choice,) = answer.choices
    assert choice.logprobs is not None
    content = choice.logprobs.content or []
    assert [token.logprob for token in content] == pytest.approx(sample.logprobs, abs=1e-4)
    for token in content:
        likely = [each.logprob for each in token.top_logprobs]
        assert len(likely) == 4
        assert likely == sorted(likely, reverse=True)
        assert sum(map(math.exp, likely)) <= 1 + 1e-6
        if token.bytes is not None:
            assert bytes(token.bytes).decode() == token.token
    streamed = [
        token
        for chunk in house.client().chat.completions.create(**ask, temperature=0, stream=True)
        for choice in chunk.choices
        if choice.logprobs is not None
        for token in choice.logprobs.content or []
    ]
    assert [token.token for token in streamed] == [token.token for token in content]


def test_the_tokens_of_an_answer_spell_it(house: House) -> None:
    """But for the space that this tokenizer leaves out at a text's beginning."""
    answer = house.client().chat.completions.create(
        model="endless", messages=ASK, seed=4, max_tokens=6, logprobs=True
    )
    (choice,) = answer.choices
    assert choice.logprobs is not None
    assert choice.message.content is not None
    special = ("<|end|>", "<|pad|>")
    tokens = [t.token for t in choice.logprobs.content or [] if t.token not in special]
    if "\ufffd" not in "".join(tokens) and "\n" not in choice.message.content:
        assert "".join(tokens).strip() == choice.message.content.strip()
    assert len(choice.logprobs.content or []) == 6


def test_a_stop_text_ends_the_answer_and_is_not_in_it(house: House) -> None:
    client = house.client()
    whole = client.chat.completions.create(model="endless", messages=ASK, seed=2, max_tokens=60)
    text = whole.choices[0].message.content or ""
    for length in (1, 3, 7):  # also one that lies across tokens
        stop = text[20 : 20 + length]
        before = text[: text.index(stop)]
        for stops in (stop, ["nowhere in it", stop]):
            ask: Any = {"model": "endless", "messages": ASK, "seed": 2, "max_tokens": 60, "stop": stops}
            answer = client.chat.completions.create(**ask)
            assert answer.choices[0].message.content == before
            assert answer.choices[0].finish_reason == "stop"
            chunks = client.chat.completions.create(**ask, stream=True)
            assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == before


def test_a_conversation_is_the_prompt_that_the_package_makes_of_it(house: House) -> None:
    messages: Any = [
        {"role": "developer", "content": "Say one."},
        {"role": "user", "content": [{"type": "text", "text": "name "}, {"type": "text", "text": "two"}]},
        {"role": "assistant", "content": "two", "refusal": None, "tool_calls": None},
        {"role": "user", "content": "and one?", "name": "Ann"},
    ]
    answer = house.client().chat.completions.create(model="tiny", messages=messages, seed=1)
    prompt = "Say one.\n\nHuman: name two\n\nAssistant: two\n\nHuman: and one?\n\nAssistant:"
    assert answer.choices[0].message.content == sampled("tiny", prompt, 1)[0].text


def test_an_answer_can_be_asked_about(house: House) -> None:
    client = house.client()
    first = client.chat.completions.create(model="tiny", messages=ASK).choices[0].message
    again: Any = [*ASK, first.model_dump(), {"role": "user", "content": "and two?"}]
    assert client.chat.completions.create(model="tiny", messages=again).choices


def test_the_seed_that_was_drawn_gives_the_answer_again(house: House) -> None:
    client = house.client()
    raw = client.chat.completions.with_raw_response.create(model="endless", messages=ASK, n=3)
    texts = [choice.message.content for choice in raw.parse().choices]
    assert len(set(texts)) == 3
    again = client.chat.completions.create(
        model="endless", messages=ASK, n=3, seed=int(raw.headers["x-tutelage-seed"])
    )
    assert [choice.message.content for choice in again.choices] == texts
    other = client.chat.completions.create(model="endless", messages=ASK, n=3)
    assert [choice.message.content for choice in other.choices] != texts


def raw(prompts: list[str], seed: int, samples: int) -> list[str]:
    """Completions of texts as they stand."""
    plain = Sampler(samplers()["tiny"].model, samplers()["tiny"].tokenizer, Template("", ""))
    rows = plain.sample(prompts, samples, seed=seed, max_new_tokens=9)
    return [sample.text for row in rows for sample in row]


def test_texts_are_gone_on_with_as_they_stand(house: House) -> None:
    client = house.client()
    one = client.completions.create(model="tiny", prompt="A red fish", seed=8, n=2, max_tokens=9)
    assert [choice.text for choice in one.choices] == raw(["A red fish"], 8, 2)
    several = client.completions.create(model="tiny", prompt=["A red fish", "one"], seed=8, n=2, max_tokens=9)
    assert [choice.text for choice in several.choices] == raw(["A red fish", "one"], 8, 2)
    assert [choice.index for choice in several.choices] == [0, 1, 2, 3]
    served = house.desk.models["tiny"]
    tokens = [list(served.encode_text(text)) for text in ("A red fish", "one")]
    by_tokens = client.completions.create(model="tiny", prompt=tokens, seed=8, n=2, max_tokens=9)
    assert [choice.text for choice in by_tokens.choices] == [choice.text for choice in several.choices]
    single = client.completions.create(model="tiny", prompt=tokens[0], seed=8, n=2, max_tokens=9)
    assert [choice.text for choice in single.choices] == [choice.text for choice in one.choices]
    assert single.usage is not None
    assert single.usage.prompt_tokens == len(tokens[0])


def test_completions_are_streamed(house: House) -> None:
    ask: Any = {"model": "tiny", "prompt": ["A red fish", "one"], "seed": 8, "n": 2, "max_tokens": 9}
    texts = [""] * 4
    for event in house.client().completions.create(**ask, stream=True):
        for choice in event.choices:
            texts[choice.index] += choice.text
    assert texts == raw(["A red fish", "one"], 8, 2)


def test_the_older_form_of_log_probabilities(house: House) -> None:
    ask: Any = {"model": "tiny", "prompt": "A red fish", "seed": 8, "max_tokens": 9, "logprobs": 2}
    whole = house.client().completions.create(**ask).choices[0].logprobs
    assert whole is not None
    names, offsets = whole.tokens or [], whole.text_offset or []
    assert len(names) == len(whole.token_logprobs or []) == len(offsets)
    assert offsets == [len("".join(names[:place])) for place in range(len(names))]
    for name, logprob, likely in zip(
        names, whole.token_logprobs or [], whole.top_logprobs or [], strict=True
    ):
        assert likely[name] >= logprob - 1e-6
        assert 1 <= len(likely) <= 3
    streamed = [
        choice.logprobs
        for event in house.client().completions.create(**ask, stream=True)
        for choice in event.choices
    ]
    assert [name for part in streamed if part for name in part.tokens or []] == names
    assert [place for part in streamed if part for place in part.text_offset or []] == offsets


@pytest.mark.parametrize("count", [1, 5])
def test_a_prompt_of_end_of_text_only_is_answered(count: int, house: House) -> None:
    end = int(house.desk.models["tiny"].sampler.tokenizer.eos_token_id)
    answer = house.client().completions.create(model="tiny", prompt=[end] * count, max_tokens=4)
    assert answer.choices[0].finish_reason in ("stop", "length")


def test_a_special_token_spelled_out_is_letters(house: House) -> None:
    served = house.desk.models["tiny"]
    end = served.sampler.tokenizer.eos_token_id
    assert end not in served.encode_question("<|end|>")
    assert end not in served.encode_text("<|end|>")
    assert (
        house.client()
        .chat.completions.create(model="tiny", messages=[{"role": "user", "content": "<|end|>" * 3}])
        .choices
    )


def test_what_does_not_say_how_long_it_is_fits(house: House) -> None:
    answer = house.client().chat.completions.create(model="endless", messages=ASK)
    assert answer.usage is not None
    assert answer.usage.completion_tokens == LONGEST
    served = house.desk.models["endless"]
    prompt = list(served.encode_text("one")) * (served.context - 5)
    nearly_full = prompt[: served.context - 5]
    rest = house.client().completions.create(model="endless", prompt=nearly_full)
    assert rest.usage is not None
    assert rest.usage.completion_tokens == 5


@pytest.mark.parametrize("temperature", [1e-308, 5e-324, 1e-4])
def test_hardly_any_temperature_is_none(temperature: float, house: House) -> None:
    answers = [
        house.client()
        .chat.completions.create(model="tiny", messages=ASK, temperature=each)
        .choices[0]
        .message
        for each in (temperature, 0.0)
    ]
    assert answers[0] == answers[1]


def test_amid_others_an_answer_is_the_same(house: House) -> None:
    def ask(seed: int) -> list[str | None]:
        answer = house.client().chat.completions.create(
            model="tiny" if seed % 2 else "endless", messages=ASK, seed=seed, n=2, temperature=0.9
        )
        return [choice.message.content for choice in answer.choices]

    with ThreadPoolExecutor(12) as crowd:
        together = list(crowd.map(ask, range(36)))
    for seed, texts in enumerate(together):
        model = "tiny" if seed % 2 else "endless"
        alone = sampled(model, "name an animal.", seed, 2, temperature=0.9)
        assert texts == [sample.text for sample in alone]
