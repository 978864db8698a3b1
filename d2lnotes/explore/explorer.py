"""`explore` turns a drawing function into an `Explorer`: checked, drawn, live or baked."""

import inspect
import io
import itertools
import math
import os
import re
from typing import NamedTuple
from urllib.parse import quote

from matplotlib import rc_context
from matplotlib.figure import Figure

from d2lnotes import plotting
from d2lnotes.explore.bake import bake
from d2lnotes.explore.controls import Control, Guess, Slider, spell
from d2lnotes.explore.errors import MAX_STATES, ExplorerError
from d2lnotes.explore.page import panel_tags
from d2lnotes.explore.svg import document, draw_tree, to_markup
from d2lnotes.plotting import BAKE


class State(NamedTuple):
    """One state of an explorer: its sentence, its number (or None) and its picture's tree."""

    sentence: str
    value: float | None
    tree: list


def explore(*, figsize=(7.2, 3.1), guess: Guess | None = None, value: str = "", **controls):
    """Make a drawing function an interactive figure.

    The function draws on the figure it is given with plain Matplotlib (`plotting.panels` hands it
    axes) and returns a sentence that says what is seen, or that sentence and a number. It is
    drawn once, in its start state, before the cell ends, so that an error reaches the cell.

    Parameters
    ----------
    figsize : (float, float)
        Width and height in inches, 72 points each: 3.6 by 3.1 a panel reads well on a phone.
    guess : Guess, optional
        A question that the reader answers before the figure does.
    value : str
        What the returned number is, as in ``"test error"``. With two sliders the book draws a map
        of it over their grid.
    **controls : Slider, Choice or Toggle
        One for each parameter of the function after ``figure``, with the same name.

    Returns
    -------
    callable
        A decorator; what it returns is an `Explorer`, to be the last line of its cell.

    Raises
    ------
    ValueError
        A parameter without a control or a control without a parameter, or more than 500 states.
    ExplorerError
        The function raises in its start state (when the book is built: in any state), or returns
        neither a sentence nor a sentence and a finite number.

    Examples
    --------
    >>> @explore(k=Slider([1, 2], label="power"))
    ... def powers(figure, k):
    ...     plotting.panels(figure)[0].plot([0, 1, 2], [0, 1, 2**k])
    ...     return f"2 to the power {k} is {2**k}."
    >>> powers
    <Explorer fig-powers: 2 states of k>
    >>> powers.at(k=2).sentence
    '2 to the power 2 is 4.'
    """

    def decorate(function):
        return Explorer(function, controls, figsize=figsize, guess=guess, value=value)

    return decorate


class Explorer:
    """A drawing function with its controls; made by `explore`."""

    def __init__(self, function, controls, *, figsize, guess, value):
        self.function, self.controls = function, dict(controls)
        self.figsize, self.guess, self.value_label = figsize, guess, value
        name = getattr(function, "__name__", "").strip("_")
        if not name.isidentifier():
            raise ValueError(f"the figure is named after its function; give {function!r} a name")
        self.id = "fig-" + name.replace("_", "-")
        self.__doc__ = function.__doc__
        self._check_controls()
        self._check_guess()
        self.start = {name: control.start for name, control in self.controls.items()}
        self.clips, self._drawn = {}, {}
        self._figure = self._new_figure()
        self._panels, self.view_boxes = panel_tags(self._figure)
        self.first = self.at()
        self.baked = None
        if os.environ.get(BAKE):
            self.baked = bake(self)

    def __repr__(self):
        names = " × ".join(self.controls)
        return f"<Explorer {self.id}: {self.count} states of {names}>"

    # The grid ----------------------------------------------------------------------------------

    @property
    def count(self):
        """How many states the grid has."""
        return math.prod(len(control.values) for control in self.controls.values())

    def states(self):
        """Every state of the grid as a dict, the last control fastest."""
        grids = [control.values for control in self.controls.values()]
        return [
            dict(zip(self.controls, values, strict=False)) for values in itertools.product(*grids)
        ]

    def link(self, **state):
        """Return the link to a state, as it stands in Markdown.

        Values that are not named keep the figure's present ones when the link is followed.
        """
        whole = self._resolve(state)
        parts = [f"{name}={quote(spell(whole[name]), safe='')}" for name in state]
        return f"#{self.id}" + ("?" if parts else "") + "&".join(parts)

    def ordered(self):
        """The names of the sliders, the controls that have an order."""
        return [name for name, control in self.controls.items() if isinstance(control, Slider)]

    def _check_controls(self):
        first, *parameters = [*inspect.signature(self.function).parameters] or [""]
        if not first or first in self.controls:
            raise ValueError(f"{self.id}: the function's first parameter is the figure to draw on")
        for name, control in self.controls.items():
            if not isinstance(control, Control):
                raise ValueError(f"{self.id}: {name} should be a Slider, Choice or Toggle, got "
                                 f"{control!r}")  # fmt: skip
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                raise ValueError(f"{self.id}: {name!r} stands in links; use small letters")
        if missing := [name for name in parameters if name not in self.controls]:
            raise ValueError(f"{self.id}: no control for the parameter {', '.join(missing)}")
        if extra := [name for name in self.controls if name not in parameters]:
            raise ValueError(f"{self.id}: the function has no parameter {', '.join(extra)}")
        if not self.controls:
            raise ValueError(f"{self.id}: nothing to move; give the function a control")
        if self.count > MAX_STATES:
            sizes = {name: len(control.values) for name, control in self.controls.items()}
            largest = max(sizes, key=sizes.get)
            product = " × ".join(f"{name} {size}" for name, size in sizes.items())
            enough = sizes[largest] * MAX_STATES // self.count
            advice = f"give {largest} at most {enough} values, or lesser controls two or three"
            if enough < 2:
                advice = "give each control fewer values, two or three to the lesser ones"
            raise ValueError(
                f"{self.id}: {product} = {self.count} states, more than {MAX_STATES}; {advice}"
            )

    def _check_guess(self):
        for answer, state in self.guess.answers.items() if self.guess else ():
            for name, value in state.items():
                if name not in self.controls:
                    raise ValueError(f"{self.id}: the answer {answer!r} sets {name!r}, no control")
                self.controls[name].index(value, f"value of the answer {answer!r}")

    # Drawing -----------------------------------------------------------------------------------

    def at(self, **state):
        """Draw one state; controls not named are at their start.

        Returns
        -------
        State
            Its ``sentence``, its ``value`` and the picture's ``tree``.

        Raises
        ------
        ValueError
            A name that is no control, or a value that is not on its grid.
        ExplorerError
            The drawing function failed; the message names the state.
        """
        return self._draw(self._figure, self._resolve(state), drawn=self._drawn)

    def fresh(self, **state):
        """Draw one state on a figure of its own, as `at` does, but remembering nothing.

        The two agree unless the drawing function leaves something behind for the next state.
        """
        figure = self._new_figure()
        with rc_context(plotting.STYLE):
            for axes in figure.axes:
                axes.clear()  # what the start state, drawn for the layout, left: a scale, ticks
        return self._draw(figure, self._resolve(state), drawn=None)

    def _resolve(self, state):
        for name, value in state.items():
            if name not in self.controls:
                raise ValueError(f"{self.id} has no control {name!r}; it has "
                                 f"{', '.join(self.controls)}")  # fmt: skip
            self.controls[name].index(value)
        return {
            name: control.values[control.index(state.get(name, control.start))]
            for name, control in self.controls.items()
        }

    def _new_figure(self):
        """A figure laid out for the start state, and from then on frozen: axes must not jump."""
        with rc_context(plotting.STYLE):
            figure = Figure(figsize=self.figsize, dpi=72, layout="constrained")
            figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
            start = {name: control.start for name, control in self.controls.items()}
            self._call(figure, start)
            try:
                figure.draw_without_rendering()
            except Exception as error:
                raise ExplorerError(f"{self.id} at {start}: {error}") from error
            figure.set_layout_engine("none")
        return figure

    def _call(self, figure, state):
        try:
            result = self.function(figure, **state)
        except Exception as error:
            spelt = ", ".join(f"{name}={value!r}" for name, value in state.items())
            raise ExplorerError(
                f"{self.id} failed at {spelt}: {type(error).__name__}: {error}"
            ) from error
        pair = isinstance(result, tuple) and len(result) == 2
        sentence, value = result if pair else (result, None)
        if not isinstance(sentence, str) or not sentence.strip():
            raise ExplorerError(
                f"{self.id}: expected a sentence, or a sentence and a number, at {state}, "
                f"got {result!r}"
            )
        if value is None:
            return sentence, None
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise ExplorerError(f"{self.id}: expected a finite number at {state}, got {value!r}")
        return sentence, number

    def _draw(self, figure, state, drawn):
        with rc_context(plotting.STYLE):
            sentence, value = self._call(figure, state)
            try:
                tree = draw_tree(figure, self.id, self.clips, drawn, self._panels)
            except Exception as error:
                raise ExplorerError(f"{self.id} at {state}: {error}") from error
        return State(sentence, value, tree)

    def svg(self, tree=None, behind="", attributes=""):
        """The picture of a state (the start state if none is given) as an SVG document."""
        width, height = (72 * inches for inches in self.figsize)
        markup = behind + to_markup(self.first.tree if tree is None else tree)
        return document(markup, width, height, self.clips, attributes)

    def png(self, dpi=144):
        """The start state as PNG: what paper and readers of other formats get."""
        figure, stream = self._new_figure(), io.BytesIO()
        with rc_context(plotting.STYLE):
            figure.savefig(stream, format="png", dpi=dpi)
        return stream.getvalue()

    # Display -----------------------------------------------------------------------------------

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = {"text/plain": repr(self), "image/png": self.png()}
        if self.baked is not None:
            return {**bundle, "text/html": self.baked.html}
        from d2lnotes.explore.live import Live

        self._live = Live(self)
        return {**bundle, **self._live.widget._repr_mimebundle_()} | {"text/plain": repr(self)}
