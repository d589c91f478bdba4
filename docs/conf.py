"""How Sphinx builds the documentation; nothing is fetched, neither then nor by who reads it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

from gpualloc.version import __version__

project = "gpualloc"
author = "the authors of gpualloc"
project_copyright = author
release = version = __version__
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "mathml",
    "generated",
    "repository",
    "docstrings",
    "source_pages",
    "dead_links",
]
exclude_patterns = ["extensions"]

# Markdown and notebooks. Blocks are run by tests/docs and notebooks by their own tests, not here.
myst_enable_extensions = ["dollarmath", "deflist", "attrs_block"]
myst_heading_anchors = 3
nb_execution_mode = "off"

# Docstrings: types are in their text, in the form of numpydoc; names in single backquotes link
# where they can.
default_role = "py:name"
add_module_names = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
nitpicky = True
nitpick_ignore_regex = [
    ("py:obj", ".*"),  # names in single backquotes that are arguments, columns or values
    ("py:class", r"(?!gpualloc\.).*"),  # the words of types in docstrings: "sequence of str"
]

html_theme = "furo"
html_title = f"gpualloc {version}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_copyright = False
