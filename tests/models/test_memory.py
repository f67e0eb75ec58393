"""Freed memory stays: a large tensor is made in the place of the one before it."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource
import torch
from tutelage.models import keep_freed_memory

def faults():
    start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.ones(2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - start

before = faults()
print(keep_freed_memory())
faults()
print(before, faults())
"""


def test_pages_are_taken_from_the_system_once():
    kept, counts = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    ).stdout.split("\n")[:2]
    if kept == "False":
        pytest.skip("the C library's allocator has no such settings")
    before, after = map(int, counts.split())
    assert before > 1000
    assert after < 100
