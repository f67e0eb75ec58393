"""A reward model on texts."""

from pathlib import Path

import pytest
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

import tutelage
from tutelage.data.template import Template
from tutelage.models import reward_model_from, save_model
from tutelage.rollout import Scorer, load_reward_model

PROMPTS = ["one fish", "two", "one fish", "red fish blue fish", "one fish"]
COMPLETIONS = ["yes", "", "no no no", "A", "perhaps"]


@pytest.fixture
def reward_model(llama: PreTrainedModel) -> PreTrainedModel:
    model = reward_model_from(llama)
    torch.nn.init.normal_(model.score.weight)
    return model


def test_scores_fall_on_end_of_text_whatever_the_batch(
    reward_model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast
) -> None:
    template = Template(suffix=" ")
    scores = Scorer(reward_model, tokenizer, template)(PROMPTS, COMPLETIONS)
    assert scores.shape == (5,)
    for row, (prompt, completion) in enumerate(zip(PROMPTS, COMPLETIONS, strict=True)):
        tokens = [*tokenizer.encode(f"{prompt} {completion}"), tokenizer.eos_token_id]
        with torch.no_grad():
            plain = reward_model(torch.tensor([tokens])).logits[0, 0]
        torch.testing.assert_close(scores[row], plain, atol=1e-5, rtol=1e-5)
    small = Scorer(reward_model, tokenizer, template, batch_tokens=1)(PROMPTS, COMPLETIONS)
    torch.testing.assert_close(small, scores, atol=1e-5, rtol=1e-5)
    assert Scorer(reward_model, tokenizer, template)([], []).shape == (0,)


def test_a_folder_is_loaded_ready_to_score(
    reward_model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    save_model(reward_model, tokenizer, tmp_path / "rm")
    expected = Scorer(reward_model, tokenizer)(PROMPTS, COMPLETIONS)
    torch.testing.assert_close(load_reward_model(tmp_path / "rm")(PROMPTS, COMPLETIONS), expected)
    torch.testing.assert_close(tutelage.load_reward_model(tmp_path / "rm")(PROMPTS, COMPLETIONS), expected)
