"""What stands around a prompt before a model reads it, and how texts become tokens and back.

A prompt and its completion are encoded apart and concatenated as tokens: a completion that was sampled is
trained on as the very tokens that were sampled, whatever the tokenizer would have merged across the border.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from tutelage.data.conversation import Message, messages_of
from tutelage.schema import InputError

AROUND_A_PROMPT = (
    "{% for message in messages %}{% if message.role == 'assistant' %}{{ message.content + eos_token }}"
)
"""How every `Template` goes on in transformers' language, by which it is known in a model's folder."""


class _Encoding(ABC):
    """Texts to tokens and back, the same for every template."""

    # what a template of a model's maker renders holds special tokens on purpose
    text_has_special_tokens: ClassVar[bool]

    @abstractmethod
    def render(self, prompt: str) -> str:
        """The text that the model reads for this prompt."""

    def encode_prompt(self, tokenizer: PreTrainedTokenizerBase, prompt: str) -> list[int]:
        """Token ids of the rendered prompt, after beginning-of-text where the tokenizer sets it."""
        tokens = tokenizer.encode(
            self.render(prompt),
            add_special_tokens=False,
            split_special_tokens=not self.text_has_special_tokens,
        )
        if self.text_has_special_tokens:
            return tokens
        return beginning_of_text(tokenizer) + tokens

    def encode_completion(self, tokenizer: PreTrainedTokenizerBase, completion: str) -> list[int]:
        """Token ids of a completion that ended by itself: the text's, then end-of-text.

        Raises:
            InputError: the tokenizer has no end-of-text token.
        """
        tokens = tokenizer.encode(completion, add_special_tokens=False, split_special_tokens=True)
        return [*tokens, _end(tokenizer)]

    def decode_completion(self, tokenizer: PreTrainedTokenizerBase, tokens: list[int]) -> str:
        """The text of completion tokens, special tokens left out."""
        text = tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        assert isinstance(text, str)
        return text


@dataclass(frozen=True)
class Template(_Encoding):
    """Plain text around a prompt. A prompt that spells out a special token is read as those letters."""

    prefix: str = ""
    suffix: str = "\n\n"

    text_has_special_tokens: ClassVar[bool] = False

    @staticmethod
    def parse(text: str) -> "Template":
        """A template written as one text in which `{prompt}` stands for the prompt.

        Raises:
            InputError: `{prompt}` does not stand in it exactly once.
        """
        if text.count("{prompt}") != 1:
            raise InputError(
                f"{{prompt}} stands {text.count('{prompt}')} times in the template", remedy="write it once"
            )
        prefix, suffix = text.split("{prompt}")
        return Template(prefix, suffix)

    def render(self, prompt: str) -> str:
        """Prefix, prompt, suffix."""
        return f"{self.prefix}{prompt}{self.suffix}"

    def as_chat_template(self, tokenizer: PreTrainedTokenizerBase) -> str:
        """The same in the language of transformers' `tokenizer.chat_template`, for the folder of a model.

        With it any other tool, and `template_for`, gives the model the prompts that it was trained on.
        """
        beginning = "{{ bos_token }}" if beginning_of_text(tokenizer) else ""
        prefix, suffix = (json.dumps(part, ensure_ascii=False) for part in (self.prefix, self.suffix))
        return (
            beginning + AROUND_A_PROMPT + f"{{% else %}}{{{{ {prefix} + message.content + {suffix} }}}}"
            "{% endif %}{% endfor %}"
        )


@dataclass(frozen=True)
class ChatTemplate(_Encoding):
    """The template that came with a tokenizer. A dialogue is its turns, any other prompt the user's one message.

    Where the template knows no instructions, they stand before the user's first words; where it takes no such
    turns, the dialogue is one message, too. A template that was made of a `Template` is that: text around a prompt.
    """

    tokenizer: PreTrainedTokenizerBase

    text_has_special_tokens: ClassVar[bool] = True

    def render(self, prompt: str) -> str:
        """The conversation so far, up to where the assistant's turn begins."""
        whole = [Message(role="user", content=prompt)]
        turns = whole if AROUND_A_PROMPT in str(self.tokenizer.chat_template) else messages_of(prompt)
        for messages in (turns, _without_instructions(turns)):
            try:
                text = self._rendered(messages)
            except TemplateError:
                continue
            if messages[0].content in text:  # some templates pass over instructions without a word
                return text
        return self._rendered(whole)

    def _rendered(self, messages: Sequence[Message]) -> str:
        text = self.tokenizer.apply_chat_template(
            [message.model_dump() for message in messages], tokenize=False, add_generation_prompt=True
        )
        assert isinstance(text, str)
        return text


def _without_instructions(messages: Sequence[Message]) -> Sequence[Message]:
    """The same conversation with its instructions, if it begins with some, in the turn after them."""
    if len(messages) < 2 or messages[0].role != "system":
        return messages
    first, second, *others = messages
    joined = Message(role=second.role, content=f"{first.content}\n\n{second.content}")
    return [joined, *others]


def template_for(tokenizer: PreTrainedTokenizerBase) -> Template | ChatTemplate:
    """The tokenizer's own chat template where it has one, else the plain default."""
    return ChatTemplate(tokenizer) if tokenizer.chat_template else Template()


def beginning_of_text(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The beginning-of-text token where this tokenizer puts one before every text, else nothing."""
    bos = tokenizer.bos_token_id
    return [bos] if bos is not None and tokenizer("")["input_ids"][:1] == [bos] else []


def _end(tokenizer: PreTrainedTokenizerBase) -> int:
    if tokenizer.eos_token_id is None:
        raise InputError("the tokenizer has no end-of-text token", remedy="set its eos_token")
    return int(tokenizer.eos_token_id)
