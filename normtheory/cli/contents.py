"""Notebooks as JupyterLab reads them.

It writes the kernel's name and language into a notebook as soon as the kernel is there, and marks
the notebook as unsaved where its file says something else, such as another version of Python: so it
is told what it will write.
"""

import sys

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

# what ipykernel says of this Python
LANGUAGE = {
    "name": "python",
    "version": sys.version.split()[0],
    "mimetype": "text/x-python",
    "codemirror_mode": {"name": "ipython", "version": 3},
    "pygments_lexer": "ipython3",
    "nbconvert_exporter": "python",
    "file_extension": ".py",
}


class Contents(AsyncLargeFileManager):
    """Files of a folder, their notebooks with the name and language of the kernel that is here."""

    async def get(self, path, content=True, *place, **asked):
        """A file's or folder's model; see `jupyter_server`'s own."""
        model = await super().get(path, content, *place, **asked)
        if content and model["type"] == "notebook":
            self._name_kernel(model["content"]["metadata"])
        return model

    def _name_kernel(self, metadata):
        name = metadata.get("kernelspec", {}).get("name")
        try:
            kernel = self.parent.kernel_spec_manager.get_kernel_spec(name)
        except (KeyError, TypeError):  # one that is not here, or none that is named
            return
        about = {"display_name": kernel.display_name, "language": kernel.language, "name": name}
        metadata["kernelspec"] = about
        if name == "python3":  # this Python's own
            metadata["language_info"] = dict(LANGUAGE)
