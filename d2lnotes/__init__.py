"""The small package behind *Deep Learning Notes*: an engine to read, and figures to move."""

__version__ = "0.1.0"
