"""The graded problems: a teacher's answer passes, a plausible wrong one does not."""

import importlib.util
import re

import pytest
from chapters import NOTEBOOKS, ROOT, cells, namespace


def teacher(path):
    """The teacher's module of a chapter."""
    source = ROOT / "teaching" / f"chapter{path.name[:2]}.py"
    assert source.exists(), f"{source.name} holds the teacher's answers; copy an older chapter's"
    spec = importlib.util.spec_from_file_location(source.stem, source)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def graders(path):
    """The names of the graders that a chapter defines."""
    return re.findall(r"^def (grade_\w+)\(", "\n".join(cells(path, "code")), re.M)


each_chapter = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@each_chapter
def test_a_chapter_has_three_graded_problems_with_answers(path):
    assert len(graders(path)) == 3
    assert set(graders(path)) == set(teacher(path).ANSWERS) == set(teacher(path).WRONG)


@each_chapter
def test_the_teachers_answers_pass(path, capsys):
    for name, answer in teacher(path).ANSWERS.items():
        capsys.readouterr()
        namespace(path)[name](answer)
        assert "✓" in capsys.readouterr().out, name


@each_chapter
def test_wrong_answers_do_not_pass(path):
    for name, wrong in teacher(path).WRONG.items():
        assert wrong, f"{name}: no wrong answer to refuse"
        for answer in wrong:
            with pytest.raises(AssertionError):
                namespace(path)[name](answer)


@each_chapter
def test_the_students_function_waits_for_its_author(path):
    """The stub is there under the name that the problem calls, and is not solved."""
    markdown = "\n".join(cells(path, "markdown"))
    for name in graders(path):
        stub = re.search(rf"`{name}\((\w+)\)`", markdown)
        assert stub, f"no problem says to call {name}"
        with pytest.raises((NotImplementedError, TypeError)):
            namespace(path)[name](namespace(path)[stub[1]])
