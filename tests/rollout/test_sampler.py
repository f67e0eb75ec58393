"""Texts in, texts out."""

import pytest
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from tutelage.data.template import Template
from tutelage.data.tokens import Sequences
from tutelage.models import completion_logprobs
from tutelage.rollout import Sampler
from tutelage.schema import InputError

PROMPTS = ["one fish", "two", "red Fish"]


@pytest.fixture
def sampler(llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> Sampler:
    return Sampler(llama, tokenizer, Template(suffix=" "), batch_size=4)


def test_samples_come_by_prompt_and_tell_their_tokens(sampler: Sampler) -> None:
    samples = sampler.sample(PROMPTS, 3, max_new_tokens=12)
    assert [len(own) for own in samples] == [3, 3, 3]
    for prompt, own in zip(PROMPTS, samples, strict=True):
        assert len({sample.text for sample in own}) == 3
        for sample in own:
            assert sample.text == sampler.template.decode_completion(sampler.tokenizer, sample.tokens)
            assert "<end>" not in sample.text
            rows = Sequences.of(
                [sampler.template.encode_prompt(sampler.tokenizer, prompt)], [sample.tokens], 0
            )
            with torch.no_grad():
                expected = completion_logprobs(sampler.model, rows)[0]
            torch.testing.assert_close(torch.tensor(sample.logprobs), expected, atol=1e-5, rtol=0)


def test_a_seed_fixes_everything_and_another_changes_it(sampler: Sampler) -> None:
    first = sampler.sample(PROMPTS, 2, max_new_tokens=12, seed=5)
    assert sampler.sample(PROMPTS, 2, max_new_tokens=12, seed=5) == first
    other = sampler.sample(PROMPTS, 2, max_new_tokens=12, seed=6)
    assert all(
        one.tokens != two.tokens
        for own, others in zip(first, other, strict=True)
        for one, two in zip(own, others, strict=True)
    )
    # fewer samples, or another prompt beside it, leave a sample as it is
    assert (
        sampler.sample(["one fish", "blue"], 1, max_new_tokens=12, seed=5)[0][0].tokens == first[0][0].tokens
    )


def test_a_stop_string_ends_a_completion_and_is_cut_off(sampler: Sampler) -> None:
    samples = [own[0] for own in sampler.sample(PROMPTS * 4, max_new_tokens=30, stop=["e", "Q"])]
    whole = [own[0] for own in sampler.sample(PROMPTS * 4, max_new_tokens=30)]
    assert any(sample.text != long.text for sample, long in zip(samples, whole, strict=True))
    for sample, long in zip(samples, whole, strict=True):
        assert sample.text == long.text.split("e")[0].split("Q")[0]
        assert sample.tokens == long.tokens[: len(sample.tokens)]
        if sample.text != long.text:
            assert sample.finish_reason == "stop"
            assert sampler.tokenizer.decode(sample.tokens[-1]) in ("e", "Q")


@pytest.mark.parametrize("stop", [(), ("e", "Q"), ("ab", "x ")])
def test_a_stream_tells_in_pieces_what_sample_gives(sampler: Sampler, stop: tuple[str, ...]) -> None:
    for seed in range(8):
        pieces = list(sampler.stream("one fish", max_new_tokens=20, stop=stop, seed=seed))
        sample = sampler.sample(["one fish"], max_new_tokens=20, stop=stop, seed=seed)[0][0]
        assert "".join(pieces) == sample.text
        assert all(pieces)
    assert len(pieces) > 1


def test_a_stream_refuses_a_prompt_that_is_too_long(sampler: Sampler) -> None:
    with pytest.raises(InputError, match="context"):
        next(sampler.stream("fish " * 20, max_new_tokens=20))


def test_end_of_text_of_the_generation_settings_counts_too(sampler: Sampler) -> None:
    sampler.model.generation_config.eos_token_id = [1, 9]
    assert sampler.stop_ids == {1, 9}
