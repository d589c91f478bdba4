"""The page of a report: one file, with a policy that lets it load nothing and run no other script.

The policy names the hashes of the page's own scripts and style. plotly.js makes an empty style
sheet of its own and fills it by script, so the hash of nothing is allowed as well; and it sets the
style of single elements, which can load nothing here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from gpualloc import plots
from gpualloc.instance.wording import printable
from gpualloc.plan.digest import digest
from gpualloc.plan.text import count, gap_text, usd
from gpualloc.plots.bundle import figure_json, plotly_js
from gpualloc.report.assumptions import assumptions
from gpualloc.report.tables import bottleneck_table, cost_table, detail_tables

if TYPE_CHECKING:
    from gpualloc.plan.plan import Plan
    from gpualloc.plan.verdict import Verdict
    from gpualloc.progress import Progress


class Drawn(NamedTuple):
    """A figure of the page: its anchor, titles and heights in pixels, and the figure itself."""

    name: str
    title: str
    subtitle: str
    height: int
    narrow_height: int
    json: str


def render(plan: Plan, verdict: Verdict, events: Sequence[Progress]) -> str:
    """The text of the page."""
    usage = plan.usage
    instance = usage.instance
    figures = _figures(plan, events)
    scripts = [Markup(plotly_js()), Markup(_asset("script.js"))]
    style = Markup(_asset("style.css"))
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["printable"] = printable
    page: str = environment.from_string(_asset("page.html")).render(
        policy=_policy(scripts, style),
        style=style,
        scripts=scripts,
        style_marks=_style_marks(scripts[0]),
        figures=figures,
        figures_json=Markup(_data(figures)),
        told=digest(plan),
        plan=plan,
        description=instance.description,
        verdict=verdict,
        facts=_facts(plan),
        costs=cost_table(plan),
        bottlenecks=bottleneck_table(usage),
        tables=detail_tables(plan),
        assumptions=assumptions(instance),
    )
    return page


def _figures(plan: Plan, events: Sequence[Progress]) -> list[Drawn]:
    drawn = {
        "map": plots.draw_map(plan),
        "costs": plots.draw_costs(plan),
        "sankey": plots.draw_sankey(plan),
        "use": plots.draw_use(plan),
        "placements": plots.draw_placements(plan),
    }
    if events:
        drawn["search"] = plots.draw_search(events)
    return [_drawn(name, figure) for name, figure in drawn.items()]


def _drawn(name: str, figure: Any) -> Drawn:
    """A figure without its titles, which stand above it."""
    title, subtitle = figure.layout.title.text, figure.layout.title.subtitle.text or ""
    figure.update_layout(title=None, margin={"t": 30})
    height = int(figure.layout.height)
    heights = (height, int((figure.layout.meta or {}).get("narrow_height", height)))
    return Drawn(f"figure-{name}", title, subtitle, *heights, figure_json(figure))


def _facts(plan: Plan) -> list[tuple[str, str]]:
    """The figures at the top: what it costs, how sure that is, how much runs."""
    usage = plan.usage
    peak = [
        sum(gpus for (_, at), gpus in usage.ledger.gpus_used.items() if at == t)
        for t in range(len(usage.instance.periods))
    ]
    sites = len({row.data_center for row in usage.placed})
    served = len({row.job for row in usage.placed})
    return [
        (usd(plan.objective_usd or 0.0), "USD, all periods"),
        (_certainty(plan), "proven"),
        (count(max(peak, default=0)), "GPUs at peak"),
        (f"{sites:,} of {len(usage.instance.data_centers):,}", "data centers in use"),
        (f"{served:,} of {len(usage.instance.jobs):,}", "jobs served"),
    ]


def _certainty(plan: Plan) -> str:
    if plan.gap is None:
        return "no bound"
    if plan.status == "optimal":
        return "the best there is"
    return f"within {gap_text(plan.gap)} of the best"


def _policy(scripts: Sequence[str], style: str) -> str:
    """What the page may do: run its own scripts, use its own style, show pictures it made."""
    own_scripts = " ".join(map(_hash, scripts))
    return (
        f"default-src 'none'; script-src {own_scripts}; style-src {_hash(style)} {_hash('')}; "
        "style-src-attr 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest_ = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest_).decode()}'"


def _data(figures: Sequence[Drawn]) -> str:
    """The figures as JSON that cannot end the script element that holds it."""
    rows = [f"{json.dumps(figure.name)}:{figure.json}" for figure in figures]
    return f"{{{','.join(rows)}}}".replace("<", "\\u003c")


def _style_marks(script: str) -> list[str]:
    """The names by which plotly.js knows styles as loaded, those of map tiles that are not used.

    An element of that name in the page keeps it from adding them, which the policy would refuse.
    """
    return re.findall(r'getElementById\("([0-9a-f]{64})"\)', script)


def _asset(name: str) -> str:
    return files("gpualloc.report").joinpath(name).read_text(encoding="utf-8")
