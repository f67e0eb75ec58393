"""From what users asked to prompts that the method may use (paper, section 3.2 and appendix A): filter after filter.

Each takes prompts away and tells how many, and why. What was prepared before counts in each of them, so that preparing
again, with more, comes to the same as preparing all at once: no text twice, no user beyond the limit or on two sides.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tutelage.data.characters import without_invisible
from tutelage.data.deduplication import (
    NEAR,
    deduplicate,
    finds_near_duplicates,
    without_near_duplicates,
)
from tutelage.data.pii import Finder, Form, redact
from tutelage.data.splits import limit_per_user, split_by_user
from tutelage.schema import Prompt, UseCase


@dataclass(frozen=True)
class Limits:
    """What of the collected prompts is too much.

    drop_personal: leave out prompts with personal information, where by default it is redacted. per_user: prompts of
    one user; tokens: of one prompt; near: see `without_near_duplicates`; valid, test: shares of the users.
    """

    drop_personal: bool = False
    near: float = NEAR
    per_user: int = 200
    tokens: int = 1000
    valid: float = 0.1
    test: float = 0.1
    seed: int = 0


@dataclass(frozen=True)
class Step:
    """One filter: how many prompts it took, how many it left, and why."""

    name: str
    taken: int
    left: int
    why: str = ""


@dataclass(frozen=True)
class Prepared:
    """New prompts with use case and split, and how it came to them.

    steps: in their order, what was collected first. found: pieces of personal information by form. excerpts: places
    where some was found, already redacted.
    """

    prompts: list[Prompt]
    steps: list[Step]
    found: dict[Form, int]
    excerpts: list[str]


@dataclass
class _Sieve:
    """The prompts that are left, and the steps so far."""

    left: list[Prompt]
    steps: list[Step] = field(default_factory=list)

    def keep(self, name: str, left: Sequence[Prompt], why: str = "") -> None:
        """Go on with these; why: where any were taken."""
        self.note(name, left, why if len(left) < len(self.left) else "")

    def note(self, name: str, left: Sequence[Prompt], why: str) -> None:
        """Go on with these; why: also where none was taken."""
        self.steps.append(Step(name, len(self.left) - len(left), len(left), why))
        self.left = list(left)


def prepare(
    collected: Sequence[Prompt],
    *,
    find: Finder,
    tokens_of: Callable[[str], int],
    use_cases_of: Callable[[Sequence[str]], Sequence[UseCase]],
    limits: Limits | None = None,
    prepared: Sequence[Prompt] = (),
    others: Sequence[Prompt] = (),
) -> Prepared:
    """The prompts among those collected that are new and may be used.

    Args:
        collected: in the order of their coming, each with its user. Blank ones, of invisible characters, do not count.
        find: what counts as personal information.
        tokens_of: the length of a text, as it was asked: a placeholder may make it a little longer.
        use_cases_of: asked once, for the texts that are left.
        limits: the paper's by default.
        prepared: what was made of earlier ones; it counts in every limit.
        others: prompts that are there for another reason, such as the labelers': a text stands on one side only.
    """
    limits = limits or Limits()
    known = [*others, *prepared]
    written = [prompt for prompt in collected if without_invisible(prompt.text).strip()]
    sieve = _Sieve(written, [Step("collected", 0, len(written))])
    # first of all: what is dropped for its length is not searched, and takes nobody's place
    short = [prompt for prompt in sieve.left if tokens_of(prompt.text) <= limits.tokens]
    sieve.keep("too long", short, f"more than {limits.tokens} tokens")
    clean, found, excerpts = _without_personal(sieve.left, find, limits.drop_personal)
    touched = len(set(sieve.left) - set(clean))
    done = "dropped" if limits.drop_personal else "redacted"
    sieve.note("personal information", clean, f"{touched} different prompts {done}" if touched else "")
    texts = {prompt.text for prompt in prepared}
    sieve.keep("prepared before", [prompt for prompt in sieve.left if prompt.text not in texts])
    sieve.keep(
        "duplicates", deduplicate(sieve.left, known=known), "the same text, or the same first 200 characters"
    )
    if finds_near_duplicates():
        near = without_near_duplicates(sieve.left, limits.near, known)
        sieve.keep("near-duplicates", near, f"{limits.near:.0%} of the runs of three words or more in common")
    else:
        sieve.note("near-duplicates", sieve.left, "not looked for: pip install 'tutelage[privacy]'")
    beyond = limit_per_user(sieve.left, limits.per_user, prepared)
    users = {prompt.user for prompt in set(sieve.left) - set(beyond)}
    sieve.keep("too many of a user", beyond, f"{len(users)} users have more than {limits.per_user}")
    tagged = [
        prompt.model_copy(update={"use_case": use_case})
        for prompt, use_case in zip(
            sieve.left, use_cases_of([prompt.text for prompt in sieve.left]), strict=True
        )
    ]
    prompts = split_by_user(tagged, limits.valid, limits.test, limits.seed, known)
    return Prepared(prompts, sieve.steps, dict(found.most_common()), excerpts)


def _without_personal(
    prompts: Sequence[Prompt], find: Finder, drop: bool
) -> tuple[list[Prompt], Counter[Form], list[str]]:
    """The prompts without personal information, how much there was by form, and where it stood."""
    clean: list[Prompt] = []
    found: Counter[Form] = Counter()
    excerpts: list[str] = []
    for prompt in prompts:
        findings = find(prompt.text)
        if not findings:
            clean.append(prompt)
            continue
        found.update(finding.form for finding in findings)
        redacted = redact(prompt.text, findings)
        excerpts += [
            _excerpt(redacted, each) for each in dict.fromkeys(finding.placeholder for finding in findings)
        ]
        if not drop:
            clean.append(prompt.model_copy(update={"text": redacted}))
    return clean, found, excerpts


def _excerpt(redacted: str, placeholder: str, characters: int = 40) -> str:
    """The words around a placeholder, in one line."""
    start = redacted.index(placeholder)
    end = start + len(placeholder)
    around = redacted[max(start - characters, 0) : end + characters]
    return " ".join(around.split())
