"""Personally identifiable information in prompts: found, redacted, or the prompt left out (paper, section 3.2).

`numbers` and `credentials` are known by their form alone; `people` needs a cue beside it, such as "my name is";
`presidio` adds Microsoft Presidio's recognisers where they are installed. All see through a `disguise` of characters.
"""

from collections.abc import Iterable

from tutelage.data.pii import credentials, numbers, people
from tutelage.data.pii.disguise import through_disguise
from tutelage.data.pii.finding import Finder, Form, PersonalInformation, first_claims
from tutelage.schema import Prompt

__all__ = [
    "Finder",
    "Form",
    "PersonalInformation",
    "find_by_form",
    "find_personal_information",
    "redact",
    "without_personal_information",
]


@through_disguise
def find_by_form(text: str) -> list[PersonalInformation]:
    """What is known by its form alone: contacts, numbers and credentials."""
    return first_claims(credentials.candidates(text), numbers.candidates(text))


@through_disguise
def find_personal_information(text: str) -> list[PersonalInformation]:
    """All that the built-in patterns find: what `find_by_form` does, and names and addresses beside a cue."""
    return first_claims(credentials.candidates(text), numbers.candidates(text), people.candidates(text))


def redact(text: str, findings: Iterable[PersonalInformation]) -> str:
    """The text with each finding replaced by its placeholder, such as `<EMAIL>`."""
    parts, end = [], 0
    for finding in findings:
        parts += [text[end : finding.start], finding.placeholder]
        end = finding.end
    return "".join([*parts, text[end:]])


def without_personal_information(prompts: Iterable[Prompt]) -> list[Prompt]:
    """The prompts in which nothing was found by its form alone, in the order given."""
    return [prompt for prompt in prompts if not find_by_form(prompt.text)]
