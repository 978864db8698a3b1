"""The small package behind *Deep Learning Notes*: an engine to read, and figures to move."""

from d2lnotes import functional, nn, optim
from d2lnotes.tensor import Tensor, no_grad

__all__ = ["Tensor", "functional", "nn", "no_grad", "optim"]
__version__ = "0.1.0"
