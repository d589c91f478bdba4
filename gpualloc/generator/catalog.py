"""Figures that random instances draw on, rounded, each with its source; the rest is assumed.

- Power: all-in IT kW per GPU is a server's or a rack's maximum over its GPUs: DGX A100 6.5 kW / 8,
  HGX H100 and H200 10.2 kW / 8, DGX B200 14.3 kW / 8 (NVIDIA data sheets), GB200 NVL72
  132 kW / 72 (rack of 120 to 140 kW).
- Speed: dense bf16 throughput against an H100 (Epoch AI, Machine Learning Hardware, CC BY 4.0).
- Prices: USD per GPU-hour from a neocloud's multi-year list (CoreWeave 2025: H100 2.46, H200 2.52,
  B200 3.44, GB200 4.20) to a hyperscaler's three-year terms (AWS, Azure, 2026: A100 1.46 to 2.13,
  H100 2.97). What is paid at the scale of a campus is not public: the ranges are assumed.
- PUE: AWS 1.15 (2024), Azure 1.17 (FY2025), Google 1.09 (2024), Oracle "as low as" 1.15; others
  assumed.
- Power prices: US states' industrial averages of 2023 (EIA, Electric Power Annual), rounded;
  outside the US assumed.
- Places: metro areas with cloud regions and campuses with AI clusters (regions' public pages;
  Epoch AI, Data on Frontier AI Data Centers, CC BY 4.0), to a hundredth of a degree.
- Network: 100 Gbit/s between two public clouds and 3,200 on a dedicated AI WAN are assumed; egress
  of 0.02 USD per GB inside a continent is AWS's, Azure's and Google's list price.
"""

from __future__ import annotations

from typing import NamedTuple


class GpuKind(NamedTuple):
    """A GPU type: kW, speed (H100 = 1), range of USD per GPU-hour, GPUs of a server or rack."""

    name: str
    kw: float
    speed: float
    cheap_usd: float
    dear_usd: float
    rack: int


class Operator(NamedTuple):
    """A provider: name, price relative to the market, PUE, who pays for energy, egress price."""

    name: str
    price_factor: float
    pue: float
    bills_energy: bool
    egress_usd_per_gb: float


class Metro(NamedTuple):
    """A place for data centers: name, region, degrees, industrial power price."""

    name: str
    region: str
    latitude: float
    longitude: float
    usd_per_mwh: float


GPU_KINDS = (
    GpuKind("H100", 1.275, 1.0, 2.2, 3.0, 8),
    GpuKind("GB200", 1.833, 2.53, 3.0, 4.5, 72),
    GpuKind("H200", 1.275, 1.0, 2.4, 3.3, 8),
    GpuKind("B200", 1.7875, 2.27, 3.0, 4.2, 8),
    GpuKind("A100-80G", 0.8125, 0.32, 1.2, 2.1, 8),
)
"""In the order in which larger instances add them."""

OPERATORS = (
    Operator("altus", 1.12, 1.17, False, 0.02),
    Operator("ember", 0.95, 1.2, False, 0.0),
    Operator("borealis", 1.08, 1.15, False, 0.02),
    Operator("in-house", 0.62, 1.09, True, 0.0),
    Operator("cirrus", 1.15, 1.1, False, 0.02),
    Operator("granite", 0.72, 1.25, True, 0.0),
    Operator("fathom", 0.98, 1.2, False, 0.01),
    Operator("dynamo", 1.02, 1.15, False, 0.0085),
    Operator("harbor", 0.75, 1.22, True, 0.0),
    Operator("juniper", 1.0, 1.18, False, 0.015),
)
"""Invented names; two that bill energy rent out space, one is the planner's own."""

METROS = (
    Metro("ashburn", "us-east", 39.04, -77.49, 89),
    Metro("new-albany", "us-east", 40.06, -82.76, 70),
    Metro("abilene", "us-south", 32.5, -99.78, 66),
    Metro("memphis", "us-south", 35.06, -90.16, 62),
    Metro("mount-pleasant", "us-central", 42.67, -87.9, 87),
    Metro("des-moines", "us-central", 41.59, -93.62, 69),
    Metro("phoenix", "us-west", 33.45, -112.07, 81),
    Metro("quincy", "us-west", 47.23, -119.85, 64),
    Metro("new-carlisle", "us-central", 41.69, -86.46, 82),
    Metro("fayetteville", "us-south", 33.45, -84.52, 69),
    Metro("dallas", "us-south", 32.78, -96.8, 66),
    Metro("chicago", "us-central", 41.88, -87.63, 82),
    Metro("portland", "us-west", 45.52, -122.68, 75),
    Metro("canton", "us-south", 32.59, -90.09, 70),
    Metro("pryor", "us-central", 36.24, -95.33, 63),
    Metro("omaha", "us-central", 41.34, -96.09, 76),
    Metro("kansas-city", "us-central", 39.1, -94.58, 79),
    Metro("ellendale", "us-central", 46.0, -98.53, 74),
    Metro("san-antonio", "us-south", 29.42, -98.5, 66),
    Metro("las-vegas", "us-west", 36.17, -115.14, 104),
    Metro("salt-lake-city", "us-west", 40.76, -111.89, 70),
    Metro("denton", "us-south", 33.21, -97.13, 66),
    Metro("holly-ridge", "us-south", 32.5, -91.64, 59),
    Metro("columbia", "us-east", 33.84, -81.16, 67),
    Metro("goodnight", "us-south", 35.02, -101.31, 66),
    Metro("muskogee", "us-central", 35.69, -95.39, 63),
    Metro("boydton", "us-east", 36.67, -78.39, 89),
    Metro("reno", "us-west", 39.53, -119.81, 104),
    Metro("weehawken", "us-east", 40.77, -74.02, 117),
    Metro("montreal", "ca-east", 45.5, -73.57, 50),
    Metro("toronto", "ca-east", 43.65, -79.38, 80),
    Metro("queretaro", "mx-central", 20.59, -100.39, 95),
    Metro("dublin", "eu-west", 53.35, -6.26, 140),
    Metro("london", "eu-west", 51.51, -0.13, 150),
    Metro("eemshaven", "eu-west", 53.44, 6.83, 105),
    Metro("frankfurt", "eu-west", 50.11, 8.68, 125),
    Metro("paris", "eu-west", 48.86, 2.35, 95),
    Metro("madrid", "eu-south", 40.42, -3.7, 80),
    Metro("milan", "eu-south", 45.46, 9.19, 125),
    Metro("mantsala", "eu-north", 60.64, 25.32, 55),
    Metro("gavle", "eu-north", 60.67, 17.14, 50),
    Metro("narvik", "eu-north", 68.44, 17.43, 40),
    Metro("warsaw", "eu-central", 52.23, 21.01, 110),
    Metro("keflavik", "eu-north", 64.0, -22.56, 45),
    Metro("abu-dhabi", "me-central", 24.15, 54.44, 60),
    Metro("doha", "me-central", 25.29, 51.53, 45),
    Metro("mumbai", "ap-south", 19.08, 72.88, 95),
    Metro("johor", "ap-southeast", 1.49, 103.74, 100),
    Metro("singapore", "ap-southeast", 1.28, 103.83, 160),
    Metro("sydney", "ap-southeast", -33.86, 151.21, 110),
    Metro("tokyo", "ap-northeast", 35.68, 139.77, 140),
    Metro("osaka", "ap-northeast", 34.69, 135.5, 140),
    Metro("seoul", "ap-northeast", 37.57, 126.98, 115),
    Metro("sao-paulo", "sa-east", -23.55, -46.63, 90),
)
"""Roughly in the order in which AI capacity is built there: small instances draw from the front."""

CROSS_CLOUD_GBPS = 100.0
SAME_CLOUD_GBPS = 400.0
WAN_GBPS = (400.0, 800.0, 1600.0, 3200.0, 6400.0)
PEERING_USD_PER_GB = 0.03

WORK_KINDS = ("training", "research", "inference", "fine-tuning")
WORK_SHARES = (0.2, 0.25, 0.4, 0.15)
MODEL_SIZES = (8, 13, 34, 70, 120, 180, 405, 700, 1000, 2000)
"""Billions of parameters."""

HOURS_PER_MONTH = 730.0
HOURS_PER_QUARTER = 2190.0
