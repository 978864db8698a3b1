"""The pictures that recur show what they are given, and refuse what they cannot draw."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from d2lnotes.plotting import (
    ON_DARK,
    ON_PALE,
    PALETTE,
    decision_regions,
    graph_diagram,
    heat_map,
    layer_diagram,
    learning_curves,
)


@pytest.fixture
def ax():
    return Figure().subplots()


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_curves_count_from_one_and_differ_in_more_than_colour(ax):
    learning_curves(ax, {"training": [3.0, 2.0], "validation": [2.5, 2.2]}, ylabel="accuracy")
    assert [line.get_xdata().tolist() for line in ax.lines] == [[1, 2], [1, 2]]
    assert len({line.get_linestyle() for line in ax.lines}) == 2
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "accuracy")


def test_a_single_epoch_is_a_point_that_can_be_seen(ax):
    learning_curves(ax, {"training": [3.0]})
    assert ax.lines[0].get_marker() == "o"


def test_regions_are_the_classes_of_highest_score(ax):
    centres = np.array([[0.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])

    def scores(points):
        return -((points[:, None] - centres) ** 2).sum(axis=-1)

    classes = decision_regions(ax, scores, (-2, 2), (-2, 2), resolution=41)
    assert classes[-1, 20] == 0 and classes[0, -1] == 1 and classes[0, 0] == 2
    shown = ax.images[0].get_array()
    assert np.allclose(shown[0, 0], to_rgba(PALETTE[2], 0.2))
    assert ax.images[0].origin == "lower" and len(ax.collections) == 2


def test_a_boundary_lies_where_two_scores_are_equal(ax):
    decision_regions(ax, lambda points: points[:, 0] - 0.3, (-1, 1), (-1, 1))
    (line,) = ax.collections[0].get_paths()
    assert np.allclose(line.vertices[:, 0], 0.3)


def test_a_plane_of_one_class_has_no_boundary(ax):
    assert (decision_regions(ax, lambda points: np.ones(len(points)), (0, 1), (0, 1)) == 1).all()
    assert not ax.collections


@pytest.mark.parametrize("shape", [(1,), (9, 1), (9, 2, 2)])
def test_scores_of_another_shape_are_refused(ax, shape):
    with pytest.raises(ValueError, match=r"expected scores of shape \(9, classes\) or \(9,\)"):
        decision_regions(ax, lambda points: np.ones(shape), (0, 1), (0, 1), resolution=3)


def test_a_heat_map_writes_each_number_where_it_belongs(ax):
    heat_map(ax, [[0.0, 1.0], [0.25, 0.5]], rows=["a", "b"], columns=["c", "d"], form="{:.2f}")
    assert {text.get_position(): text.get_text() for text in ax.texts} == {
        (0, 0): "0.00",
        (1, 0): "1.00",
        (0, 1): "0.25",
        (1, 1): "0.50",
    }
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b"]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["c", "d"]


def test_numbers_can_be_read_on_dark_cells(ax):
    heat_map(ax, [[0.0, 1.0]])
    assert [text.get_color() for text in ax.texts] == [ON_PALE, ON_DARK]


def test_a_heat_map_of_equal_numbers_is_drawn(ax):
    heat_map(ax, np.ones((2, 2)), form="{:.0f}")
    assert words(ax) == ["1"] * 4


@pytest.mark.parametrize(
    "values, options, message",
    [
        (np.ones(3), {}, r"shape \(rows, columns\), got \(3,\)"),
        (np.ones((2, 3)), {"rows": ["a"]}, "expected 2 names of rows, got 1"),
        (np.ones((2, 3)), {"columns": ["a"]}, "expected 3 names of columns, got 1"),
    ],
)
def test_a_heat_map_refuses_what_does_not_fit(ax, values, options, message):
    with pytest.raises(ValueError, match=message):
        heat_map(ax, values, **options)


def test_layers_join_every_unit_to_all_of_the_layer_before(ax):
    layer_diagram(ax, [4, 5, 3])
    assert len(ax.lines) == 4 * 5 + 5 * 3 and len(ax.patches) == 12


@pytest.mark.parametrize(
    "sizes, labels, message",
    [
        ([], None, "at least one unit"),
        ([2, 0], None, "at least one unit"),
        ([2], [["a"]], "labels"),
    ],
)
def test_layers_without_units_or_with_other_labels_are_refused(ax, sizes, labels, message):
    with pytest.raises(ValueError, match=message):
        layer_diagram(ax, sizes, labels)


def test_every_arrow_of_a_graph_runs_to_the_right(ax):
    edges = [("x", "xw"), ("w", "xw"), ("xw", "sum"), ("b", "sum"), ("x", "loss"), ("sum", "loss")]
    places = graph_diagram(ax, edges)
    assert all(places[end][0] > places[start][0] for start, end in edges)
    assert len(set(places.values())) == 6 and sorted(words(ax)[-6:]) == sorted(places)


def test_nodes_can_have_labels_of_their_own(ax):
    graph_diagram(ax, [(1, 2)], labels={1: "x", 2: "x²"})
    assert words(ax)[-2:] == ["x", "x²"]


def test_a_graph_with_a_circle_is_refused(ax):
    with pytest.raises(ValueError, match="without a circle"):
        graph_diagram(ax, [("a", "b"), ("b", "a")])
