"""Sequences end to end: every token once, and the numbers of plain padded rows."""

import itertools
import random
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from transformers import (
    DogeConfig,
    DogeForCausalLM,
    JetMoeConfig,
    JetMoeForCausalLM,
    ModernBertDecoderConfig,
    ModernBertDecoderForCausalLM,
    NemotronConfig,
    NemotronForCausalLM,
    PreTrainedModel,
)

from tutelage.data.tokens import Sequences
from tutelage.models import completion_logprobs
from tutelage.models.attention import attention, use_fastest_attention
from tutelage.models.layout import Piece, lay_out, lay_out_rows, rows_end_to_end, similar

SIZES = {
    "vocab_size": 50,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 1,
}


def drawn(seed: int, rows: int = 24) -> Sequences:
    """Prompts of 1 to 20 tokens, some of them shared, and completions of 0 to 30."""
    chance = random.Random(seed)

    def tokens(least: int, most: int) -> list[int]:
        return [chance.randrange(2, 50) for _ in range(chance.randint(least, most))]

    prompts = [tokens(1, 20) for _ in range(rows // 2)]
    return Sequences.of(
        [chance.choice(prompts) for _ in range(rows)], [tokens(0, 30) for _ in range(rows)], 0
    )


@pytest.mark.parametrize("seed", range(5))
def test_every_token_stands_once_and_is_found_again(llama: PreTrainedModel, seed: int) -> None:
    sequences = drawn(seed)
    layout = lay_out(llama, sequences)
    real = sequences.attention_mask.bool()
    assert layout.packing is not None
    assert torch.equal(layout.tokens[0][layout.places[real]], sequences.tokens[real])
    columns = torch.arange(real.shape[1]).expand_as(real)
    assert torch.equal(layout.packing.positions[0][layout.places[real]], columns[real])
    prompts = {}
    for row, (size, completion) in enumerate(zip(real.sum(1), sequences.mask.sum(1).long(), strict=True)):
        prompts[tuple(sequences.tokens[row, : size - completion].tolist())] = int(size - completion)
    assert layout.tokens.numel() == sum(prompts.values()) + int(sequences.mask.sum())
    assert layout.places[real].unique().numel() == layout.tokens.numel()


@pytest.mark.parametrize("seed", range(3))
def test_numbers_and_gradients_are_those_of_padded_rows(policy: PreTrainedModel, seed: int) -> None:
    sequences = drawn(seed)

    def measured() -> tuple[Tensor, list[Tensor]]:
        policy.zero_grad()
        logprobs = completion_logprobs(policy, sequences)
        (logprobs * torch.linspace(0.5, 1.5, logprobs.numel()).view_as(logprobs)).sum().backward()
        return logprobs.detach(), [weight.grad.clone() for weight in policy.parameters()]

    packed, gradients = measured()
    policy.set_attn_implementation("eager")
    assert lay_out(policy, sequences).packing is None
    padded, expected = measured()
    torch.testing.assert_close(packed, padded, atol=2e-5, rtol=1e-5)
    for got, wanted in zip(gradients, expected, strict=True):
        torch.testing.assert_close(got, wanted, atol=2e-4 * float(wanted.abs().max() + 1), rtol=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_spans_are_what_blocks_are(
    policy: PreTrainedModel, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The GPU's kernel is played by plain attention, one piece after the other."""
    sequences = drawn(seed)
    with torch.no_grad():
        in_blocks = completion_logprobs(policy, sequences)
        monkeypatch.setattr("tutelage.models.layout.takes_spans", lambda *_: True)
        monkeypatch.setattr("tutelage.models.attention.varlen_attn", piece_after_piece)
        in_spans = completion_logprobs(policy, sequences)
    torch.testing.assert_close(in_spans, in_blocks, atol=2e-5, rtol=1e-5)


def piece_after_piece(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    query_ends: Tensor,
    key_ends: Tensor,
    *_: int,
    **options: object,
) -> Tensor:
    assert options["window_size"] == (-1, 0)
    outputs = []
    for (start, end), (first, last) in zip(
        itertools.pairwise(query_ends.tolist()), itertools.pairwise(key_ends.tolist()), strict=True
    ):
        seen, asked = last - first, end - start
        hidden = torch.arange(seen) > torch.arange(seen - asked, seen)[:, None]
        products = torch.einsum("qhd,khd->hqk", query[start:end], key[first:last]) * options["scale"]
        weights = products.masked_fill(hidden, -torch.inf).softmax(-1)
        outputs.append(torch.einsum("hqk,khd->qhd", weights, value[first:last]))
    return torch.cat(outputs)


def test_rows_of_packed_text_are_the_same_one_after_the_other(llama: PreTrainedModel) -> None:
    rows = torch.randint(2, 50, (3, 11))
    alone, in_line = lay_out_rows(llama, rows), rows_end_to_end(llama, rows)
    assert alone.packing is None  # a CPU has no kernel of many lengths
    assert torch.equal(in_line.tokens.flatten()[in_line.places], rows)
    states = [llama.base_model(**each.arguments()).last_hidden_state for each in (alone, in_line)]
    torch.testing.assert_close(states[1].view_as(states[0]), states[0], atol=1e-5, rtol=1e-5)


def test_in_bf16_they_are_the_same_to_its_rounding(llama: PreTrainedModel) -> None:
    sequences = drawn(7)
    with torch.no_grad():
        exact = completion_logprobs(llama, sequences)
        with torch.autocast("cpu", torch.bfloat16):
            packed = completion_logprobs(llama, sequences)
            alone = torch.cat(
                [
                    completion_logprobs(llama, sequences.select([row]))[0, : int(size)]
                    for row, size in enumerate(sequences.mask.sum(1))
                ]
            )
    real = sequences.mask.bool()
    assert 0 < (packed - exact)[real].abs().max() < 0.2  # logits of about 5 have steps of 1/32
    assert (
        packed[real] - alone
    ).abs().mean() < 1e-3  # and what stands beside a sequence changes next to nothing


def test_blocks_hold_pieces_of_similar_length() -> None:
    chance = random.Random(0)
    pieces = [Piece(0, chance.randint(1, 300), 0, chance.choice((0, 20))) for _ in range(200)]
    groups = list(similar(pieces))
    assert sorted(id(piece) for group in groups for piece in group) == sorted(map(id, pieces))
    for group in groups:
        assert min(p.seen for p in group) >= min(
            0.75 * max(p.seen for p in group), max(p.seen for p in group) - 16
        )
    padded = sum(len(g) * max(p.size for p in g) * max(p.seen for p in g) for g in groups)
    assert padded < 1.5 * sum(p.size * p.seen for p in pieces)


def test_a_family_that_does_not_hand_on_the_packing_is_told() -> None:
    states, mask = torch.randn(1, 2, 6, 4), torch.zeros(1, 1, 1, 1)
    with pytest.raises(NotImplementedError, match="packed"):
        attention(nn.Linear(1, 1), states, states, states, mask)


def jetmoe() -> PreTrainedModel:
    """Repeats its keys before it attends."""
    sizes = {"num_local_experts": 4, "num_experts_per_tok": 2, "kv_channels": 8, "num_key_value_heads": 2}
    return JetMoeForCausalLM(JetMoeConfig(**SIZES, **sizes))


def nemotron() -> PreTrainedModel:
    """Does not hand on what its attention is told."""
    return NemotronForCausalLM(NemotronConfig(**SIZES, num_attention_heads=4, num_key_value_heads=2))


def doge() -> PreTrainedModel:
    """Builds masks of its own."""
    return DogeForCausalLM(DogeConfig(**SIZES, num_attention_heads=4, num_key_value_heads=2))


def modern_decoder() -> PreTrainedModel:
    """Transforms its states before the unembedding."""
    return ModernBertDecoderForCausalLM(ModernBertDecoderConfig(**SIZES, num_attention_heads=4))


@pytest.mark.parametrize("make", [jetmoe, nemotron, doge, modern_decoder])
def test_families_that_attend_or_unembed_otherwise_give_their_own_numbers(
    make: Callable[[], PreTrainedModel],
) -> None:
    torch.manual_seed(0)
    model = make().eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.1)
    sequences = Sequences.of([[5, 9, 7], [5, 9, 7], [4]], [[12, 3], [40, 8, 1], [6, 7]], 0)
    expected = []
    with torch.no_grad():
        for prompt, completion in (([5, 9, 7], [12, 3]), ([5, 9, 7], [40, 8, 1]), ([4], [6, 7])):
            logits = model(torch.tensor([prompt + completion])).logits[0].log_softmax(-1)
            expected.append(logits[torch.arange(len(completion)) + len(prompt) - 1, completion])
        logprobs = completion_logprobs(use_fastest_attention(model), sequences)
    for row, wanted in zip(logprobs, expected, strict=True):
        torch.testing.assert_close(row[: len(wanted)], wanted, atol=1e-4, rtol=1e-4)
