"""The one error of explorers, and the limits that raise it."""

MAX_STATES = 500
MAX_BYTES = 150_000  # gzipped, an explorer


class ExplorerError(RuntimeError):
    """An explorer could not be drawn or stored; the message names the state."""
