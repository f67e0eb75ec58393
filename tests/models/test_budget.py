"""How many tokens pass at once: by the device, and on a GPU by what their activations take."""

from transformers import PreTrainedModel

from tutelage.models import tokens_at_once
from tutelage.models.budget import CPU_TOKENS, activations_fit


def test_on_a_cpu_it_is_what_stays_in_the_cache(llama: PreTrainedModel) -> None:
    assert tokens_at_once(llama) == CPU_TOKENS


def test_twice_the_memory_holds_twice_the_tokens(llama: PreTrainedModel) -> None:
    a_token = 34 * 32 * 2 * 2  # width 32, two blocks, 32-bit numbers
    assert activations_fit(llama, 10_000 * a_token) == 10_000
    assert activations_fit(llama, 20_000 * a_token) == 20_000
    assert activations_fit(llama, 0) == CPU_TOKENS
    assert activations_fit(llama.bfloat16(), 10_000 * a_token) == 20_000
