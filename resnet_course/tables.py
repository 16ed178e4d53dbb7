"""Tables as a notebook shows them; apart from the others because it imports pandas, which takes time."""

from __future__ import annotations

import pandas as pd


class Table(pd.DataFrame):  # type: ignore[misc]  # pandas brings no types
    """A data frame that is scrolled sideways where the page is narrow: there, Jupyter cuts an output off.

    Examples
    --------
    >>> Table({"blocks": [8]})._repr_html_()[:30]
    '<div style="overflow-x:auto"><'
    """

    @property
    def _constructor(self) -> type[Table]:
        return Table  # what pandas makes of a table is scrolled too

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x:auto">{super()._repr_html_() or ""}</div>'
