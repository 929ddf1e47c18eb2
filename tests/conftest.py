"""What all tests share: hypothesis times no examples, as a first call may compile; what one Python is enough for."""

import pytest
from hypothesis import settings

settings.register_profile("abm", deadline=None)
settings.load_profile("abm")

#: Files that try what no version of Python changes: documents, pages, promises of CONTRIBUTING, damages of files.
ONE_PYTHON = ("benchmarks", "damage", "docs", "extending", "extending_around", "pages", "references", "store")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what ``-m "not one_python"`` leaves out."""
    for item in items:
        if item.path.stem.removeprefix("test_") in ONE_PYTHON:
            item.add_marker("one_python")
