"""The account of a step's memory."""

import subprocess
import sys

import pytest
import torch
from benchmarks.memory import bytes_of
from benchmarks.rounds import ROOT

PROGRAM = """
from benchmarks.memory import account
from benchmarks.plan import Run
parameters, parts = account(Run("ppo", "micro", batch=8, new_tokens=4))
print(parameters, *parts.values())
"""


def test_every_byte_of_a_step_has_an_owner() -> None:
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    parameters, weights, average, moments, gradients, rest = map(int, told.stdout.splitlines()[-1].split())
    assert average == 4 * parameters
    assert 4 * parameters * 3 < weights < 4 * parameters * 4  # two with unembedding, two without
    assert moments == pytest.approx(2 * gradients, rel=0.01)
    assert rest > 0


def test_memory_that_two_share_counts_once() -> None:
    numbers = torch.zeros(100)
    assert bytes_of([numbers, numbers[:10], torch.zeros(5)]) == 420
