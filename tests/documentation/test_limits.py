"""A limit that docs/paper.md tells of: prompts that are too long are left out, and the user can be told how many."""

from tutelage.mini.tokenizer import build_tokenizer
from tutelage.pipeline.encoding import keep_short_prompts
from tutelage.recipe import DataRecipe
from tutelage.schema import Prompt


def test_prompts_beyond_the_limit_are_dropped_and_counted() -> None:
    tokenizer = build_tokenizer(["one two three four"] * 2, 300)
    prompts = [Prompt(text="one two"), Prompt(text="one two three"), Prompt(text="one two three four")]
    # each word is a token, and the blank line after a prompt is two
    kept = keep_short_prompts(prompts, tokenizer, DataRecipe(max_prompt_tokens=5))
    assert (kept.items, kept.dropped) == (prompts[:2], 1)
