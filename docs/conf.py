"""Settings of the documentation site; ``make docs`` puts its pages together and builds it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numba

# Read rules as the plain functions that they are: a compiled one has no signature, and compiling takes a minute.
numba.config.DISABLE_JIT = True

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# The tutorial asks the command line of this Python, on lines of one width, and compiles as the command line does.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
os.environ["COLUMNS"] = "86"
os.environ.setdefault("NUMBA_OPT", "1")

from abm.core.version import VERSION  # noqa: E402

project = "abm"
author = "The abm developers"
copyright = f"2026, {author}"
version = release = VERSION

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "docs.website.mathml",
    "docs.website.cells",
    "docs.website.quicker",
]
root_doc = "index"
templates_path: list[str] = []
exclude_patterns = ["files"]
nitpicky = False
suppress_warnings = ["mystnb.unknown_mime_type"]

# Markdown as a code host reads it: anchors of headings, formulas between dollars.
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
myst_dmath_double_inline = True

# The tutorial is run from a folder of its own, anew whenever its page has changed.
nb_execution_mode = "auto"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
autodoc_default_options = {"exclude-members": "set"}

toc_object_entries = False  # the list at the side is of pages, and copied for each of them

smartquotes = False  # an option is --runs, and a name in quotes is copied as it stands

html_theme = "furo"
html_title = f"abm {VERSION}"
html_static_path = ["website/static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_show_search_summary = False  # it would fetch pages, which a browser forbids where they are files
html_copy_source = True
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0072B2", "color-brand-content": "#0072B2"},
    "dark_css_variables": {"color-brand-primary": "#6CB8E6", "color-brand-content": "#6CB8E6"},
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# What `make docs LINKS=1` asks of other people's pages.
linkcheck_timeout = 20
linkcheck_retries = 2
linkcheck_workers = 8
linkcheck_anchors = False
