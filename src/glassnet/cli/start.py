"""Where `glassnet train` starts: at random weights, or at those of a trained model."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from glassnet.model import SHIPPED, Model, load_model
from glassnet.overrides import PIXELS, Overrides
from glassnet.recipes import Recipe
from glassnet.training.transfer import transfer


@dataclass
class Start:
    """The options that say where.

    Args:
        name: the file of a trained model, or the name of the one that ships; None to start at
            random weights.
        freeze: how many of its layers stay as they are; None for none.
        new_output: whether its output layer is left behind.
    """

    name: str | None
    freeze: int | None
    new_output: bool

    @cached_property
    def model(self) -> Model | None:
        """The trained model, if there is one."""
        if self.name is None:
            return None
        return load_model(SHIPPED if self.name == SHIPPED.stem else self.name)

    def change(self, recipe: Recipe) -> Recipe:
        """The recipe with the hidden layers of the model."""
        if self.model is None:
            return recipe
        network = self.model.network
        return replace(
            recipe,
            layers=(*network.layers[:-1], recipe.layers[-1]),
            activations=network.activations,
            frozen=self.freeze or 0,
        )

    def problems(self, options: Overrides, out: Path) -> Iterable[str]:
        """Yield what is wrong with these options, and what does not go with them."""
        if self.model is None:
            if self.freeze is not None:
                yield f"--freeze {self.freeze}: only with --from"
            if self.new_output:
                yield "--new-output: only with --from"
            return
        width, n_layers = self.model.network.layers[0], len(self.model.params.W)
        if width != PIXELS:
            yield f"--from {self.name}: a model of {width} inputs, pictures have {PIXELS} pixels"
        if not 0 <= (self.freeze or 0) < n_layers:
            yield f"--freeze {self.freeze}: 0 to {n_layers - 1} of the {n_layers} layers of --from"
        for option in ("layers", "activation"):
            if getattr(options, option) is not None:
                yield f"--{option}: not with --from, which has its own"
        if self.name and out.resolve() == Path(self.name).resolve():
            yield f"--out {out.parent}: --from is there, and would be overwritten"

    def begin(self, recipe: Recipe, classes: tuple[str, ...], dtype: str | None) -> Model:
        """The model to be trained."""
        if self.model is None:
            return recipe.model(classes, dtype or "float32")
        model = recipe.model(classes, dtype or self.model.params.theta.dtype)
        transfer(self.model, model, self.new_output)
        return model

    def __str__(self) -> str:
        layers = 0 if self.model is None else len(self.model.params.W)
        return f"{self.name}, {self.freeze or 0} of {layers} layers frozen"

    def describe(self) -> dict[str, Any]:
        """What of it the model's file says."""
        return {} if self.name is None else {"from": self.name, "frozen": self.freeze or 0}
