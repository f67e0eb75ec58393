"""What may be asked: the bodies of OpenAI's requests.

A field that OpenAI knows and this server does not is taken where its value asks for nothing, and refused by its name
otherwise. Those that change no answer of OpenAI's either are taken with any value, and not read: `metadata`,
`safety_identifier`, `prompt_cache_key`, `parallel_tool_calls`, and `name` of a message. A field that nobody knows is
refused: a misspelt one would silently do nothing.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tutelage.data.conversation import Message, prompt_of

MOST_COMPLETIONS = 128
"""Of one request, those of all its prompts together."""
LONGEST_STOP = 200
"""Characters: each is looked for at every token."""

REFUSED = "refused"
"""Marks a field that is refused by its name where its value is not of its type."""
T = TypeVar("T")
Unsupported = Annotated[T | None, REFUSED]
"""A field of OpenAI's that this server does not have; T: the values that ask for nothing."""


def whole(value: object) -> object:
    """5.0 as 5: JSON does not tell them apart."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = BeforeValidator(whole)
Zero = Annotated[float, Field(ge=0, le=0)]
Nothing = Annotated[list[Any], Field(max_length=0)]
StopText = Annotated[str, Field(min_length=1, max_length=LONGEST_STOP)]
TokenId = Annotated[int, Field(ge=0, lt=2**31), Whole]
Number = Annotated[int, Field(ge=1, lt=2**31), Whole]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class StreamOptions(_Body):
    """`include_usage`: a last event says how many tokens there were. `include_obfuscation`: padding; there is none."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class Wish(_Body):
    """What both routes take. `top_k` is no field of OpenAI's: draw from so many likeliest tokens. `store` is one of its
    chat alone."""

    model: Annotated[str, Field(min_length=1)]
    n: Annotated[int, Field(ge=1, le=MOST_COMPLETIONS), Whole] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63), Whole] | None = None
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    top_k: Annotated[int, Field(ge=0, lt=2**31), Whole] | None = None
    stop: StopText | Annotated[list[StopText], Field(max_length=4)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Number | None = None
    user: Annotated[str, Field(max_length=1000)] | None = None
    store: bool | None = None

    frequency_penalty: Unsupported[Zero] = None
    presence_penalty: Unsupported[Zero] = None
    logit_bias: Unsupported[Annotated[dict[str, Any], Field(max_length=0)]] = None

    @property
    def stops(self) -> tuple[str, ...]:
        """The texts that end a completion."""
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())

    @property
    def longest(self) -> int | None:
        """Tokens of a completion, where the request says."""
        return self.max_tokens

    @property
    def alternatives(self) -> int:
        """Likeliest tokens to be told of."""
        return 0

    @property
    def may_be_kept(self) -> bool:
        """Whether the request itself has nothing against being collected, by OpenAI's own field for it."""
        return self.store is not False

    @property
    def tells_usage(self) -> bool:
        """Whether a stream ends with the numbers of tokens."""
        return bool(self.stream_options and self.stream_options.include_usage)


class TextPart(_Body):
    """A part of a message; others than texts are not understood."""

    type: Literal["text"]
    text: str


class ChatMessage(_Body):
    """One turn. `name` is not read; the fields that are null stand in answers of a server, and come back with them."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | Annotated[list[TextPart], Field(min_length=1)]
    name: str | None = None
    refusal: None = None
    annotations: Nothing | None = None
    audio: None = None
    function_call: None = None
    tool_calls: Nothing | None = None

    @property
    def message(self) -> Message:
        """As this package has it."""
        parts = self.content
        text = parts if isinstance(parts, str) else "".join(part.text for part in parts)
        return Message(role="system" if self.role == "developer" else self.role, content=text)


class TextFormat(_Body):
    """Plain text, the only form there is."""

    type: Literal["text"]


class ChatRequest(Wish):
    """POST /v1/chat/completions."""

    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    max_completion_tokens: Number | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20), Whole] | None = None

    metadata: dict[str, str] | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    parallel_tool_calls: bool | None = None

    service_tier: Unsupported[Literal["auto", "default"]] = None
    modalities: Unsupported[Annotated[list[Literal["text"]], Field(max_length=1)]] = None
    response_format: Unsupported[TextFormat] = None
    tools: Unsupported[Nothing] = None
    tool_choice: Unsupported[Literal["none", "auto"]] = None
    functions: Unsupported[Nothing] = None
    function_call: Unsupported[Literal["none", "auto"]] = None
    audio: Unsupported[None] = None
    moderation: Unsupported[None] = None
    prediction: Unsupported[None] = None
    prompt_cache_options: Unsupported[None] = None
    prompt_cache_retention: Unsupported[None] = None
    reasoning_effort: Unsupported[Literal["none"]] = None
    verbosity: Unsupported[None] = None
    web_search_options: Unsupported[None] = None

    @property
    def text(self) -> str:
        """The prompt that the conversation is. Raises ValueError where it does not end with the user."""
        return prompt_of([message.message for message in self.messages])

    @property
    def longest(self) -> int | None:
        """Tokens of a completion, where the request says."""
        return self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens

    @property
    def alternatives(self) -> int:
        """Likeliest tokens to be told of."""
        return self.top_logprobs or 0


Tokens = Annotated[list[TokenId], Field(min_length=1)]
Prompt = (
    Annotated[str, Field(min_length=1)]
    | Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
    | Tokens
    | Annotated[list[Tokens], Field(min_length=1)]
)


class CompletionRequest(Wish):
    """POST /v1/completions. `prompt` is read as it stands, without a template around it."""

    prompt: Prompt
    logprobs: Annotated[int, Field(ge=0, le=5), Whole] | None = None

    best_of: Unsupported[Annotated[int, Field(ge=1, le=1), Whole]] = None
    echo: Unsupported[Literal[False]] = None
    suffix: Unsupported[Literal[""]] = None

    @property
    def prompts(self) -> Sequence[str | Sequence[int]]:
        """Every prompt, a text or its tokens."""
        if isinstance(self.prompt, str):
            return [self.prompt]
        tokens = [each for each in self.prompt if isinstance(each, int)]
        return [tokens] if tokens else [each for each in self.prompt if not isinstance(each, int)]

    @property
    def alternatives(self) -> int:
        """Likeliest tokens to be told of."""
        return self.logprobs or 0


UNSUPPORTED = frozenset(
    name
    for body in (ChatRequest, CompletionRequest)
    for name, field in body.model_fields.items()
    if REFUSED in field.metadata
)
"""Fields of OpenAI's that are refused unless their value asks for nothing."""
