"""What the tests of the engine share: random arrays, a derivative check, float64 models."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from d2lnotes.check import gradcheck
from d2lnotes.tensor import Tensor

settings.register_profile("engine", derandomize=True, deadline=None, max_examples=40, database=None)
settings.load_profile("engine")


def shapes(max_dims=3, max_side=3):
    """Shapes with scalars and empty axes among them."""
    return hnp.array_shapes(min_dims=0, max_dims=max_dims, min_side=0, max_side=max_side)


def broadcastable(num=2, max_dims=3, max_side=3):
    """Tuples of shapes that broadcast together."""
    return hnp.mutually_broadcastable_shapes(
        num_shapes=num, min_dims=0, max_dims=max_dims, min_side=0, max_side=max_side
    ).map(lambda found: found.input_shapes)


seeds = st.integers(0, 2**32 - 1)


def arrays(seed, *sizes, low=-2.0, high=2.0):
    """Float64 arrays with distinct entries that keep away from the kinks at 0 and from ties."""
    rng = np.random.default_rng(seed)
    made = []
    for shape in sizes:
        size = int(np.prod(shape))
        grid = low + (high - low) * (rng.permutation(size) + 0.25 + 0.5 * rng.random(size)) / max(
            size, 1
        )
        made.append(np.where(np.abs(grid) < 1e-2, 0.05, grid).reshape(shape))
    return made


def derivatives_agree(f, *inputs):
    """Check against central differences; of empty inputs, that gradients have their shapes."""
    if any(np.size(x) for x in inputs):
        gradcheck(f, *inputs)
        return
    tensors = [Tensor(x, requires_grad=True) for x in inputs]
    result = f(*tensors)
    result.backward(np.ones(result.shape))
    for x in tensors:
        assert x.grad.shape == x.shape and x.grad.dtype == x.dtype


def double(module):
    """The module with all parameters and buffers in float64."""
    for part in module.modules():
        for name, value in vars(part).items():
            if isinstance(value, np.ndarray):
                vars(part)[name] = value.astype(np.float64)
    for parameter in module.parameters():
        parameter.data = parameter.data.astype(np.float64)
    return module
