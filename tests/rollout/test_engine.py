"""The engine against transformers' own generate, and against itself in other company."""

import pytest
import torch
from transformers import Llama4ForCausalLM, Llama4TextConfig, PreTrainedModel

from tutelage.models import Precision, arithmetic, completion_logprobs, set_dropout
from tutelage.models.attention import use_fastest_attention
from tutelage.rollout import Generation, generate
from tutelage.rollout.drawing import draw
from tutelage.schema import InputError

PROMPTS = [[5, 9, 7], [4, 4, 8, 21, 30, 2, 17, 40, 41], [11], [5, 9, 7], [3, 2, 3, 2]]
EOS = 1


def sampled(
    model: PreTrainedModel, prompts: list[list[int]], seeds: list[int], **settings: object
) -> Generation:
    given: dict = {"max_new_tokens": 20, "stop_ids": frozenset({EOS}), **settings}
    return generate(model, prompts, seeds=seeds, **given)


def test_greedy_is_transformers_greedy(policy: PreTrainedModel) -> None:
    generation = sampled(policy, PROMPTS, [0] * 5, temperature=0.0)
    for prompt, completion in zip(PROMPTS, generation.completions, strict=True):
        tokens = torch.tensor([prompt])
        plain = policy.generate(
            tokens,
            attention_mask=torch.ones_like(tokens),
            max_new_tokens=20,
            do_sample=False,
            eos_token_id=EOS,
        )
        assert completion == plain[0, len(prompt) :].tolist()


def test_logprobs_are_those_of_a_pass_over_the_whole(policy: PreTrainedModel) -> None:
    for temperature in (1.0, 0.7):
        generation = sampled(policy, PROMPTS, [1, 2, 3, 4, 5], temperature=temperature)
        with torch.no_grad():
            whole = completion_logprobs(policy, generation.sequences(pad_id=0), temperature)
        # PPO's first ratio is their exponential: it must be 1
        torch.testing.assert_close(
            (whole - generation.logprob_matrix()).exp(), torch.ones_like(whole), atol=1e-5, rtol=0
        )


def test_a_row_depends_on_its_prompt_and_seed_alone(policy: PreTrainedModel) -> None:
    seeds = [1, 2, 3, 4, 5]
    together = sampled(policy, PROMPTS, seeds)
    for row, (prompt, seed) in enumerate(zip(PROMPTS, seeds, strict=True)):
        assert sampled(policy, [prompt], [seed]).completions == [together.completions[row]]
    backwards = sampled(policy, PROMPTS[::-1], seeds[::-1], batch_size=2)
    assert backwards.completions[::-1] == together.completions
    assert together.completions[0] != together.completions[3]  # the same prompt with another seed
    assert together.prompts == PROMPTS


def test_samples_of_one_prompt_read_it_once(llama: PreTrainedModel) -> None:
    sampled(llama, [[5]], [0])  # which tries what kind of model it is
    read = []
    llama.model.register_forward_pre_hook(
        lambda _, __, given: read.append(tuple(given["input_ids"].shape)), with_kwargs=True
    )
    generation = sampled(llama, [[5, 6, 7, 8]] * 6 + [[9, 9]], list(range(7)), max_new_tokens=3)
    assert read[0] == (2, 4)
    assert {width for _, width in read[1:]} == {1}
    alone = sampled(llama, [[5, 6, 7, 8]], [4], max_new_tokens=3)
    assert alone.completions[0] == generation.completions[4]


def test_finished_rows_leave_the_batch(policy: PreTrainedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = []

    def counted(logits: torch.Tensor, *settings: object) -> object:
        rows.append(len(logits))
        return draw(logits, *settings)

    monkeypatch.setattr("tutelage.rollout.batch.draw", counted)
    stops = frozenset(range(1, 25))  # about half of the vocabulary
    generation = sampled(policy, [[5, 6, token] for token in range(2, 42)], list(range(40)), stop_ids=stops)
    lengths = sorted(map(len, generation.completions))
    assert lengths[0] < lengths[-1]
    live = [sum(length > step for length in lengths) for step in range(1, lengths[-1])]
    assert all(computed >= needed for computed, needed in zip(rows[1:], live, strict=True))
    assert sum(rows[1:]) < 1.3 * sum(live) + 5


def test_waiting_prompts_take_the_places_of_finished_rows(policy: PreTrainedModel) -> None:
    prompts = [[5, *[6] * (row % 7), row % 40 + 2] for row in range(60)]
    seeds, stops = list(range(60)), frozenset(range(1, 12))
    alone = [sampled(policy, [p], [s], stop_ids=stops) for p, s in zip(prompts, seeds, strict=True)]
    rows = []
    policy.register_forward_pre_hook(
        lambda _, __, given: rows.append(given["input_ids"].shape), with_kwargs=True
    )
    crowded = sampled(policy, prompts, seeds, stop_ids=stops, batch_size=8)
    assert crowded.completions == [one.completions[0] for one in alone]
    assert len({len(completion) for completion in crowded.completions}) > 3
    assert max(batch for batch, _ in rows) <= 8
    steps = [batch for batch, width in rows if width == 1]
    # in full batches of eight, one after another, each would wait for its slowest row
    lengths = [len(completion) for completion in crowded.completions]
    one_after_another = sum(max(lengths[start : start + 8]) for start in range(0, 60, 8))
    assert len(steps) < one_after_another
    assert sum(steps) < 1.6 * sum(lengths)


def test_rows_that_keep_entering_move_left_when_the_cache_is_full(llama: PreTrainedModel) -> None:
    prompts, seeds = [[5, 6, row % 40 + 2] for row in range(90)], list(range(90))
    stops = frozenset(range(1, 6))
    few = sampled(llama, prompts, seeds, stop_ids=stops, batch_size=3)  # far more steps than columns
    assert few.completions == sampled(llama, prompts, seeds, stop_ids=stops).completions


def test_no_prompts_give_no_completions(llama: PreTrainedModel) -> None:
    assert sampled(llama, [], []).completions == []


def test_finish_reasons_and_stop_tokens(policy: PreTrainedModel) -> None:
    stops = frozenset({EOS, 7, 8, 9, 10, 11, 12})
    generation = sampled(
        policy, [[5, token] for token in range(2, 42)], list(range(40)), stop_ids=stops, max_new_tokens=6
    )
    assert set(generation.finish_reasons) == {"stop", "length"}
    for completion, reason, logprobs in zip(
        generation.completions, generation.finish_reasons, generation.logprobs, strict=True
    ):
        assert not stops & set(completion[:-1])
        assert (completion[-1] in stops) == (reason == "stop")
        assert len(completion) <= 6
        assert reason == "stop" or len(completion) == 6
        assert len(logprobs) == len(completion)


def test_a_test_of_the_tokens_ends_a_row(llama: PreTrainedModel) -> None:
    generation = sampled(
        llama, PROMPTS, [1, 2, 3, 4, 5], stop_ids=frozenset(), ends=lambda tokens: len(tokens) == 3
    )
    assert [len(completion) for completion in generation.completions] == [3] * 5
    assert set(generation.finish_reasons) == {"stop"}


def test_truncation_draws_from_the_likeliest_and_reports_the_whole_distribution(
    llama: PreTrainedModel,
) -> None:
    greedy = sampled(llama, PROMPTS, [0] * 5, temperature=0.0)
    assert sampled(llama, PROMPTS, [1, 2, 3, 4, 5], top_k=1).completions == greedy.completions
    assert sampled(llama, PROMPTS, [1, 2, 3, 4, 5], top_p=1e-6).completions == greedy.completions
    generation = sampled(llama, PROMPTS, [1, 2, 3, 4, 5], top_k=3)
    with torch.no_grad():
        whole = completion_logprobs(llama, generation.sequences(pad_id=0))
    torch.testing.assert_close(generation.logprob_matrix(), whole, atol=1e-5, rtol=0)


def test_samples_follow_the_policys_distribution(llama: PreTrainedModel) -> None:
    generation = sampled(llama, [[5, 9, 7]] * 4000, list(range(4000)), max_new_tokens=1, batch_size=1000)
    counts = torch.bincount(torch.tensor(generation.completions)[:, 0], minlength=49)
    with torch.no_grad():
        expected = llama(torch.tensor([[5, 9, 7]])).logits[0, -1].softmax(-1) * 4000
    likely = expected > 5
    statistic = float(((counts - expected)[likely] ** 2 / expected[likely]).sum())
    freedom = int(likely.sum())
    assert statistic < freedom + 4 * (2 * freedom) ** 0.5  # four standard deviations of chi-squared


def test_dropout_is_off_while_sampling_and_the_model_goes_on_as_it_was(policy: PreTrainedModel) -> None:
    expected = sampled(policy, PROMPTS, [1, 2, 3, 4, 5]).completions
    set_dropout(policy, 0.5)
    assert sampled(policy.train(), PROMPTS, [1, 2, 3, 4, 5]).completions == expected
    assert policy.training


def test_progress_counts_finished_rows(llama: PreTrainedModel) -> None:
    told: list[int] = []
    sampled(llama, PROMPTS, [1, 2, 3, 4, 5], batch_size=2, progress=told.append)
    assert told == [1, 2, 3, 4, 5]


def test_no_prompts_give_nothing(llama: PreTrainedModel) -> None:
    assert sampled(llama, [], []).completions == []


@pytest.mark.parametrize(
    ("prompts", "settings", "message"),
    [
        ([[5], [6] * 50], {}, r"prompt 1: 50 tokens and 20 new ones exceed the model's context of 64"),
        ([[]], {}, "no tokens"),
        ([[5]], {"temperature": -1.0}, "temperature"),
        ([[5]], {"top_p": 0.0}, "top_p"),
        ([[5]], {"top_k": -1}, "top_k"),
        ([[5]], {"max_new_tokens": 0}, "max_new_tokens"),
    ],
)
def test_what_cannot_be_sampled_is_refused(
    llama: PreTrainedModel, prompts: list[list[int]], settings: dict, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        sampled(llama, prompts, [0] * len(prompts), **settings)


def test_the_whole_context_can_be_used(policy: PreTrainedModel) -> None:
    generation = sampled(policy, [[6] * 44], [0], stop_ids=frozenset())
    assert len(generation.completions[0]) == 20


def test_each_prompt_needs_a_seed(llama: PreTrainedModel) -> None:
    with pytest.raises(InputError, match="2 prompts but 1 seeds"):
        sampled(llama, [[5], [6]], [0])


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_decoding_step_and_a_models_own_pass_give_the_same_tokens(
    policy: PreTrainedModel, precision: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts, seeds = [[5, *[6] * (row % 7), row % 40 + 2] for row in range(40)], list(range(40))
    stops = frozenset(range(1, 12))
    with arithmetic(precision, torch.device("cpu")):
        stepped = sampled(policy, prompts, seeds, stop_ids=stops, batch_size=16)
        monkeypatch.setattr("tutelage.rollout.batch.decoding_step", lambda _: None)
        own_pass = sampled(policy, prompts, seeds, stop_ids=stops, batch_size=16)
    assert stepped.completions == own_pass.completions
    assert torch.allclose(stepped.logprob_matrix(), own_pass.logprob_matrix(), atol=1e-5)


def test_recorded_steps_give_the_tokens_of_plain_ones(
    llama: PreTrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but the recording itself, which takes a GPU: columns, masks and positions are counted by tensors."""
    prompts, seeds = [[5, *[6] * (row % 7), row % 40 + 2] for row in range(40)], list(range(40))
    stops = frozenset(range(1, 12))
    plain = sampled(llama, prompts, seeds, stop_ids=stops, batch_size=16)
    monkeypatch.setattr("tutelage.rollout.batch.recording_pays", lambda _: True)
    assert sampled(llama, prompts, seeds, stop_ids=stops, batch_size=16).completions == plain.completions


def test_rows_that_have_left_take_no_position_beyond_the_context(policy: PreTrainedModel) -> None:
    """Rows that fill the whole context go on, unheard, beside those that entered after them."""
    prompts = [[*[5] * 39, row % 40 + 2] for row in range(120)]
    generation = sampled(
        policy, prompts, list(range(120)), stop_ids=frozenset(range(2, 9)), max_new_tokens=24, batch_size=20
    )
    assert 1 < generation.finish_reasons.count("length") < 60


def test_a_family_whose_output_has_no_last_states_can_be_sampled_from() -> None:
    config = Llama4TextConfig(
        vocab_size=50,
        hidden_size=32,
        intermediate_size=48,
        intermediate_size_mlp=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        num_local_experts=2,
        max_position_embeddings=64,
        pad_token_id=0,
    )
    model = use_fastest_attention(Llama4ForCausalLM(config)).eval()
    assert [len(each) for each in sampled(model, [[5, 6], [7]], [0, 1], max_new_tokens=3).completions] == [
        3,
        3,
    ]
