"""A reward model that scores what others wrote: where it computes, and whether it can read it."""

from collections.abc import Mapping, Sequence

from tutelage.pipeline.context import tokens_seen_by
from tutelage.pipeline.device import choose_device
from tutelage.pipeline.display import silence_transformers
from tutelage.rollout import Scorer, load_reward_model
from tutelage.schema import InputError, Prompt, Ranking


def open_scorer(folder: str) -> Scorer:
    """The reward model in a folder, on the GPU where there is one. Raises InputError when the folder holds none."""
    silence_transformers()
    return load_reward_model(folder, device=choose_device("auto"))


def readable_rankings(scorer: Scorer, rankings: Sequence[Ranking]) -> list[Ranking]:
    """Those of which the reward model can see every completion with the prompt whole."""
    context = tokens_seen_by(scorer.model.config)

    def tokens(ranking: Ranking) -> int:
        asked = len(scorer.template.encode_prompt(scorer.tokenizer, ranking.prompt.text))
        said = (scorer.template.encode_completion(scorer.tokenizer, text) for text in ranking.completions)
        return asked + max(map(len, said))

    return [ranking for ranking in rankings if tokens(ranking) <= context]


def require_room(scorer: Scorer, prompts: Sequence[Prompt], outputs: Mapping[str, Sequence[str]]) -> None:
    """Raises InputError for an output that is, with its prompt, longer than what the reward model sees.

    outputs: model -> one completion a prompt, in the order of `prompts`.
    """
    context = tokens_seen_by(scorer.model.config)
    for row, prompt in enumerate(prompts):
        asked = len(scorer.template.encode_prompt(scorer.tokenizer, prompt.text))
        for model, texts in outputs.items():
            tokens = asked + len(scorer.template.encode_completion(scorer.tokenizer, texts[row]))
            if tokens > context:
                raise InputError(
                    f"the prompt {prompt.text[:60]!r} and what {model!r} said to it have {tokens} tokens, the reward "
                    f"model's context is {context}",
                    where="--reward-model",
                    remedy="name another one, or a --split or --limit without it",
                )
