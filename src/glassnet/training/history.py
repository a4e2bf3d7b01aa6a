"""History: the epochs of a training, kept to be looked at."""

from glassnet.training.loop import Epoch


class History(list[Epoch]):
    """The epochs of a training, as a list that a notebook shows as curves.

    Example:
        >>> history = History([Epoch(1, 0.5, 0.1, 2.0, 100), Epoch(2, 0.3, 0.1, 2.0, 100)])
        >>> [epoch.loss for epoch in history]
        [0.5, 0.3]
    """

    def _repr_html_(self) -> str:
        from glassnet.display.cards import Column, history_card

        losses: dict[str, Column] = {
            "training loss": [epoch.loss for epoch in self],
            "validation loss": [epoch.validation_loss for epoch in self],
        }
        accuracies: dict[str, Column] = {
            "training accuracy": [epoch.train_accuracy for epoch in self],
            "validation accuracy": [epoch.validation_accuracy for epoch in self],
        }
        return history_card([epoch.number for epoch in self], losses, accuracies)
