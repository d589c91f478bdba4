"""What the checker says about a plan."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from gpualloc.instance.wording import printable
from gpualloc.plan.text import usd
from gpualloc.rules.rule import Breach

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Verdict:
    """Whether a plan is valid, and what it costs; true if no rule is broken.

    Parameters
    ----------
    breaches : tuple of Breach
        Every rule that the plan breaks, with the place, the figure and the limit.
    remarks : tuple of str
        What a reader should know that breaks no rule.
    costs : dict of str to float
        USD by cost line; all lines are there, in the order of the cost table.
    objective_usd : float
        Their sum. Of a plan that breaks rules, what could be counted.
    """

    breaches: tuple[Breach, ...]
    remarks: tuple[str, ...]
    costs: dict[str, float]
    objective_usd: float

    def __bool__(self) -> bool:
        return not self.breaches

    @property
    def headline(self) -> str:
        """The verdict in a line."""
        if self:
            return f"valid: USD {usd(self.objective_usd)}"
        count = len(self.breaches)
        return f"not valid: {count:,} breach{'es' if count > 1 else ''}"

    def __str__(self) -> str:
        breaches = (f"  {printable(str(breach))}" for breach in self.breaches)
        remarks = (f"  remark: {printable(remark)}" for remark in self.remarks)
        return "\n".join((self.headline, *breaches, *remarks))

    def to_frame(self) -> pd.DataFrame:
        """The breaches as a table: `rule`, `place`, `message`, `figure`, `limit`."""
        import pandas as pd

        columns = list(Breach.__dataclass_fields__)
        rows = [[getattr(breach, column) for column in columns] for breach in self.breaches]
        return pd.DataFrame(rows, columns=columns)

    def _repr_html_(self) -> str:
        rows = "".join(_html_row(breach) for breach in self.breaches)
        head = "<tr><th>rule</th><th>place</th><th>what is wrong</th></tr>"
        table = f"<table>{head}{rows}</table>" if rows else ""
        remarks = "".join(f"<p>{_html(remark)}</p>" for remark in self.remarks)
        return f"<div><strong>{_html(self.headline)}</strong>{table}{remarks}</div>"


def _html(text: str) -> str:
    return escape(printable(text))


def _html_row(breach: Breach) -> str:
    cells = (breach.rule, breach.place, breach.message)
    return f"<tr>{''.join(f'<td>{_html(cell)}</td>' for cell in cells)}</tr>"
