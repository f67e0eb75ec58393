"""A program labels by the same rules as people."""

from collections.abc import Iterator

import httpx2
import pytest
from tests.labeling.house import PASSWORD, SITE, House, demonstrate, rank

from tutelage.labeling.client import Client
from tutelage.schema import Group, InputError, Mark, Order, Role, TaskKind, WrittenCompletion


class Bridge(httpx2.BaseTransport):
    """Carries requests to an app of this process."""

    def __init__(self, house: House) -> None:
        self._browser = house.with_cookie("")

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._browser.client._transport.handle_request(request)


@pytest.fixture
def client(house: House) -> Iterator[Client]:
    client = Client(SITE, Bridge(house))
    yield client
    client.close()


def test_it_joins_reads_and_answers_until_nothing_is_left(house: House, client: Client) -> None:
    house.store.queue.add([rank(), demonstrate()], "batch")
    client.join(house.store.accounts.invite(Role.labeler, Group.training), "Robot", PASSWORD)
    work = client.next([TaskKind.rank])
    assert work is not None
    order = Order(marks=(Mark(overall=6), Mark(overall=2)), ranks=(1, 2))
    first = client.submit(work["assignment"], order, seconds=2.0, client="the-same-client")
    assert client.submit(work["assignment"], order, client="the-same-client") == first
    work = client.next()
    assert work is not None
    client.submit(work["assignment"], WrittenCompletion(completion="hello"))
    assert client.next() is None
    assert [each.labeler for each in house.store.rankings()] == ["Robot"]


def test_it_stops_at_the_days_limit(house: House, client: Client) -> None:
    house.store.queue.add([demonstrate("a"), demonstrate("b")], "batch")
    client.join(house.store.accounts.invite(Role.labeler, Group.training), "Robot", PASSWORD)
    house.store.accounts.change("Robot", daily_limit=1)
    work = client.next()
    assert work is not None
    client.submit(work["assignment"], WrittenCompletion(completion="hello"))
    assert client.next() is None


def test_what_is_refused_is_told(house: House, client: Client) -> None:
    with pytest.raises(InputError, match="404"):
        client.join("nothing", "Robot", PASSWORD)
    with pytest.raises(InputError, match="401"):
        client.sign_in("Robot", PASSWORD)
    client.join(house.store.accounts.invite(Role.labeler, Group.training), "Robot", PASSWORD)
    with pytest.raises(InputError, match="not yours"):
        client.submit(77, WrittenCompletion(completion="hello"))


def test_another_site_is_none_of_ours() -> None:
    page = httpx2.MockTransport(lambda request: httpx2.Response(200, text="<html>hello</html>"))
    with pytest.raises(InputError, match="is no page of tutelage label"):
        Client(SITE, page).sign_in("Ann", PASSWORD)
