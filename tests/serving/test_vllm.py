"""A run's models in other servers: what docs/serving.md tells of their template is what they were trained on."""

import re
from pathlib import Path

from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from tutelage.data.template import Template
from tutelage.mini import base_folder
from tutelage.models import load_tokenizer

PAGE = Path(__file__).parents[2] / "docs" / "serving.md"


def test_the_template_that_is_told_is_the_packages_own() -> None:
    (told,) = re.findall(r"```jinja\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    tokenizer = load_tokenizer(base_folder())
    assert tokenizer.chat_template is None  # else it would not be needed
    assert told == Template().as_chat_template(tokenizer)
    question = [{"role": "user", "content": "Name three fruits."}]
    rendered = tokenizer.apply_chat_template(
        question, chat_template=told, tokenize=False, add_generation_prompt=True
    )
    tokens = tokenizer.encode(rendered, add_special_tokens=False)
    assert tokens == Template().encode_prompt(tokenizer, "Name three fruits.")


def test_a_folder_is_what_transformers_knows() -> None:
    folder = base_folder()
    assert AutoConfig.from_pretrained(folder).architectures == ["LlamaForCausalLM"]
    assert type(AutoModelForCausalLM.from_pretrained(folder)).__name__ == "LlamaForCausalLM"
    assert AutoTokenizer.from_pretrained(folder).eos_token == "<|end|>"
    assert (Path(folder) / "model.safetensors").is_file()
