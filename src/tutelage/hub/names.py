"""Names of the hub: OWNER/NAME@REVISION, and of a data set OWNER/NAME@REVISION:CONFIGURATION:SPLIT.

Only the first part is needed; a split without a configuration is OWNER/NAME::SPLIT. Git allows no colon in a
revision and the hub none in a configuration, so that no name can be read in two ways.
"""

import re
from dataclasses import dataclass, replace

_FORM = re.compile(
    r"(?P<repository>(?:[A-Za-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*)"
    r"(?:@(?P<revision>[^\s:@]+))?"
    r"(?::(?P<configuration>[^\s:@]*)(?::(?P<split>[^\s:@]+))?)?",
    re.ASCII,
)


@dataclass(frozen=True)
class HubName:
    """A repository of the hub, and which state and part of it. `revision`: a branch, a tag or a commit; None = main."""

    repository: str
    revision: str | None = None
    configuration: str | None = None
    split: str | None = None

    @staticmethod
    def parse(text: str) -> "HubName | None":
        """The name that a text is; None where it is none, as paths are that begin or end with a dot or a slash."""
        found = _FORM.fullmatch(text)
        if found is None:
            return None
        repository, *rest = found.groups()
        return HubName(repository, *(part or None for part in rest))

    def at(self, revision: str) -> "HubName":
        """The same at another revision."""
        return replace(self, revision=revision)

    def __str__(self) -> str:
        revision = "" if self.revision is None else f"@{self.revision}"
        split = "" if self.split is None else f":{self.split}"
        configuration = f":{self.configuration or ''}" if self.configuration or split else ""
        return f"{self.repository}{revision}{configuration}{split}"
