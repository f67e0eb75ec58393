"""What a judge has answered: on the disk at once, so that nothing is paid for twice."""

import os

from pydantic import Field

from tutelage.labelers.judge.costs import Usage
from tutelage.schema.record import AnyText
from tutelage.store.cache import Entry, EntryCache


class Reply(Entry):
    """What the endpoint replied to one request."""

    text: AnyText
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)

    @property
    def usage(self) -> Usage:
        """The tokens of the request."""
        return Usage(self.prompt_tokens, self.completion_tokens)


class Cache(EntryCache[Reply]):
    """Replies by the key of their request; raises as an `EntryCache`."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(path, Reply, whose="a judge", doing="judging")
