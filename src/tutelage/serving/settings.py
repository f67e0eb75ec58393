"""What the owner chooses when starting the server."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Allowance:
    """What one user may have; None is no limit. `tokens_per_minute`: those of prompts and completions together;
    `longest_completion`: tokens of one completion."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    longest_completion: int | None = None


@dataclass(frozen=True)
class Settings:
    """queue: completions that may wait for a row, of all models, before requests are refused; open: also who has no key
    is served; collect: prompts and answers are kept; allowance: of who has no limits of their own; secure: cookies over
    TLS only; largest_body: bytes; body_seconds: in which a request's body is there; stall_seconds: that a reader may
    leave its answer unread.
    """

    queue: int = 64
    open: bool = False
    collect: bool = False
    allowance: Allowance = field(default_factory=Allowance)
    secure: bool = False
    largest_body: int = 1024 * 1024
    body_seconds: float = 20.0
    stall_seconds: float = 30.0
