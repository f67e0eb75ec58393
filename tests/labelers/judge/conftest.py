"""An endpoint of each test's own."""

from collections.abc import Iterator

import pytest
from tests.labelers.judge.endpoint import Endpoint


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as endpoint:
        yield endpoint
