"""Interactive figures: one drawing function, moved in a notebook and in the built book."""

from d2lnotes.explore.controls import Choice, Guess, Slider, Toggle
from d2lnotes.explore.explorer import Explorer, explore

__all__ = ["Choice", "Explorer", "Guess", "Slider", "Toggle", "explore"]
