"""What the owner chooses when starting the app."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """lease_seconds: how long a task is somebody's before it goes back; gold_every: about every so manieth task is a
    gold item, 0 is none; secure: cookies over TLS only; longest_text: characters of any one text.
    """

    lease_seconds: float = 1800.0
    gold_every: int = 20
    secure: bool = False
    longest_text: int = 100_000
