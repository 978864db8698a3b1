"""What a reader can move: sliders, choices, toggles, and the guess made before moving them."""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from numbers import Real


def spell(value):
    """Write a grid value as a link does: three significant digits, whole numbers in full.

    There is no plus sign in it (1e6, not 1e+06): in a link it would stand for a blank.

    >>> spell(0.00012345), spell(1500), spell(True), spell("all")
    ('0.000123', '1500', '1', 'all')
    """
    if isinstance(value, str):
        return value
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.3g}".replace("e+0", "e").replace("e+", "e")


class Control:
    """A grid of values with a start and a label; see `Slider`, `Choice` and `Toggle`."""

    kind = ""

    def __init__(self, values, start, label):
        self.values, self.label = tuple(values), label
        if not self.values:
            raise ValueError(f"expected at least two values for {label!r}, got none")
        if not isinstance(label, str) or not label.strip():
            raise ValueError(f"expected a label that a reader can see and hear, got {label!r}")
        if "$" in label:
            raise ValueError(f"cannot show LaTeX in a control; write Unicode (η, λ, σ²): {label!r}")
        self.start = self.values[0] if start is None else start
        self.start_index = self.index(self.start, "start value")

    def index(self, value, what="value"):
        """Return the position of ``value`` on the grid, or raise a ValueError that shows it."""
        for k, one in enumerate(self.values):
            if one == value or (
                isinstance(one, Real)
                and isinstance(value, Real)
                and math.isclose(one, value, rel_tol=1e-6)  # 0.1 may have been a float32
            ):
                return k
        grid = ", ".join(self.spelt)
        raise ValueError(f"{self.label}: {what} {value!r} is not on the grid; it has {grid}")

    @property
    def spelt(self):
        """The values as they stand in links."""
        return [spell(value) for value in self.values]

    @property
    def shown(self):
        """The values as the reader sees them."""
        return self.spelt


class Slider(Control):
    """A slider over an increasing grid of numbers.

    Parameters
    ----------
    values : iterable of numbers
        At least two, finite and strictly increasing; neighbours must differ in the first three
        significant digits, which is what links write.
    start : number, optional
        A value of the grid; the first if not given.
    label : str
        What the reader sees and hears beside the slider. Unicode, no LaTeX.
    play : bool
        Add a play button that steps through the values: for a time axis.
    unit : str
        Follows the value where it is shown, as in ``"epochs"``.

    Raises
    ------
    ValueError
        The grid is empty, unsorted, repeats a value or has NaN, or ``start`` is not on it.

    Examples
    --------
    >>> Slider(range(4), start=3, label="polynomial degree").start_index
    3
    """

    kind = "slider"

    def __init__(self, values, start=None, label="", *, play=False, unit=""):
        values = [v.item() if hasattr(v, "item") else v for v in values]
        if len(values) == 1:
            raise ValueError(f"expected at least two values for {label!r}, got {values}")
        for one in values:
            if isinstance(one, bool) or not isinstance(one, Real) or not math.isfinite(one):
                raise ValueError(
                    f"expected finite numbers for the slider {label!r}, got {one!r}; "
                    "use Choice for words and Toggle for on and off"
                )
        for a, b in itertools.pairwise(values):
            if not a < b:
                what = "repeats" if a == b else "is not sorted at"
                raise ValueError(
                    f"the grid of {label!r} {what} {a!r}, {b!r}; sort it, drop doubles"
                )
            if spell(a) == spell(b):
                raise ValueError(
                    f"links write three significant digits, and {a!r} and {b!r} of {label!r} "
                    f"are both {spell(a)}; choose a coarser grid"
                )
        super().__init__(values, start, label)
        self.play, self.unit = play, unit

    @property
    def shown(self):
        spelt = [s.replace("-", "−").replace("e−0", "e−") for s in self.spelt]
        return [f"{s} {self.unit}".strip() for s in spelt]


class Choice(Control):
    """A menu of words or numbers.

    Parameters
    ----------
    values : iterable of str or number
        At least two, all different.
    start, label
        As for `Slider`.

    Examples
    --------
    >>> Choice(["squared", "absolute"], label="loss").start
    'squared'
    """

    kind = "choice"

    def __init__(self, values, start=None, label=""):
        values = [v.item() if hasattr(v, "item") else v for v in values]
        for one in values:
            is_word = isinstance(one, str) and one.strip()
            if not is_word and not (isinstance(one, Real) and math.isfinite(one)):
                raise ValueError(f"expected words or finite numbers for {label!r}, got {one!r}")
        spelt = [spell(v) for v in values]
        if len(set(spelt)) < len(spelt):
            raise ValueError(f"the choices of {label!r} repeat: {', '.join(spelt)}")
        if len(values) == 1:
            raise ValueError(f"expected at least two choices for {label!r}, got {values}")
        super().__init__(values, start, label)


class Toggle(Control):
    """A checkbox.

    >>> Toggle(label="add an outlier").values
    (False, True)
    """

    kind = "toggle"

    def __init__(self, start=False, label=""):
        super().__init__((False, True), bool(start), label)

    @property
    def shown(self):
        return ["off", "on"]


@dataclass(frozen=True)
class Guess:
    """A question that the reader answers before the figure does.

    Parameters
    ----------
    question : str
        Ends with a question mark.
    answers : dict of str to dict
        What the reader can pick, and the state of the controls that shows it (``{}`` where the
        answer is no state): ``{"degree 3": {"degree": 3}, "degree 15": {"degree": 15}}``.
        Once the reader commits, the figure moves to the true answer's state and keeps the
        guessed one in grey.
    truth : str
        One of the answers. Compute it in the notebook; never type what a run can tell.

    Raises
    ------
    ValueError
        Fewer than two answers, or ``truth`` is not one of them.
    """

    question: str
    answers: dict = field(default_factory=dict)
    truth: str = ""

    def __post_init__(self):
        if not isinstance(self.answers, dict) and isinstance(self.answers, Iterable):
            object.__setattr__(self, "answers", {answer: {} for answer in self.answers})
        if len(self.answers) < 2:
            raise ValueError(f"expected at least two answers to {self.question!r}")
        if self.truth not in self.answers:
            raise ValueError(
                f"the truth {self.truth!r} is not among the answers {list(self.answers)}"
            )
