"""How numbers are written for a reader: rounded to what their intervals can bear, with those intervals."""

import re

from tutelage.report.results import Interval

DASH = "\u2013"
MINUS = "\u2212"


def percent(value: float, digits: int = 1) -> str:
    """.6134 -> "61.3 %"."""
    return f"{value * 100:.{digits}f} %".replace("-", MINUS)


def percent_interval(figure: Interval) -> str:
    """ "61.3 % (58.0-64.5)"."""
    return f"{percent(figure.value)} ({figure.low * 100:.1f}{DASH}{figure.high * 100:.1f})".replace(
        "-", MINUS
    )


def decimal(value: float, digits: int = 2) -> str:
    """-.1234 -> "-0.12", with a real minus sign."""
    return f"{value:.{digits}f}".replace("-", MINUS)


def decimal_interval(figure: Interval, digits: int = 2) -> str:
    """ "4.94 (4.81 to 5.07)"."""
    return (
        f"{decimal(figure.value, digits)} ({decimal(figure.low, digits)} to {decimal(figure.high, digits)})"
    )


def points_interval(figure: Interval) -> str:
    """A change of a rate, in percentage points: "-1.2 (-2.5 to +0.1)"."""
    return f"{points(figure.value)} ({points(figure.low)} to {points(figure.high)})"


def points(value: float) -> str:
    """A signed number of percentage points."""
    return f"{value * 100:+.1f}".replace("-", MINUS)


def signed_interval(figure: Interval, digits: int = 3) -> str:
    """A change in any other unit, with its sign."""
    return f"{signed(figure.value, digits)} ({signed(figure.low, digits)} to {signed(figure.high, digits)})"


def signed(value: float, digits: int = 3) -> str:
    """A number with its sign."""
    return f"{value:+.{digits}f}".replace("-", MINUS)


def unbroken(text: str) -> str:
    """The same words, with names and numbers kept on one line."""
    text = re.sub(r"(?<=\d) (?=%|±|nats|points|s\b|min\b|h\b)|(?<=±) ", "\u00a0", text)
    text = re.sub(rf"(?<=\d){DASH}(?=\d)", f"{DASH}\u2060", text)
    return text.replace("PPO-ptx", "PPO\u2011ptx").replace("GPT-3", "GPT\u20113")


def count(number: int) -> str:
    """A number with thin spaces between thousands, kept on one line."""
    return f"{number:,}".replace(",", "\u202f")


def duration(seconds: float) -> str:
    """A time as people say it: 8.2 s, 3 min 20 s, 2 h 05 min."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
