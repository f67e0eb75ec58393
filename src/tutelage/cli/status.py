"""The command's exit codes, beside 0 for all well."""

INPUT_ERROR = 2
"""What the user gave cannot be used."""

RUN_FAILED = 1

INTERRUPTED = 130
"""Ctrl-C."""
