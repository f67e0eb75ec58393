"""What is answered: the bodies of OpenAI's answers and events."""

from typing import Literal

from pydantic import BaseModel
from typing_extensions import TypedDict

from tutelage.rollout import FinishReason


class Usage(BaseModel):
    """Tokens: a prompt's once however many completions it has; a completion's with its end-of-text."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int

    @staticmethod
    def of(prompt: int, completion: int) -> "Usage":
        """With their sum."""
        return Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion)


class Completions(BaseModel):
    """What whole answers and events have in common. `system_fingerprint`: of the weights and this program."""

    id: str
    object: str
    created: int
    model: str
    system_fingerprint: str


class LikelyToken(BaseModel):
    """`bytes` is null where the token is a part of a character."""

    token: str
    logprob: float
    bytes: list[int] | None


class DrawnToken(LikelyToken):
    """With the likeliest tokens at its place."""

    top_logprobs: list[LikelyToken]


class ChatLogprobs(BaseModel):
    """Of every token drawn."""

    content: list[DrawnToken]
    refusal: None = None


class AssistantMessage(BaseModel):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class ChatChoice(BaseModel):
    """One of the n answers."""

    index: int
    message: AssistantMessage
    logprobs: ChatLogprobs | None
    finish_reason: FinishReason


class ChatCompletion(Completions):
    """A whole answer."""

    object: Literal["chat.completion"] = "chat.completion"
    choices: list[ChatChoice]
    usage: Usage


class Delta(TypedDict, total=False):
    """What is new: the role first, then text, then nothing."""

    role: Literal["assistant"]
    content: str


class ChatChunkChoice(BaseModel):
    """What is new of one of the n answers."""

    index: int
    delta: Delta
    logprobs: ChatLogprobs | None = None
    finish_reason: FinishReason | None = None


class ChatChunk(Completions):
    """An event of a stream."""

    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    choices: list[ChatChunkChoice]
    usage: Usage | None = None


class TextLogprobs(BaseModel):
    """Of every token drawn, in four lists; `text_offset`: characters of the text before each."""

    tokens: list[str]
    token_logprobs: list[float]
    top_logprobs: list[dict[str, float]]
    text_offset: list[int]


class TextChoice(BaseModel):
    """One completion; of a stream what is new of it."""

    index: int
    text: str
    logprobs: TextLogprobs | None = None
    finish_reason: FinishReason | None = None


class TextCompletion(Completions):
    """A whole answer, or an event of a stream."""

    object: Literal["text_completion"] = "text_completion"
    choices: list[TextChoice]
    usage: Usage | None = None


class ModelCard(BaseModel):
    """A served model. `context`, `longest_answer`: tokens, fields of this server's own."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: Literal["tutelage"] = "tutelage"
    context: int
    longest_answer: int


class ModelList(BaseModel):
    """All of them."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


Condition = Literal["ok", "stopping", "failed"]


class Health(BaseModel):
    """`failed`: no model can be sampled any more. `collection`: whether prompts and answers are kept."""

    status: Condition
    models: list[str]
    collection: bool
    waiting: int
    live: int
