"""What a prompt is for, by rules over its words: the ten use cases of the paper's table 1.

The rules read the beginning of a prompt, where most say what they want, and its form; they go from the plainest sign
to the weakest. They are right often, not always: people correct them in the labeling app, a model can be asked instead.
"""

import re

from tutelage.schema import UseCase

LONG = 400
"""Characters from which a text holds a passage beside the question about it."""

_SPEAKERS = re.compile(
    r"^[ \t]*(?:human|user|ai|bot|assistant|you|me|friend|customer|marv|agent)[ \t]*:", re.I | re.M
)
_SUMMARIZE = re.compile(
    r"\b(?:summari[sz]e|summary of|tl;?dr|in a nutshell|sum up|main points|key points|condense)\b", re.I
)
_REWRITE = re.compile(
    r"\b(?:re-?write|rephrase|paraphrase|reword|translate|proofread|correct (?:the|this|my) (?:grammar|spelling|text)"
    r"|(?:make|turn) (?:this|it|the following)\b.{0,60}\b(?:more|less|into|polite|formal|shorter|longer)"
    r"|edit (?:this|the following)|fix (?:the|this|my) (?:grammar|spelling|code|text)|convert\b.{0,60}\b(?:to|into))\b",
    re.I | re.S,
)
_CLASSIFY = re.compile(
    r"\b(?:classif(?:y|ies|ication)|categori[sz]e|sentiment|label (?:this|the|each)|positive or negative|spam or"
    r"|is (?:this|it|the following)\b.{0,80}\bor\b|rate (?:this|the|each|on)|which (?:category|genre|class))\b",
    re.I | re.S,
)
_EXTRACT = re.compile(
    r"\b(?:extract|pull out|find all|list all (?:the )?\w+ (?:mentioned|named|in the)"
    r"|identify (?:all|the|each)\b.{0,40}\bin)\b",
    re.I | re.S,
)
_BRAINSTORM = re.compile(
    r"\b(?:brainstorm|ideas?|suggest(?:ions?)?|(?:list|give|name|tell|find)(?: me| us)? (?:of |the )?"
    r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten|some|several|a few)|list of|tips|ways to|what are some)\b",
    re.I,
)
_WRITE = re.compile(
    r"\b(?:write|compose|draft|create|generate|tell me a (?:story|joke)|make up|come up with|continue the"
    r"|once upon a time|poem|essay|story|letter|lyrics|blog post|cover letter|advert(?:isement)?)\b",
    re.I,
)
_ASKS = re.compile(
    r"^(?:please )?(?:who|whom|whose|what|what's|when|where|why|which|how|is|are|was|were|do|does|did|can|could|should"
    r"|would|will|explain|define|describe|tell me)\b",
    re.I,
)
_PASSAGE = re.compile(
    r"^[ \t]*(?:passage|context|article|paragraph|document|background)[ \t]*:"
    r"|\b(?:according to|based on|given) (?:the|this) (?:passage|text|article|paragraph|context|following|above)\b",
    re.I | re.M,
)


def use_case_of(text: str) -> UseCase:
    """The use case that the rules see in a prompt; `other` where they see none."""
    written = text.strip()
    told = _instruction(written)
    if len(_SPEAKERS.findall(written)) >= 2:
        return UseCase.chat
    for pattern, use_case in (
        (_SUMMARIZE, UseCase.summarization),
        (_EXTRACT, UseCase.extract),
        (_REWRITE, UseCase.rewrite),
        (_CLASSIFY, UseCase.classification),
    ):
        if pattern.search(told):
            return use_case
    asks = written.endswith("?") or bool(_ASKS.match(written))
    if _PASSAGE.search(written) and (asks or "?" in written):
        return UseCase.closed_qa
    if "?" in told and len(written) >= LONG:
        return UseCase.closed_qa
    if _BRAINSTORM.search(told):
        return UseCase.brainstorming
    if asks and not re.match(r"(?:can|could|would|will) you\b", written, re.I):
        return UseCase.open_qa
    if _WRITE.search(told):
        return UseCase.generation
    return UseCase.open_qa if asks else UseCase.other


def _instruction(written: str) -> str:
    """Where a prompt says what it wants: its first and its last paragraph, a passage between them left out."""
    paragraphs = [part for part in re.split(r"\n+", written) if part.strip()]
    if not paragraphs:
        return written
    return "\n".join(dict.fromkeys((paragraphs[0][:LONG], paragraphs[-1][-LONG:])))
