"""Models that say what a test has them say, word by word, and no further than it lets them."""

import re
import threading
from collections.abc import Callable, Mapping

from tests.serving.house import samplers

from tutelage.rollout import Piece, Request, Service, Ticket, Token
from tutelage.rollout.stopping import StopStrings
from tutelage.rollout.unfolding import Unfolding

WORDS = re.compile(r"\S+\s*|\s+")


class Scripted(Service):
    """Draws nothing; `held`: after how many words it waits for `gate`; `broken`: models that fail in the middle."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._tiny = samplers()["tiny"]
        super().__init__(dict.fromkeys(answers, self._tiny))
        self.answers = dict(answers)
        self.broken: set[str] = set()
        self.asked: list[tuple[str, Request]] = []
        self.held = 3
        self.gate = threading.Event()
        self.gate.set()

    def submit(self, model: str, request: Request, listener: Callable[[Piece], None]) -> Ticket:
        """Begin to speak, in a thread of its own."""
        self.asked.append((model, request))
        stops = StopStrings((), self._tiny.tokenizer, self._tiny.template)
        unfolding = Unfolding(stops, frozenset(), request.max_new_tokens)
        ticket = Ticket(model, request, listener, unfolding)
        threading.Thread(target=self._speak, args=(ticket,), daemon=True).start()
        return ticket

    def _speak(self, ticket: Ticket) -> None:
        words = WORDS.findall(self.answers[ticket.model])
        said = words[: ticket.request.max_new_tokens]
        for number, word in enumerate(said):
            if number == self.held:
                self.gate.wait()
            if ticket.cancelled:
                return
            ticket.listener(Piece(word, (Token(2, -1.0),)))
        if ticket.model in self.broken:
            ticket.listener(Piece("", (), error=RuntimeError("out of memory")))
        else:
            ticket.listener(Piece("", (Token(1, -1.0),), "stop" if len(said) == len(words) else "length"))
