"""Training: go through the data, follow the gradient, keep what did best, note how it went."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import matplotlib.pyplot as plt
import numpy as np

from d2lnotes._progress import advance, progress_bar
from d2lnotes.optim import clip_grad_norm
from d2lnotes.plotting import learning_curves
from d2lnotes.tensor import no_grad


class Diverged(ArithmeticError):
    """The loss became NaN or infinite. ``history`` holds the epochs before; the model has the
    best weights of those."""

    def __init__(self, message, history):
        super().__init__(message)
        self.history = history


@dataclass
class History:
    """What happened in each epoch of a training; it plots itself.

    Attributes
    ----------
    train_loss, train_accuracy : list of float
        Means over the epoch's batches, measured while the weights moved and dropout was on: at
        first a model looks worse here than on validation data. Accuracies are NaN where the
        targets are not classes.
    val_loss, val_accuracy : list of float
        After the epoch, in evaluation mode; empty without validation data.
    learning_rate : list of float
        Of the epoch's last step.
    seconds : list of float
        Duration of each epoch, validation included.
    best_epoch : int
        The epoch, counted from 1, with the lowest validation loss (training loss without
        validation data); 0 before the first.

    Examples
    --------
    >>> history = History(train_loss=[0.9, 0.5], val_loss=[0.8, 0.6], best_epoch=2)
    >>> print(history)
    History: 2 epochs, train_loss 0.500, val_loss 0.600, best epoch 2
    """

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    best_epoch: int = 0

    def __str__(self):
        names = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")
        last = [f"{name} {getattr(self, name)[-1]:.3f}" for name in names if getattr(self, name)]
        parts = [f"{len(self.train_loss)} epochs", *last, f"best epoch {self.best_epoch}"]
        return f"History: {', '.join(parts)}"

    def plot(self, axes=None):
        """Draw the loss, and the accuracy where there is one, over the epochs.

        Parameters
        ----------
        axes : sequence of Axes, optional
            One or two; by default a new figure is made.

        Returns
        -------
        list of Axes

        Raises
        ------
        ValueError
            No epoch was finished, so there is nothing to draw.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> axes = Figure().subplots(1, 2)
        >>> left, right = History([0.9, 0.5], [0.6, 0.8]).plot(axes)
        >>> left.get_ylabel(), right.get_ylabel()
        ('loss', 'accuracy')
        """
        if not self.train_loss:
            raise ValueError("expected at least one finished epoch to plot, got none")
        drawn = {"loss": (self.train_loss, self.val_loss)}
        if np.isfinite(self.train_accuracy).any():
            drawn["accuracy"] = (self.train_accuracy, self.val_accuracy)
        if axes is None:
            axes = plt.subplots(1, len(drawn), layout="constrained")[1]
        axes = list(np.atleast_1d(axes))
        for ax, (name, (train, val)) in zip(axes, drawn.items(), strict=False):
            learning_curves(ax, {"training": train, "validation": val}, ylabel=name)
            if val and self.best_epoch:
                ax.axvline(self.best_epoch, linestyle=":", linewidth=1)
        return axes


def accuracy(output, targets) -> float:
    """The share of examples whose largest score is that of their class.

    Parameters
    ----------
    output : Tensor or ndarray of shape (..., classes)
        Scores or probabilities.
    targets : ndarray of shape (...), int
        The classes; all count, padding too.

    Returns
    -------
    float
        In [0, 1]; NaN where the targets are no classes (other shapes, or not integers).

    Examples
    --------
    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    """
    scores, targets = np.asarray(output), np.asarray(targets)
    if targets.dtype.kind not in "iu" or scores.shape[:-1] != targets.shape:
        return math.nan
    return float((scores.argmax(axis=-1) == targets).mean())


def evaluate(model, loader, loss: Callable) -> tuple[float, float]:
    """Loss and accuracy of a model on data, in evaluation mode and without recording.

    Parameters
    ----------
    model : Module
        Called with all arrays of a batch but the last. Its mode is put back afterwards.
    loader : DataLoader or list of batches
        A batch is a tuple of arrays; the last one holds the targets.
    loss : callable
        ``loss(output, targets)`` gives a scalar tensor, the mean over a batch.

    Returns
    -------
    loss, accuracy : float
        Means over all examples; the accuracy is NaN where targets are no classes.

    Raises
    ------
    ValueError
        The loader is empty.

    Examples
    --------
    A model that passes its inputs on, off by 1 and by 3: (1 + 9) / 2.

    >>> from d2lnotes import functional, nn
    >>> evaluate(nn.Sequential(), [(np.array([1.0, 2.0]), np.array([2.0, 5.0]))], functional.mse)
    (5.0, nan)
    """
    _check_loader(loader, "loader")
    totals = _Totals()
    was_training = model.training
    model.eval()
    try:
        with no_grad():
            for *inputs, targets in loader:
                output = model(*inputs)
                totals.add(loss(output, targets).item(), output, targets)
    finally:
        model.train(was_training)
    return totals.means()


@np.errstate(over="ignore", invalid="ignore")  # Diverged says it in words
def fit(
    model,
    train_loader,
    val_loader=None,
    *,
    optimizer,
    loss: Callable,
    epochs: int,
    schedule: Callable[[int], float] | None = None,
    clip: float | None = None,
    patience: int | None = None,
    restore_best: bool = True,
    progress: bool | None = None,
) -> History:
    r"""Train a model: in each step :math:`\theta \leftarrow \theta - \eta\, u(\nabla L_B(\theta))`
    for the next batch B, where u is the optimizer's rule.

    Parameters
    ----------
    model : Module
        Called with all arrays of a batch but the last. Afterwards it is in the mode (training or
        evaluation) in which it came.
    train_loader, val_loader : DataLoader or list of batches
        A batch is a tuple of arrays; the last one holds the targets.
    optimizer : SGD, Adam or AdamW
        Holds the model's parameters.
    loss : callable
        ``loss(output, targets)`` gives a scalar tensor, the mean over a batch.
    epochs : int
        Number of passes through the data, at least 1.
    schedule : callable, optional
        Gives the learning rate of step 0, 1, ...: ``schedule(step)``.
    clip : float, optional
        Longer gradients, all parameters taken as one vector, are scaled down to this norm.
    patience : int, optional
        Stop after so many epochs without a new lowest validation loss.
    restore_best : bool
        With validation data, end with the weights of the epoch that had the lowest validation
        loss (the optimizer's state is not put back). False ends with the last ones.
    progress : bool, optional
        Whether to show a bar with the time left, the loss and the accuracy. By default where
        someone looks on: in a terminal or a running notebook, not in CI and not in the book.

    Returns
    -------
    History
        One entry for each finished epoch.

    Raises
    ------
    Diverged
        The loss became NaN or infinite. The model then has the weights of the best epoch, or
        those it came with.
    ValueError
        An empty loader; ``epochs`` or ``patience`` below 1; ``patience`` without validation data;
        a clipping norm that is not positive, or a schedule that gives a negative rate or NaN.
    TypeError
        A loader that cannot be gone through twice.

    Examples
    --------
    The slope of y = 2x from one example; each step halves the distance: 1, 1.5, 1.75.

    >>> from d2lnotes import functional, nn, optim
    >>> model = nn.Linear(1, 1, bias=False)
    >>> model.weight.data[:] = 0
    >>> data = [(np.array([[1.0]]), np.array([[2.0]]))]
    >>> sgd = optim.SGD(model.parameters(), lr=0.25)
    >>> history = fit(model, data, optimizer=sgd, loss=functional.mse, epochs=3)
    >>> model.weight.item(), history.train_loss
    (1.75, [4.0, 1.0, 0.25])
    """
    for loader, name in ((train_loader, "train_loader"), (val_loader, "val_loader")):
        if loader is not None:
            _check_loader(loader, name)
    _check_settings(epochs, patience, val_loader)
    history, was_training, step = History(), model.training, 0
    best_weights, best_loss = model.state_dict(), math.inf
    bar = progress_bar(epochs * len(train_loader), progress)
    try:
        for epoch in range(1, epochs + 1):
            start, totals = time.perf_counter(), _Totals()
            model.train()
            for *inputs, targets in train_loader:
                if schedule is not None:
                    optimizer.lr = schedule(step)
                step += 1
                output = model(*inputs)
                batch_loss = loss(output, targets)
                _check_finite(batch_loss.item(), step)
                optimizer.zero_grad()
                batch_loss.backward()
                if clip is not None:
                    clip_grad_norm(model.parameters(), clip)
                optimizer.step()
                totals.add(batch_loss.item(), output, targets)
                if bar is not None:
                    advance(bar, f"epoch {epoch}/{epochs}", *totals.means())
            train_loss, train_accuracy = totals.means()
            watched = train_loss
            if val_loader is not None:
                watched, val_accuracy = evaluate(model, val_loader, loss)
                _check_finite(watched, step)
                history.val_loss.append(watched)
                history.val_accuracy.append(val_accuracy)
            history.train_loss.append(train_loss)
            history.train_accuracy.append(train_accuracy)
            history.learning_rate.append(optimizer.lr)
            history.seconds.append(time.perf_counter() - start)
            if watched < best_loss:
                best_weights, best_loss = model.state_dict(), watched
                history.best_epoch = epoch
            if patience is not None and epoch - history.best_epoch >= patience:
                break
    except FloatingPointError as error:
        model.load_state_dict(best_weights)
        kept = f"of epoch {history.best_epoch}" if history.best_epoch else "from before training"
        advice = f"Try a smaller learning rate than {optimizer.lr:g}, such as {optimizer.lr / 10:g}"
        raise Diverged(f"{error}; the model has its weights {kept}. {advice}", history) from None
    finally:
        if bar is not None:
            bar.close()
        model.train(was_training)
    if val_loader is not None and restore_best:
        model.load_state_dict(best_weights)
    return history


class _Totals:
    """Sums over examples, of which batches contribute means."""

    def __init__(self):
        self.count = self.loss = self.right = 0

    def add(self, loss, output, targets):
        n = len(targets)
        self.count += n
        self.loss += n * loss
        self.right += n * accuracy(output, targets)

    def means(self):
        return self.loss / self.count, self.right / self.count


def _check_finite(loss, step):
    if not math.isfinite(loss):
        raise FloatingPointError(f"the loss is {loss} at step {step}")


def _check_loader(loader, name):
    if not hasattr(loader, "__len__"):
        kind = type(loader).__name__
        raise TypeError(f"expected {name} to be a DataLoader or a list of batches, got {kind}")
    if len(loader) == 0:
        raise ValueError(f"expected {name} to hold at least one batch, got none")


def _check_settings(epochs, patience, val_loader):
    if epochs < 1:
        raise ValueError(f"expected epochs of at least 1, got {epochs}")
    if patience is not None and patience < 1:
        raise ValueError(f"expected patience of at least 1 epoch, got {patience}")
    if patience is not None and val_loader is None:
        raise ValueError("patience watches the validation loss; pass val_loader")
