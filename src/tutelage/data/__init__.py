"""From records to token batches, and records from files and back.

The names are loaded on first use: those that read files and clean prompts need no torch, those that make
tensors do.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tutelage.data.batching import epoch_order as epoch_order
    from tutelage.data.batching import micro_batches as micro_batches
    from tutelage.data.conversation import Message as Message
    from tutelage.data.conversation import prompt_of as prompt_of
    from tutelage.data.deduplication import deduplicate as deduplicate
    from tutelage.data.deduplication import without_near_duplicates as without_near_duplicates
    from tutelage.data.files import Document as Document
    from tutelage.data.files import answers_in as answers_in
    from tutelage.data.files import demonstrations_in as demonstrations_in
    from tutelage.data.files import prompts_in as prompts_in
    from tutelage.data.files import rankings_in as rankings_in
    from tutelage.data.files import read_answers as read_answers
    from tutelage.data.files import read_demonstrations as read_demonstrations
    from tutelage.data.files import read_documents as read_documents
    from tutelage.data.files import read_prompts as read_prompts
    from tutelage.data.files import read_rankings as read_rankings
    from tutelage.data.files import read_ratings as read_ratings
    from tutelage.data.files import write_demonstrations as write_demonstrations
    from tutelage.data.files import write_prompts as write_prompts
    from tutelage.data.files import write_rankings as write_rankings
    from tutelage.data.files import write_ratings as write_ratings
    from tutelage.data.packing import pack_rows as pack_rows
    from tutelage.data.pii import Finder as Finder
    from tutelage.data.pii import PersonalInformation as PersonalInformation
    from tutelage.data.pii import find_personal_information as find_personal_information
    from tutelage.data.pii import redact as redact
    from tutelage.data.pii import without_personal_information as without_personal_information
    from tutelage.data.preparation import Limits as Limits
    from tutelage.data.preparation import Prepared as Prepared
    from tutelage.data.preparation import prepare as prepare
    from tutelage.data.reading import AS_WRITTEN as AS_WRITTEN
    from tutelage.data.reading import Reading as Reading
    from tutelage.data.reading import Unusable as Unusable
    from tutelage.data.seeds import derive as derive
    from tutelage.data.seeds import generator as generator
    from tutelage.data.splits import limit_per_user as limit_per_user
    from tutelage.data.splits import split_by_user as split_by_user
    from tutelage.data.template import ChatTemplate as ChatTemplate
    from tutelage.data.template import Template as Template
    from tutelage.data.template import beginning_of_text as beginning_of_text
    from tutelage.data.template import template_for as template_for
    from tutelage.data.tokens import Example as Example
    from tutelage.data.tokens import RankedExample as RankedExample
    from tutelage.data.tokens import Sequences as Sequences
    from tutelage.data.use_cases import use_case_of as use_case_of

_HOMES = {
    "batching": ("epoch_order", "micro_batches"),
    "conversation": ("Message", "prompt_of"),
    "deduplication": ("deduplicate", "without_near_duplicates"),
    "files": (
        "Document",
        "answers_in",
        "demonstrations_in",
        "prompts_in",
        "rankings_in",
        "read_answers",
        "read_demonstrations",
        "read_documents",
        "read_prompts",
        "read_rankings",
        "read_ratings",
        "write_demonstrations",
        "write_prompts",
        "write_rankings",
        "write_ratings",
    ),
    "packing": ("pack_rows",),
    "pii": (
        "Finder",
        "PersonalInformation",
        "find_personal_information",
        "redact",
        "without_personal_information",
    ),
    "preparation": ("Limits", "Prepared", "prepare"),
    "reading": ("AS_WRITTEN", "Reading", "Unusable"),
    "seeds": ("derive", "generator"),
    "splits": ("limit_per_user", "split_by_user"),
    "template": ("ChatTemplate", "Template", "beginning_of_text", "template_for"),
    "tokens": ("Example", "RankedExample", "Sequences"),
    "use_cases": ("use_case_of",),
}
_FILE_OF = {name: file for file, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _FILE_OF:
        raise AttributeError(f"module 'tutelage.data' has no attribute {name!r}")
    return getattr(import_module(f"tutelage.data.{_FILE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_FILE_OF)
