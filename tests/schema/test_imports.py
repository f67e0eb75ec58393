"""The labelers' side starts without torch, and so does the package itself."""

import subprocess
import sys

import pytest

import tutelage

PROGRAM = """
import sys
{imports}
heavy = {{"torch", "transformers"}} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.mark.parametrize(
    "imports",
    [
        "import tutelage; dir(tutelage); tutelage.__version__",
        "import tutelage.schema, tutelage.store",
        "from tutelage.data import deduplicate, derive, read_rankings, split_by_user",
    ],
)
def test_no_torch(imports):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(imports=imports)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_unknown_names_are_refused_as_by_any_module():
    with pytest.raises(AttributeError, match="policy"):
        _ = tutelage.policy
