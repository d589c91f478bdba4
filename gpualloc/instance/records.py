"""The records of an instance, one class a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from gpualloc.errors import Fault
from gpualloc.instance.columns import (
    LARGEST,
    Amount,
    AmountPerPeriod,
    Count,
    CountPerPeriod,
    DataCenterName,
    Filled,
    Fraction01,
    GpuTypeName,
    JobName,
    Listed,
    Name,
    Number,
    OfferName,
    PeriodName,
    PerPeriod,
    Positive,
    PositiveCount,
    Prose,
    ProviderName,
    Ref,
    RegionName,
    refuse,
)
from gpualloc.instance.directory import Directory
from gpualloc.instance.wording import shown

__all__ = [
    "LARGEST",
    "Amount",
    "AmountPerPeriod",
    "Count",
    "CountPerPeriod",
    "DataCenter",
    "DataCenterName",
    "Filled",
    "Flow",
    "Fraction01",
    "GpuType",
    "GpuTypeName",
    "Head",
    "Job",
    "JobName",
    "Link",
    "Listed",
    "Name",
    "Network",
    "Number",
    "Offer",
    "OfferName",
    "Option",
    "PairLink",
    "PerPeriod",
    "Period",
    "PeriodName",
    "Positive",
    "PositiveCount",
    "Prose",
    "Provider",
    "ProviderName",
    "Record",
    "Ref",
    "RegionName",
    "Sync",
]


FORMAT: Literal[1] = 1


class Record(BaseModel):
    """One row of a table; unknown columns are errors, and a record never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def faults(self, directory: Directory) -> Iterator[Fault]:
        """Yield what is wrong with this row beyond the bounds of its single columns.

        Parameters
        ----------
        directory : Directory
            The names in the instance that the row is part of.

        Yields
        ------
        Fault
            Its place is relative to the row: ``tiers[1].above_usd``, or empty for the row.
        """
        yield from ()


def _check_format(value: object) -> int:
    if isinstance(value, bool) or value != FORMAT:
        raise refuse(f"{shown(value)} is not a format that this version reads; {FORMAT} is")
    return FORMAT


class Head(Record):
    """What an instance says about itself."""

    format: Annotated[
        Literal[1],
        BeforeValidator(_check_format),
        Field(description="Version of the format of the file: 1."),
    ] = FORMAT
    name: Annotated[Name, Field(description="Name of the instance.")]
    description: Annotated[Prose, Field(description="Its story, sources and assumptions.")] = ""
    sync_weight: Annotated[
        Amount, Field(description="Weight of stall and latency in the cost of a plan.")
    ] = 1.0


class Period(Record):
    """A stretch of the planning horizon, in which nothing changes."""

    name: Annotated[Name, Field(description="Name, unique among the periods.")]
    hours: Annotated[Positive, Field(description="Length in hours.")]


class GpuType(Record):
    """A kind of GPU."""

    name: Annotated[Name, Field(description="Name, unique among the GPU types.")]
    kw: Annotated[
        Amount,
        Field(description="All-in IT power of one GPU with its share of host, NIC, switch, in kW."),
    ]


class Provider(Record):
    """A company that sells GPU capacity, or owns it."""

    name: Annotated[Name, Field(description="Name, unique among the providers.")]


class DataCenter(Record):
    """A site: its place on the globe, power and lines to the outside."""

    name: Annotated[Name, Field(description="Name, unique among the data centers.")]
    provider: Annotated[ProviderName, Field(description="The provider that runs it.")]
    region: Annotated[Name, Field(description="Region, any name; contracts and jobs refer to it.")]
    latitude: Annotated[float, Number(-90, 90), Field(description="Degrees north.")]
    longitude: Annotated[float, Number(-180, 180), Field(description="Degrees east.")]
    power_mw: Annotated[
        AmountPerPeriod | None,
        Field(description="Grid power in MW, one figure or one a period; null: no limit."),
    ] = None
    pue: Annotated[
        float,
        Number(least=1),
        Field(description="Power usage effectiveness: facility power per IT power."),
    ] = 1.0
    usd_per_mwh: Annotated[
        AmountPerPeriod,
        Field(description="Price of energy in USD per MWh, one figure or one a period."),
    ] = 0.0
    uplink_gbps: Annotated[
        Amount | None,
        Field(description="Most traffic with all other sites, in Gbit/s; null: no limit."),
    ] = None
    transfer_tb: Annotated[
        Amount | None,
        Field(description="Most data moved in a period, in TB; null: unmetered."),
    ] = None


class Offer(Record):
    """GPUs of one type for sale at one data center."""

    name: Annotated[Name, Field(description="Name, unique among the offers.")]
    data_center: Annotated[DataCenterName, Field(description="Where the GPUs are.")]
    gpu_type: Annotated[GpuTypeName, Field(description="What GPUs they are.")]
    gpus: Annotated[CountPerPeriod, Field(description="GPUs for sale, one figure or one a period.")]
    usd_per_gpu_hour: Annotated[
        AmountPerPeriod,
        Field(description="Price in USD per GPU and hour, one figure or one a period."),
    ]
    fixed_usd: Annotated[
        Amount,
        Field(description="Paid once, in USD, if the offer is used at all."),
    ] = 0.0


class PairLink(Record):
    """The link that a pair of data centers has where none is listed."""

    gbps: Annotated[Amount, Field(description="Bandwidth in Gbit/s; 0: the pair cannot talk.")]
    usd_per_gb: Annotated[Amount, Field(description="Price of moving a GB, in USD.")] = 0.0


class Link(Record):
    """The link between two data centers, both ways."""

    a: Annotated[DataCenterName, Field(description="One end.")]
    b: Annotated[DataCenterName, Field(description="The other end.")]
    gbps: Annotated[Amount, Field(description="Bandwidth in Gbit/s; 0: the pair cannot talk.")]
    rtt_ms: Annotated[
        Amount | None,
        Field(description="Round-trip time in ms; null: by distance, 1 + 3.6 km / 204."),
    ] = None
    usd_per_gb: Annotated[Amount, Field(description="Price of moving a GB, in USD.")] = 0.0

    def faults(self, directory: Directory) -> Iterator[Fault]:
        """A link joins two different data centers."""
        if self.a == self.b:
            yield Fault("b", "is the same data center as a; a link joins two")


class Network(Record):
    """How data centers are joined."""

    same_provider: Annotated[
        PairLink | None,
        Field(description="Pairs of one provider without a link; null: they cannot talk."),
    ] = None
    cross_provider: Annotated[
        PairLink | None,
        Field(description="Pairs of two providers without a link; null: they cannot talk."),
    ] = None
    links: Annotated[Listed[Link], Field(description="Pairs with a link of their own.")] = ()


class Option(Record):
    """A configuration that a job can run in."""

    gpu_type: Annotated[GpuTypeName, Field(description="The GPUs it needs.")]
    shards: Annotated[PositiveCount, Field(description="Equal parts, each on one offer.")]
    gpus_per_shard: Annotated[PositiveCount, Field(description="GPUs of each part.")]


class Sync(Record):
    """How the parts of a job in several data centers keep in step."""

    gb: Annotated[
        Amount,
        Field(description="GB a data center sends to the hub, and gets back, each time."),
    ]
    every_s: Annotated[
        Positive,
        Field(description="Compute time between two synchronizations, in seconds."),
    ]
    gbps: Annotated[
        Positive,
        Field(description="The most bandwidth one spoke may reserve, in Gbit/s."),
    ]
    overlap_s: Annotated[
        Amount,
        Field(description="Communication hidden behind compute, in seconds."),
    ] = 0.0
    usd_per_gpu_hour: Annotated[
        Amount,
        Field(description="What an idle GPU-hour is worth, in USD."),
    ]


class Job(Record):
    """Work that needs GPUs: how much, when, where, and what it costs to move or refuse it."""

    name: Annotated[Name, Field(description="Name, unique among the jobs.")]
    tags: Annotated[Listed[Name], Field(description="Contracts cover jobs by these.")] = ()
    start: Annotated[
        PeriodName | None, Field(description="First period by name; null: the first of all.")
    ] = None
    end: Annotated[
        PeriodName | None, Field(description="Last period by name; null: the last of all.")
    ] = None
    options: Annotated[
        Filled[Option],
        Field(description="Configurations; a served job runs in exactly one."),
    ]
    sync: Annotated[
        Sync | None,
        Field(description="How data centers synchronize; null: they need not."),
    ] = None
    providers: Annotated[
        Listed[ProviderName] | None,
        Field(description="The only providers allowed; null: any."),
    ] = None
    regions: Annotated[
        Listed[RegionName] | None, Field(description="The only regions allowed; null: any.")
    ] = None
    data_centers: Annotated[
        Listed[DataCenterName] | None,
        Field(description="The only data centers allowed; null: any."),
    ] = None
    max_data_centers: Annotated[
        PositiveCount | None,
        Field(description="Most data centers in a period; null: no limit."),
    ] = None
    max_rtt_ms: Annotated[
        Amount | None,
        Field(description="Longest round trip between hub and spoke, in ms; null: no limit."),
    ] = None
    unserved_usd: Annotated[
        Amount | None,
        Field(description="Price of not serving the job, in USD; null: must be served."),
    ] = None
    current: Annotated[
        dict[OfferName, Count] | None,
        Field(description="Shards by offer before the first period; null: a new job."),
    ] = None
    move_usd_per_shard: Annotated[
        Amount | None,
        Field(description="Price of moving a shard, in USD; null: stays where it starts."),
    ] = None
    staging_usd: Annotated[
        dict[DataCenterName, Amount] | None,
        Field(description="Price, by data center, of bringing the job's data there, in USD."),
    ] = None


class Flow(Record):
    """Traffic between two jobs that run in the same periods."""

    a: Annotated[JobName, Field(description="One job.")]
    b: Annotated[JobName, Field(description="The other job.")]
    gbps: Annotated[
        Amount, Field(description="Traffic between the two when all of it crosses, in Gbit/s.")
    ]
    usd_per_ms_hour: Annotated[
        Amount,
        Field(description="Price of a ms of round trip for an hour, in USD."),
    ] = 0.0

    def faults(self, directory: Directory) -> Iterator[Fault]:
        """A flow joins two different jobs."""
        if self.a == self.b:
            yield Fault("b", "is the same job as a; a flow joins two")
