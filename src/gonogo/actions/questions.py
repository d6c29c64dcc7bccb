"""What to do when a script waits: type an answer, stop it, or let it work. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gonogo.actions.script import NEVER_ANSWERED, Prompt
from gonogo.actions.terminal_readers import Waiting

QUESTION_LINES = 3
WATCHED_QUIET_S = 0.3
UNSEEN_QUIET_S = 1.0
QUESTION_LIKE_S = 5.0
_QUESTION_LIKE = re.compile(
    r"[?:>\])]\s*$|\((?:y|yes)/(?:n|no)\)|\[(?:y|yes)/(?:n|no)\]", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Move:
    """An answer to type, or why the script has to be stopped; neither means to go on waiting."""

    answer: Prompt | None = None
    stop: str = ""


class Questions:
    """Each prompt is answered once, and only when somebody waits for the answer."""

    def __init__(self, prompts: tuple[Prompt, ...], *, quiet_s: float) -> None:
        self._prompts = prompts
        self._quiet_s = quiet_s
        self.answered: list[str] = []

    def move(self, printed: str, waiting: Waiting, waited_s: float) -> Move:
        """Decide by the text printed since the last answer, who waits, and for how long already."""
        lines = [line for line in printed.splitlines() if line.strip()][-QUESTION_LINES:]
        if waiting is Waiting.NOBODY:
            return Move()
        never = NEVER_ANSWERED.search("\n".join(lines))
        prompt = None if never or not lines else self._matching(lines)
        if prompt is not None and self._may_type(printed, waiting, waited_s):
            self.answered.append(prompt.pattern)
            return Move(answer=prompt)
        if prompt is None and self._is_stuck(printed, lines, waiting, waited_s):
            return Move(stop=self._reason(lines, never=never is not None))
        return Move()

    def _matching(self, lines: list[str]) -> Prompt | None:
        """Return the unused prompt for these lines; none when the last line repeats a used one."""
        left = [prompt for prompt in self._prompts if prompt.pattern not in self.answered]
        for prompt in left:
            if re.search(prompt.pattern, lines[-1]):
                return prompt
        if any(re.search(pattern, lines[-1]) for pattern in self.answered):
            return None
        text = "\n".join(lines)
        return next((prompt for prompt in left if re.search(prompt.pattern, text)), None)

    def _may_type(self, printed: str, waiting: Waiting, waited_s: float) -> bool:
        if waiting is Waiting.READING:
            return True
        if waiting is Waiting.WATCHING:
            return waited_s >= WATCHED_QUIET_S
        return not printed.endswith("\n") and waited_s >= UNSEEN_QUIET_S

    def _is_stuck(self, printed: str, lines: list[str], waiting: Waiting, waited_s: float) -> bool:
        unfinished = bool(lines) and not printed.endswith("\n")
        if waiting is Waiting.READING and (unfinished or not lines) and waited_s >= self._quiet_s:
            return True
        if waiting is not Waiting.READING and not unfinished:
            return False  # it may watch the keyboard while it works
        question_like = bool(lines) and _QUESTION_LIKE.search(lines[-1]) is not None
        return question_like and waited_s >= max(QUESTION_LIKE_S, self._quiet_s)

    def _reason(self, lines: list[str], *, never: bool) -> str:
        if never:
            return "it asked whether to continue anyway; only a person may answer that"
        if lines and any(re.search(pattern, lines[-1]) for pattern in self.answered):
            return "it asked a second time what was answered once"
        if not lines:
            return "it waits for input without having asked anything"
        return "it asked a question that no configured prompt matches"
