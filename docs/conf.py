"""Sphinx configuration of both documentation trees, ``docs/en`` and ``docs/zh``; ``docs/build.py`` builds them.

Each tree is a Sphinx project of its own with the tag ``en`` or ``zh``, so that no page mixes the languages.
"""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

# Sphinx executes this file with the set of tags as a global.
CHINESE = "zh" in tags  # type: ignore[name-defined]  # noqa: F821

project = "geogrid"
author = "The geogrid authors"
project_copyright = author
version = release = installed_version("geogrid")
language = "zh_CN" if CHINESE else "en"

extensions = ["myst_parser", "geogrid_site"]
if not CHINESE:
    # Docstrings are English, so the generated Python reference exists in the English tree only.
    extensions += ["sphinx.ext.autodoc", "numpydoc"]

source_suffix = {".md": "markdown"}
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
# The JSON of an answer may be shortened with an ellipsis, and shell and SQL examples hold placeholders.
suppress_warnings = ["misc.highlighting_failure"]

autodoc_member_order = "groupwise"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
numpydoc_show_class_members = False
autosummary_generate = False
nitpicky = True
# The site is built without network, so references to other packages cannot resolve, and types inside the modules of
# geogrid are private; references to public names must resolve.
nitpick_ignore_regex = [("py:.*", r"(?!geogrid\.[A-Za-z]\w*$).*")]

html_theme = "furo"
html_title = "geogrid 文档" if CHINESE else "geogrid documentation"
html_static_path = ["_static"]
html_css_files = ["geogrid.css"]
templates_path = ["_templates"]
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "language-switch.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
