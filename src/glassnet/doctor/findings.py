"""Findings: what is wrong, where, what shows it, and what to try."""

from collections.abc import Sequence
from typing import NamedTuple

from glassnet.core.activations import Array

ENOUGH = 1_000  # examples to look at
SHOWN = 3  # findings in one text


class Finding(NamedTuple):
    """Something that is wrong.

    Args:
        what: what it is, in a few words.
        where: x, labels, a layer from 1 (the last is the output's), the output or the loss.
        evidence: the numbers that show it.
        advice: what to try, without a full stop.

    Example:
        >>> print(Finding("dead ReLUs", "layer 1", "9 of 10 are always 0", "a lower rate"))
        layer 1: dead ReLUs (9 of 10 are always 0). Try: a lower rate
    """

    what: str
    where: str
    evidence: str
    advice: str

    @property
    def seen(self) -> str:
        """All of it but the advice."""
        return f"{self.where}: {self.what} ({self.evidence})"

    def __str__(self) -> str:
        return f"{self.seen}. Try: {self.advice}"


def diagnosis(findings: Sequence[Finding]) -> str:
    """Findings as one text: what was seen, then what to try; "" if there are none.

    Example:
        >>> dead = [Finding("dead ReLUs", f"layer {l}", "9 of 10", "a lower rate") for l in (1, 2)]
        >>> diagnosis(dead)
        'layer 1: dead ReLUs (9 of 10); layer 2: dead ReLUs (9 of 10). Try: a lower rate'
    """
    if not findings:
        return ""
    seen = [finding.seen for finding in findings[:SHOWN]]
    if len(findings) > SHOWN:
        seen.append(f"and {len(findings) - SHOWN} more")
    advice = dict.fromkeys(finding.advice for finding in findings[:SHOWN])
    return f"{'; '.join(seen)}. Try: {'; '.join(advice)}"


def sample(rows: Array) -> Array:
    """As many rows as are enough, spread from the first to the last."""
    return rows[:: max(1, -(-len(rows) // ENOUGH))]
