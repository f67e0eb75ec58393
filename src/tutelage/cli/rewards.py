"""Which reward model the user means."""

from tutelage.cli.models import addressed, is_run
from tutelage.schema import InputError


def reward_model_at(place: str) -> tuple[str, str]:
    """Address and folder of one reward model: a folder, RUN:NAME, or a run's folder, which stands for its `reward`.

    Raises InputError for a run or a model of it that is not there, and where several are named.
    """
    found = addressed(f"{place}:reward" if is_run(place) else place)
    if len(found) > 1:
        raise InputError("these are several models", place, "name one")
    [(address, folder)] = found.items()
    return address, folder
