"""An explorer in a live notebook: ipywidgets controls, redrawn on every move."""

from html import escape

import ipywidgets as widgets

from d2lnotes.explore.bake import difference
from d2lnotes.explore.controls import Slider, Toggle
from d2lnotes.explore.svg import to_markup

WIDE = {"description_width": "initial"}
GHOST = '<g opacity="0.35" style="filter:grayscale(1)">'


class Live:
    """The widgets of one explorer, tied to its drawing function."""

    def __init__(self, explorer):
        self.explorer = explorer
        self.pinned = None
        self.is_moving = False
        self.moves = {name: _widget(control) for name, control in explorer.controls.items()}
        self.picture = widgets.Image(format="svg+xml")
        self.picture.layout = widgets.Layout(width="100%", max_width="860px")
        self.sentence = widgets.HTML()
        self.error = widgets.HTML()
        for widget in self.moves.values():
            widget.observe(self._moved, names="value")
        rows = [*self._players(), self._buttons(), self.picture, self.error, self.sentence]
        if explorer.guess:
            rows.insert(0, self._guess())
        self.widget = widgets.VBox(rows)
        self._show(explorer.first)

    def state(self):
        """The state that the widgets are in."""
        return {
            name: control.values[_position(self.moves[name])]
            for name, control in self.explorer.controls.items()
        }

    def move(self, state):
        """Set the widgets to ``state``, then draw: no state in between is seen, or can fail."""
        self.is_moving = True
        try:
            for name, value in state.items():
                control, widget = self.explorer.controls[name], self.moves[name]
                widget.value = bool(value) if isinstance(control, Toggle) else control.index(value)
        finally:
            self.is_moving = False
        self._moved(None)

    def _moved(self, change):
        if self.is_moving:
            return
        try:
            self._show(self.explorer.at(**self.state()))
            self.error.value, self.picture.layout.display = "", None
        except Exception as error:
            self.error.value = f'<pre role="alert">{escape(str(error))}</pre>'
            self.picture.layout.display = "none"  # it shows another state
            self.sentence.value = ""
            raise

    def _show(self, state):
        behind = ""
        if self.pinned is not None:
            ghost = "".join(to_markup(node) for node in difference(self.pinned.tree, state.tree))
            behind = f"{GHOST}{ghost}</g>" if ghost else ""
        paper = '<rect width="100%" height="100%" fill="#ffffff"/>'
        size = ' width="{:g}" height="{:g}"'.format(*(108 * s for s in self.explorer.figsize))
        self.picture.value = self.explorer.svg(state.tree, paper + behind, size).encode()
        self.sentence.value = f"<p>{escape(state.sentence)}</p>"
        self.shown = state

    def _players(self):
        for name, widget in self.moves.items():
            control = self.explorer.controls[name]
            if isinstance(control, Slider) and control.play:
                play = widgets.Play(
                    value=control.start_index, min=0, max=len(control.values) - 1, interval=250
                )
                widgets.link((play, "value"), (widget, "index"))
                yield widgets.HBox([play, widget])
            else:
                yield widget

    def _buttons(self):
        pin = widgets.ToggleButton(description="Pin this state", icon="thumb-tack")
        reset = widgets.Button(description="Reset", icon="undo")

        def pin_or_release(change):
            self.pinned = self.shown if change["new"] else None
            self._moved(None)

        pin.observe(pin_or_release, names="value")
        reset.on_click(lambda _: self.move(self.explorer.start))
        return widgets.HBox([pin, reset])

    def _guess(self):
        guess = self.explorer.guess
        pick = widgets.RadioButtons(options=list(guess.answers), value=None)
        pick.layout = widgets.Layout(width="max-content")
        commit = widgets.Button(description="Commit to this guess", disabled=True)
        verdict = widgets.HTML()
        pick.observe(lambda change: setattr(commit, "disabled", False), names="value")

        def reveal(_):
            pick.disabled = commit.disabled = True
            guessed, is_right = guess.answers[pick.value], pick.value == guess.truth
            stays = bool(guessed) and not is_right  # an answer may be no state of the figure
            self.pinned = self.explorer.at(**{**self.state(), **guessed}) if stays else None
            self.move(guess.answers[guess.truth])
            right = "That is right." if is_right else "Your guess stays in grey." * stays
            verdict.value = (
                f"You said: <b>{escape(pick.value)}</b>. The figure says: "
                f"<b>{escape(guess.truth)}</b>. {right}"
            )

        commit.on_click(reveal)
        question = widgets.HTML(f"<b>{escape(guess.question)}</b>")
        return widgets.VBox([question, pick, commit, verdict])


def _widget(control):
    if isinstance(control, Toggle):
        return widgets.Checkbox(value=control.start, description=control.label, style=WIDE)
    options = list(zip(control.shown, range(len(control.values)), strict=False))
    make = widgets.SelectionSlider if isinstance(control, Slider) else widgets.Dropdown
    layout = widgets.Layout(width="min(100%, 520px)")
    return make(options=options, index=control.start_index, description=control.label, style=WIDE,
                layout=layout)  # fmt: skip


def _position(widget):
    return int(widget.value) if isinstance(widget, widgets.Checkbox) else widget.index
