"""Build folders of the toy design."""

import shutil

import pytest

from tests.simulate import toy


@pytest.fixture(scope="session")
def toys(tmp_path_factory):
    """A function from a toy's arguments to its build folder, made once; designs are compiled into
    a cache of this session."""
    made = {}

    def make(**options):
        key = tuple(sorted(options.items()))
        if key not in made:
            made[key] = toy.write(tmp_path_factory.mktemp("build"), **options)
        return made[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HWLSTM_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield make


@pytest.fixture
def copied(toys, tmp_path):
    """A sound toy's build folder to spoil."""
    return shutil.copytree(toys(), tmp_path / "toy")
