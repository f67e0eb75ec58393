"""A step of decoding: the numbers of the model's own pass, and only for models like Llama."""

import pytest
import torch
from tests.models.conftest import gpt2, grouped_llama, sharpened, tied_llama
from torch import nn
from transformers import (
    CohereConfig,
    CohereForCausalLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    GemmaConfig,
    GemmaForCausalLM,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    GraniteConfig,
    GraniteForCausalLM,
    Ministral3Config,
    Ministral3ForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    OlmoConfig,
    OlmoForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)
from transformers.models.llama.modeling_llama import LlamaMLP

from tutelage.models import arithmetic, decoding_step
from tutelage.models.attention import HIDDEN

SIZES = {
    "vocab_size": 50,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 1,
}
CPU = torch.device("cpu")


def qwen2() -> PreTrainedModel:
    """With biases in the projections."""
    model = sharpened(Qwen2ForCausalLM(Qwen2Config(**SIZES)))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("bias"):
                weight.normal_()
    return model


def mistral() -> PreTrainedModel:
    return sharpened(MistralForCausalLM(MistralConfig(**SIZES, sliding_window=None)))


def logits_of(step, tokens):
    """(N, vocabulary): each token as a row that sees those before it."""
    places = torch.arange(len(tokens))
    mask = torch.zeros(len(tokens), 1, 1, len(tokens)).masked_fill_(
        (places > places[:, None])[:, None, None], HIDDEN
    )

    def append(_, *states):
        return tuple(each.permute(2, 1, 0, 3).expand(len(tokens), -1, -1, -1) for each in states)

    return step.logits(tokens, places, mask, append).float()


@pytest.mark.parametrize("make", [tied_llama, grouped_llama, qwen2, mistral])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_numbers_are_those_of_the_models_own_pass(make, precision):
    model, tokens = make(), torch.randint(0, 50, (12,), generator=torch.Generator().manual_seed(1))
    with arithmetic(precision, CPU), torch.no_grad():
        step = decoding_step(model)
        assert step is not None
        whole = model(input_ids=tokens[None], use_cache=False).logits[0].float()
        assert torch.allclose(
            logits_of(step, tokens), whole, atol=1e-5 if precision == "fp32" else 0.05 * whole.abs().max()
        )


@pytest.mark.parametrize(
    "model",
    [
        gpt2(),
        sharpened(Qwen3ForCausalLM(Qwen3Config(**SIZES, head_dim=8))),
        sharpened(GemmaForCausalLM(GemmaConfig(**SIZES, head_dim=8))),
        sharpened(OlmoForCausalLM(OlmoConfig(**SIZES, clip_qkv=8.0))),
        sharpened(Ministral3ForCausalLM(Ministral3Config(**SIZES))),
        sharpened(Gemma2ForCausalLM(Gemma2Config(**SIZES, head_dim=8))),
        sharpened(GraniteForCausalLM(GraniteConfig(**SIZES, residual_multiplier=0.5))),
        sharpened(CohereForCausalLM(CohereConfig(**SIZES))),
        sharpened(Phi3ForCausalLM(Phi3Config(**SIZES))),
        sharpened(
            GPTNeoXForCausalLM(
                GPTNeoXConfig(**{key: SIZES[key] for key in SIZES if key != "num_key_value_heads"})
            )
        ),
        sharpened(MistralForCausalLM(MistralConfig(**SIZES, sliding_window=4))),
    ],
    ids=lambda model: model.config.model_type,
)
def test_other_kinds_take_their_own_pass(model):
    assert decoding_step(model) is None


def test_what_listens_to_a_module_is_not_passed_over():
    model = tied_llama()
    handle = model.model.layers[0].mlp.down_proj.register_forward_hook(lambda *_: None)
    assert decoding_step(model) is None
    handle.remove()
    assert decoding_step(model) is not None


def test_an_exchanged_layer_is_not_passed_over():
    class Doubled(nn.Linear):
        def forward(self, states: torch.Tensor) -> torch.Tensor:
            return 2 * super().forward(states)

    model = tied_llama()
    assert decoding_step(model) is not None
    model.model.layers[1].mlp.down_proj = Doubled(48, 32, bias=False)
    assert decoding_step(model) is None


def test_weights_are_copied_only_to_be_rounded():
    model = tied_llama()
    decoder = decoding_step(model)
    assert decoder is not None
    [query, *_] = decoder.layers[0].queries_keys_values.parts
    assert query[0].data_ptr() == model.model.layers[0].self_attn.q_proj.weight.data_ptr()
    with arithmetic("bf16", CPU):
        rounded = decoding_step(model)
    assert rounded is not None
    [(weight, _)] = rounded.layers[0].queries_keys_values.parts
    assert weight.dtype == torch.bfloat16
    assert len(weight) == 3 * 32


def test_a_wrapped_layer_and_a_lone_bias_are_not_passed_over():
    model = tied_llama()
    assert decoding_step(model) is not None
    layer = model.model.layers[0].self_attn.v_proj
    layer.forward = layer.forward
    assert decoding_step(model) is None
    del layer.forward
    layer.bias = nn.Parameter(torch.ones(32))
    assert decoding_step(model) is None


def test_an_attention_of_another_scale_and_a_family_s_heirs_are_not_passed_over():
    class Heir(LlamaMLP):
        pass

    model = tied_llama()
    assert decoding_step(model) is not None
    model.model.layers[0].self_attn.scaling = 0.3
    assert decoding_step(model) is None
    model = tied_llama()
    model.model.layers[1].mlp = Heir(model.config)
    assert decoding_step(model) is None
