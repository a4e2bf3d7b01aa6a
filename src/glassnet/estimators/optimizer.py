"""The optimizer: what a training has to remember to go on where it was."""

from dataclasses import dataclass
from typing import Any

from glassnet.core.activations import Array
from glassnet.core.updates import Rule, State
from glassnet.estimators.settings import rule_of, schedule_of
from glassnet.training.loop import rates_of

LOWEST_RATE = 1e-6
FALL = 5  # what "adaptive" divides the rate by


@dataclass
class Optimizer:
    """An update rule with its state, and the learning rate by now.

    Args:
        rule: how a gradient becomes a change.
        state: what the rule remembers.
        first_rate: the learning rate that it began with.
        learning_rate: of the next epoch, where no schedule says another.
        n: how many parameters it changes.
        epochs: done so far.
    """

    rule: Rule
    state: State
    first_rate: float
    learning_rate: float
    n: int
    epochs: int = 0

    @classmethod
    def begin(cls, estimator: Any, theta: Array) -> "Optimizer":
        """An optimizer that has not yet done a step."""
        rule, rate = rule_of(estimator), estimator.learning_rate_init
        return cls(rule, rule.init(theta), rate, rate, len(theta))

    def go_on(self, estimator: Any, theta: Array) -> "Optimizer":
        """The same optimizer, with what the user has changed; another for another solver, or if
        other layers are frozen."""
        rule, rate = rule_of(estimator), estimator.learning_rate_init
        if type(rule) is not type(self.rule) or len(theta) != self.n:
            return self.begin(estimator, theta)
        if rate != self.first_rate:
            self.first_rate = self.learning_rate = rate
        self.rule = rule
        return self

    def rates(self, estimator: Any, steps: int) -> Array:
        """The learning rate of each step of the next epoch."""
        return rates_of(schedule_of(estimator, self.learning_rate), self.epochs + 1, steps)

    def end_epoch(self, estimator: Any) -> None:
        """An epoch is done, and estimator.t_ examples have been seen in all."""
        self.epochs += 1
        if estimator.learning_rate == "invscaling":
            self.learning_rate = (
                estimator.learning_rate_init / (estimator.t_ + 1) ** estimator.power_t
            )

    def may_go_on(self, estimator: Any) -> bool:
        """No more progress: whether a lower rate is worth trying, which then is the rate."""
        if estimator.learning_rate != "adaptive" or self.learning_rate <= LOWEST_RATE:
            return False
        self.learning_rate /= FALL
        return True
