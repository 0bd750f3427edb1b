"""A notebook as JupyterLab reads it names the kernel that is here; its file stays as it is."""

import asyncio

import nbformat
import pytest
from ipykernel.ipkernel import IPythonKernel
from jupyter_client.kernelspec import KernelSpecManager
from nbformat.v4 import new_markdown_cell, new_notebook
from traitlets import import_item
from traitlets.config import Configurable

from normtheory.cli.contents import Contents
from normtheory.cli.lab import options

OTHER = {"display_name": "Old", "language": "python", "name": "python3"}


class Server(Configurable):
    """What a server has of kernels."""

    kernel_spec_manager = KernelSpecManager()


@pytest.fixture
def read(tmp_path):
    """Writes a notebook with such metadata, and returns how it is read."""

    def call(metadata, **asked):
        notebook = new_notebook(cells=[new_markdown_cell("# A")], metadata=metadata)
        nbformat.write(notebook, tmp_path / "a.ipynb")
        before = (tmp_path / "a.ipynb").read_bytes()
        contents = Contents(root_dir=str(tmp_path), parent=Server())
        model = asyncio.run(contents.get("a.ipynb", **asked))
        assert (tmp_path / "a.ipynb").read_bytes() == before
        return model["content"] and model["content"]["metadata"]

    return call


def test_the_kernel_that_is_here_is_named_with_its_language(read):
    here = Server.kernel_spec_manager.get_kernel_spec("python3")
    found = read({"kernelspec": OTHER, "language_info": {"name": "python"}})
    assert found["kernelspec"] == {**OTHER, "display_name": here.display_name}
    assert found["kernelspec"] != OTHER
    assert found["language_info"] == IPythonKernel.language_info
    assert found["language_info"]["version"].startswith("3.")


@pytest.mark.parametrize("metadata", [{}, {"kernelspec": {"name": "nowhere", "display_name": "N"}}])
def test_a_kernel_that_is_not_here_is_left_alone(read, metadata):
    assert read(metadata) == metadata


def test_a_listing_has_no_content_to_change(read):
    assert read({"kernelspec": OTHER}, content=False) is None


def test_lab_reads_notebooks_like_this(tmp_path):
    chosen = dict(each.partition("=")[::2] for each in options(tmp_path, 1, browser=False))
    assert import_item(chosen["--ServerApp.contents_manager_class"]) is Contents
