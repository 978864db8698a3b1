"""Training does what it says, leaves the model as it should, and is silent where it must be."""

import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from jupyter_client.manager import run_kernel
from matplotlib.figure import Figure

from d2lnotes import functional, nn, optim
from d2lnotes.data import DataLoader
from d2lnotes.tensor import Tensor
from d2lnotes.training import Diverged, History, accuracy, evaluate, fit


def blobs(n=60, seed=0, noise=0.6):
    """Three clouds of points, and the number of the cloud of each."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    centres = np.array([[0.0, 2.0], [2.0, -1.0], [-2.0, -1.0]])
    return (centres[y] + noise * rng.standard_normal((n, 2))).astype(np.float32), y


def small_model(seed=0, hidden=16, dropout=0.0):
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        nn.Linear(2, hidden, rng=rng),
        nn.ReLU(),
        nn.Dropout(dropout, rng=rng),
        nn.Linear(hidden, 3, rng=rng),
    )


def loaders(noise=0.6, batch_size=20):
    rng = np.random.default_rng(1)
    train = DataLoader(*blobs(60, 0, noise), batch_size=batch_size, shuffle=True, rng=rng)
    return train, DataLoader(*blobs(40, 2, noise), batch_size=7)


def train(model, train_loader, val_loader=None, lr=0.1, optimizer=optim.SGD, **options):
    options = {"loss": functional.cross_entropy, "epochs": 5} | options
    return fit(
        model,
        train_loader,
        val_loader,
        optimizer=optimizer(model.parameters(), lr=lr),
        **options,
    )


def same_weights(one, other):
    one, other = one.state_dict(), other.state_dict()
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)


def one_example(x=1.0, y=2.0):
    return [(np.array([[x]], np.float32), np.array([[y]], np.float32))]


class Spy(nn.Module):
    """A linear model that notes in which mode it is called, and with which weight."""

    def __init__(self, weight=0.0):
        self.linear = nn.Linear(1, 1, bias=False)
        self.linear.weight.data[:] = weight
        self.modes, self.weights = [], []

    def forward(self, x):
        self.modes.append(self.training)
        self.weights.append(self.linear.weight.item())
        return self.linear(x)


# What is learned and noted -------------------------------------------------------------------


def test_it_learns_to_tell_three_clouds_apart():
    model = small_model()
    history = train(model, *loaders(), epochs=30)
    assert history.val_accuracy[history.best_epoch - 1] > 0.95
    assert history.train_loss[-1] < 0.3 * history.train_loss[0]


def test_a_seed_repeats_the_training():
    one, other = small_model(dropout=0.3), small_model(dropout=0.3)
    first, second = train(one, *loaders()), train(other, *loaders())
    assert first.train_loss == second.train_loss and same_weights(one, other)


def test_the_history_has_an_entry_for_each_epoch():
    history = train(small_model(), *loaders(), epochs=4)
    for name in ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate"):
        values = getattr(history, name)
        assert len(values) == 4 and np.isfinite(values).all(), name
    assert len(history.seconds) == 4 and min(history.seconds) > 0


def test_without_validation_data_nothing_is_noted_of_it():
    history = train(small_model(), loaders()[0])
    assert history.val_loss == history.val_accuracy == []
    assert history.best_epoch == 1 + int(np.argmin(history.train_loss))


def test_the_training_loss_is_the_mean_over_examples_not_over_batches():
    X, y = np.zeros((3, 1), np.float32), np.array([[0.0], [0.0], [3.0]], np.float32)
    model = nn.Linear(1, 1, bias=False)  # gives 0, whatever its weight
    history = train(model, DataLoader(X, y, batch_size=2), loss=functional.mse, epochs=1)
    assert history.train_loss == [3.0]  # (0 + 0 + 9) / 3, where the batches have 0 and 9


def test_models_of_several_inputs_get_all_arrays_but_the_last():
    class Ratio(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter(1.0)

        def forward(self, a, b):
            return self.weight * Tensor(a) / b

    batch = (np.array([6.0]), np.array([3.0]), np.array([4.0]))
    model = Ratio()
    history = train(model, [batch], loss=functional.mse, epochs=1, lr=0.125)
    assert history.train_loss == [4.0] and model.weight.item() == 2.0


def test_the_optimizers_state_survives_from_epoch_to_epoch():
    whole, halves = small_model(), small_model()
    batches = [tuple(batch) for batch in DataLoader(*blobs(), batch_size=20)]
    train(whole, batches, optimizer=optim.Adam, lr=0.01, epochs=4)
    adam = optim.Adam(halves.parameters(), lr=0.01)
    for _ in range(2):
        fit(halves, batches, optimizer=adam, loss=functional.cross_entropy, epochs=2)
    assert same_weights(whole, halves)


# Stopping and the best weights ---------------------------------------------------------------


def overfitting(**options):
    """A wide model on noisy clouds, whose validation loss soon rises."""
    model = small_model(hidden=64)
    return model, train(
        model, *loaders(noise=2.0), optimizer=optim.Adam, lr=0.03, epochs=40, **options
    )


def test_it_ends_with_exactly_the_weights_of_the_best_epoch():
    model, history = overfitting()
    assert 1 <= history.best_epoch < 40
    twin = small_model(hidden=64)
    train(
        twin,
        *loaders(noise=2.0),
        optimizer=optim.Adam,
        lr=0.03,
        epochs=history.best_epoch,
        restore_best=False,
    )
    assert same_weights(model, twin)
    loss, _ = evaluate(model, loaders(noise=2.0)[1], functional.cross_entropy)
    assert loss == min(history.val_loss) == history.val_loss[history.best_epoch - 1]


def test_without_restoring_it_ends_with_the_last_weights():
    model, history = overfitting(restore_best=False)
    loss, _ = evaluate(model, loaders(noise=2.0)[1], functional.cross_entropy)
    assert loss == history.val_loss[-1] > min(history.val_loss)


@pytest.mark.parametrize("patience", [1, 3])
def test_patience_stops_so_many_epochs_after_the_best(patience):
    _, history = overfitting(patience=patience)
    assert len(history.train_loss) == history.best_epoch + patience < 40
    _, whole = overfitting()
    assert history.val_loss == whole.val_loss[: len(history.val_loss)]


def test_running_statistics_are_restored_with_the_weights():
    rng = np.random.default_rng(0)
    model = nn.Sequential(
        nn.Linear(2, 64, rng=rng), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 3, rng=rng)
    )
    _, val = loaders(noise=2.0)
    history = train(model, *loaders(noise=2.0), optimizer=optim.Adam, lr=0.05, epochs=30)
    assert history.best_epoch < 30
    assert evaluate(model, val, functional.cross_entropy)[0] == min(history.val_loss)


# Divergence ----------------------------------------------------------------------------------


def test_a_diverging_loss_says_at_which_step_and_suggests_a_smaller_rate():
    model = Spy()
    with pytest.raises(Diverged, match=r"the loss is (inf|nan) at step \d+; .*") as caught:
        train(model, one_example() * 5, loss=functional.mse, lr=100.0, epochs=50)
    assert "Try a smaller learning rate than 100, such as 10" in str(caught.value)


def test_a_diverging_training_ends_with_its_best_weights_and_its_history():
    model = Spy()
    rates = [0.25] * 6 + [1e30] * 20
    with pytest.raises(Diverged, match="weights of epoch 3") as caught:
        train(model, one_example() * 2, loss=functional.mse, epochs=20, schedule=lambda k: rates[k])
    assert model.linear.weight.item() == 2 - 2 * 0.5**6  # six halvings of the distance to 2
    assert caught.value.history.best_epoch == 3
    assert len(caught.value.history.train_loss) == 3


def test_a_training_that_diverges_at_once_ends_with_the_weights_it_came_with():
    model = Spy(weight=0.5)
    with pytest.raises(Diverged, match="weights from before training"):
        train(model, one_example(x=1e25) * 2, loss=functional.mse, epochs=1)
    assert model.linear.weight.item() == 0.5


def test_divergence_warns_of_nothing_else(recwarn):
    with pytest.raises(Diverged):
        train(Spy(), one_example() * 5, loss=functional.mse, lr=100.0, epochs=50)
    assert not recwarn.list


def test_a_validation_loss_that_is_none_counts_as_divergence():
    with pytest.raises(Diverged, match="at step 1"):
        train(Spy(1.0), one_example(), one_example(x=1e25), loss=functional.mse, epochs=3)


# Modes, schedules, clipping ------------------------------------------------------------------


@pytest.mark.parametrize("mode", [True, False])
def test_it_trains_in_training_mode_validates_in_the_other_and_puts_back_what_was(mode):
    model = Spy().train(mode)
    train(model, one_example() * 2, one_example(), loss=functional.mse, epochs=2)
    assert model.modes == [True, True, False] * 2
    assert [module.training for module in model.modules()] == [mode] * 2


@pytest.mark.parametrize("mode", [True, False])
def test_evaluation_puts_the_mode_back_even_after_an_error(mode):
    model = Spy().train(mode)
    evaluate(model, one_example(), functional.mse)
    assert model.training == mode and model.modes == [False]
    with pytest.raises(ValueError):
        evaluate(model, [(np.ones((1, 5)), np.ones((1, 1)))], functional.mse)
    assert model.training == mode


def test_training_puts_the_mode_back_even_after_an_error():
    model = Spy().eval()
    with pytest.raises(ValueError):
        train(model, [(np.ones((1, 5)), np.ones((1, 1)))], loss=functional.mse)
    assert not model.training


def test_evaluation_records_nothing_and_changes_nothing():
    model = small_model()
    before, seen = model.state_dict(), []

    def loss(output, targets):
        seen.append(output.requires_grad)
        return functional.cross_entropy(output, targets)

    evaluate(model, loaders()[1], loss)
    assert set(seen) == {False}
    assert all(np.array_equal(before[k], v) for k, v in model.state_dict().items())


def test_evaluation_is_the_mean_over_examples_whatever_the_batches():
    model, (X, y) = small_model(), blobs(41)
    whole = evaluate(model, DataLoader(X, y, batch_size=41), functional.cross_entropy)
    parts = evaluate(model, DataLoader(X, y, batch_size=6), functional.cross_entropy)
    assert parts == pytest.approx(whole, rel=1e-6)


def test_the_schedule_is_asked_for_every_step_and_followed():
    model, asked = Spy(), []

    def schedule(step):
        asked.append(step)
        return [0.25, 0.0, 0.125, 0.0][step]

    history = train(
        model, one_example() * 2, loss=functional.mse, epochs=2, lr=9.0, schedule=schedule
    )
    assert asked == [0, 1, 2, 3]
    # distances to 2: 2, then times 1 − 2·lr
    assert model.weights == [0.0, 1.0, 1.0, 1.25]
    assert history.learning_rate == [0.0, 0.0]


def test_clipping_bounds_the_norm_of_the_step():
    for clip, distance in [(None, 40.0), (3.0, 3.0), (100.0, 40.0)]:
        model = Spy()
        train(model, one_example(y=20.0), loss=functional.mse, lr=1.0, epochs=1, clip=clip)
        assert model.linear.weight.item() == pytest.approx(distance)


# Accuracy ------------------------------------------------------------------------------------


def test_accuracy_counts_classes_also_along_sequences():
    scores = np.array([[[0.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]])
    assert accuracy(Tensor(scores), np.array([[1, 0], [1, 0]])) == 0.75


@pytest.mark.parametrize("targets", [np.ones((2, 1)), np.ones(2), np.ones((2, 1), int)])
def test_accuracy_is_undefined_where_targets_are_no_classes(targets):
    assert np.isnan(accuracy(np.ones((2, 1)), targets))


# Bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options, message",
    [
        ({"epochs": 0}, "epochs of at least 1, got 0"),
        ({"patience": 0}, "patience of at least 1 epoch, got 0"),
        ({"clip": -1.0}, "above 0, got -1"),
        ({"clip": np.nan}, "above 0, got nan"),
        ({"schedule": lambda step: -0.1}, "learning rate"),
        ({"schedule": lambda step: np.nan}, "learning rate"),
        ({"lr": 0}, "learning rate above 0, got 0"),
        ({"lr": -1.0}, "learning rate above 0, got -1"),
        ({"lr": np.nan}, "learning rate above 0, got nan"),
    ],
)
def test_settings_that_mean_nothing_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        train(small_model(), *loaders(), **options)


def test_patience_without_validation_data_is_refused():
    with pytest.raises(ValueError, match="pass val_loader"):
        train(small_model(), loaders()[0], patience=2)


@pytest.mark.parametrize("which", ["train_loader", "val_loader"])
def test_empty_loaders_and_generators_are_refused(which):
    given = {"train_loader": loaders()[0], "val_loader": loaders()[1]}
    with pytest.raises(ValueError, match=f"{which} to hold at least one batch, got none"):
        train(small_model(), **(given | {which: []}))
    with pytest.raises(TypeError, match=f"{which} to be a DataLoader .*, got generator"):
        train(small_model(), **(given | {which: (batch for batch in [])}))
    with pytest.raises(ValueError, match="at least one batch"):
        evaluate(small_model(), [], functional.cross_entropy)


@pytest.mark.parametrize("label", [-1, 3])
def test_labels_out_of_range_are_refused(label):
    X, y = blobs()
    y[5] = label
    with pytest.raises(ValueError, match=str(label)):
        train(small_model(), DataLoader(X, y, batch_size=60))


# The plot ------------------------------------------------------------------------------------


def test_the_history_plots_losses_and_accuracies_with_names():
    history = train(small_model(), *loaders(), epochs=4)
    left, right = history.plot(Figure().subplots(1, 2))
    assert (left.get_ylabel(), right.get_ylabel()) == ("loss", "accuracy")
    for ax, values in ((left, history.val_loss), (right, history.val_accuracy)):
        assert [text.get_text() for text in ax.get_legend().get_texts()] == [
            "training",
            "validation",
        ]
        assert ax.lines[1].get_xdata().tolist() == [1, 2, 3, 4]
        assert ax.lines[1].get_ydata().tolist() == values
        assert len({line.get_linestyle() for line in ax.lines[:2]}) == 2  # not by colour alone


def test_a_regression_plots_one_panel():
    history = train(Spy(), one_example(), loss=functional.mse)
    axes = history.plot()
    assert [ax.get_ylabel() for ax in axes] == ["loss"]
    plt.close("all")


def test_a_history_of_nothing_cannot_be_plotted():
    with pytest.raises(ValueError, match="at least one finished epoch"):
        History().plot()


def test_a_history_prints_its_last_epoch():
    history = train(small_model(), *loaders(), epochs=2)
    assert str(history).startswith("History: 2 epochs, train_loss ")
    assert f"val_accuracy {history.val_accuracy[-1]:.3f}, best epoch" in str(history)


# The progress bar ----------------------------------------------------------------------------


def pretend(monkeypatch, terminal, ci=False):
    """Make standard error a terminal or not, on a machine of CI or not."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    monkeypatch.delenv("CI", raising=False)
    if ci:
        monkeypatch.setenv("CI", "true")


def test_a_terminal_sees_time_left_loss_and_accuracy(monkeypatch, capsys):
    pretend(monkeypatch, terminal=True)
    train(small_model(), loaders()[0], epochs=3)
    shown = capsys.readouterr().err
    assert "epoch 3/3: 100%" in shown and "9/9" in shown  # 3 epochs of 3 batches
    assert "loss=" in shown and "accuracy=" in shown and "<00:00" in shown


def test_a_regression_shows_no_accuracy(monkeypatch, capsys):
    pretend(monkeypatch, terminal=True)
    train(Spy(), one_example(), loss=functional.mse)
    shown = capsys.readouterr().err
    assert "loss=" in shown and "accuracy" not in shown and "nan" not in shown


@pytest.mark.parametrize("terminal, ci", [(True, True), (False, False), (False, True)])
def test_the_bar_is_silent_in_ci_and_where_nobody_looks(monkeypatch, capsys, terminal, ci):
    pretend(monkeypatch, terminal, ci)
    train(small_model(), *loaders())
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_the_bar_can_be_asked_for_and_refused(monkeypatch, capsys):
    pretend(monkeypatch, terminal=True)
    train(small_model(), loaders()[0], progress=False)
    assert capsys.readouterr().err == ""
    pretend(monkeypatch, terminal=False)
    train(small_model(), loaders()[0], progress=True)
    assert "epoch 5/5" in capsys.readouterr().err


NOTEBOOK_CELL = """
import numpy as np
from d2lnotes import functional, nn, optim
from d2lnotes.training import fit
model = nn.Linear(1, 1)
batches = [(np.ones((1, 1)), np.ones((1, 1)))] * 3
history = fit(model, batches, optimizer=optim.SGD(model.parameters(), lr=0.1),
              loss=functional.mse, epochs=2)
"""


def run_in_kernel(monkeypatch, allow_stdin):
    """What the cell puts out in a kernel: as a book executes it, or as a person does."""
    monkeypatch.delenv("CI", raising=False)
    outputs = []

    def note(message):
        if message["msg_type"] not in ("status", "execute_input"):
            outputs.append(message)

    with run_kernel(kernel_name="python3") as client:
        reply = client.execute_interactive(
            NOTEBOOK_CELL, allow_stdin=allow_stdin, output_hook=note, timeout=60
        )
    assert reply["content"]["status"] == "ok"
    return outputs


def test_the_book_shows_no_bar(monkeypatch):
    assert run_in_kernel(monkeypatch, allow_stdin=False) == []


def test_a_notebook_that_a_person_runs_shows_a_bar_and_nothing_on_stderr(monkeypatch):
    outputs = run_in_kernel(monkeypatch, allow_stdin=True)
    shown = [output["content"] for output in outputs if output["msg_type"] == "display_data"]
    assert any("application/vnd.jupyter.widget-view+json" in content["data"] for content in shown)
    assert not [output for output in outputs if output["msg_type"] == "stream"]
