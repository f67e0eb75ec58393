"""A server whose models say what a test has them say."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.labeling.browser.site import Site
from tests.serving.browser.scripted import Scripted
from tests.serving.house import LONGEST

from tutelage.serving.app import create_app
from tutelage.serving.desk import Desk
from tutelage.serving.limits import Budgets
from tutelage.serving.served import Served
from tutelage.serving.settings import Settings
from tutelage.store import Store


class Playground(Site):
    """A server of scripted models over a database of its own."""

    def __init__(self, place: Path, answers: Mapping[str, str], settings: Settings) -> None:
        self.service = Scripted(answers)
        store = Store(place)
        served = {name: Served(name, sampler, LONGEST) for name, sampler in self.service.samplers.items()}
        app = create_app(store, self.service, served, settings)
        self.desk: Desk = app.state.desk
        super().__init__(store, app)

    def forget_limits(self) -> None:
        """As if a minute had passed."""
        self.desk.budgets = Budgets()

    def __exit__(self, *exception: Any) -> None:
        self.service.gate.set()
        super().__exit__(*exception)
