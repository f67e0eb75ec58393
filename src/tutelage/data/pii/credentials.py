"""Keys, tokens and passwords: whoever reads one can act as its owner.

The makers of keys give them prefixes by which they can be found; a password has none and is found only where it is
announced and has a digit or a sign in it, so that `password = input()` and "the password is required" stay.
"""

import re
from collections.abc import Iterator

from tutelage.data.pii.finding import PersonalInformation

_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[\s\S]*?(?:-----END (?:[A-Z]+ )*PRIVATE KEY-----|\Z)",
        r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}",  # JSON web tokens
        r"\btlg-[A-Za-z0-9_-]{20,}",  # our own server's
        r"\bsk-[A-Za-z0-9_-]{20,}",  # OpenAI, Anthropic and who took after them
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,}|glpat-[\w-]{20,})",
        r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",  # Amazon
        r"\bAIza[\w-]{35}(?![\w-])",  # Google
        r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",  # Slack
        r"\bhf_[A-Za-z0-9]{30,}\b",
        r"\b[prs]k_(?:live|test)_[A-Za-z0-9]{16,}\b",  # Stripe
        r"(?<=://)[^\s/:@]+:[^\s/@]+(?=@)",  # a user and a password in a URL
        r"(?i)\b(?:password|passwd|pwd|passphrase|api[ _-]?key|access[ _-]?token|secret[ _-]?key)"
        r"(?:\s*[:=]\s*|\s+is:?\s+)[\"'`]?(?P<value>(?=[^\s\"'`]*[\d!@#$%^&*])[^\s()\[\]{}<>\"'`,;]{6,}(?<![.?!]))",
    )
)


def candidates(text: str) -> Iterator[PersonalInformation]:
    """All that looks like one."""
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span("value") if "value" in pattern.groupindex else match.span()
            yield PersonalInformation("secret", start, end)
