"""How stages, models and files of a round are named: the last round's plainly, an earlier one's with its number."""


def numbered(name: str, number: int) -> str:
    """`ppo_ptx` of the first round -> `ppo_ptx_1`."""
    return f"{name}_{number}"


def of_round(name: str) -> tuple[str, int | None]:
    """`ppo_ptx_1` -> `ppo_ptx` and 1; `ppo_ptx` -> itself and None, for it is the last round's."""
    plain, _, number = name.rpartition("_")
    return (plain, int(number)) if plain and number.isdecimal() else (name, None)
