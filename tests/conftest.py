"""How the unit tests are shared out among processes."""

import re

import pytest


def pytest_collection_modifyitems(items):
    """Keep a file's tests together, and those of a chapter, which run its notebook first."""
    for item in items:
        params = getattr(item, "callspec", None)
        chapter = params and re.search(r"\b(\d\d)[_-]", params.id)
        group = f"chapter {chapter[1]}" if chapter else str(item.path)
        if "site" not in item.path.parts:  # these have groups of their own
            item.add_marker(pytest.mark.xdist_group(group))
