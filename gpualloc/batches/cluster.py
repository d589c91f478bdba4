"""Solving on a Dask cluster."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from gpualloc.errors import MissingExtraError, SolverError, UsageError
from gpualloc.instance.wording import printable

SAFE_SCHEMES = ("tls", "wss", "inproc")
SECONDS_TO_CONNECT = 30.0


@contextmanager
def connect(address: str, *, insecure: bool = False) -> Iterator[tuple[Executor, int]]:
    """The executor of a Dask cluster, and how many jobs it runs at once.

    Certificates and keys for ``tls://`` come from Dask's own configuration.

    Parameters
    ----------
    address : str
        The scheduler's: ``tls://10.0.0.5:8786``.
    insecure : bool
        Allow a remote address without TLS. Dask runs whatever code it is sent, and sends
        instances and plans in the clear.

    Raises
    ------
    UsageError
        The address is remote and not encrypted.
    MissingExtraError
        Dask is not installed.
    SolverError
        There is no scheduler, or it has no worker.
    """
    check_address(address, insecure=insecure)
    try:
        import distributed
    except ImportError as cause:
        raise MissingExtraError("Dask is not installed: pip install 'gpualloc[cluster]'") from cause
    shown = printable(address)
    make_client: Any = distributed.Client
    try:
        client = make_client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as cause:
        raise SolverError(f"cannot connect to {shown}: {printable(str(cause))}") from cause
    with client:
        try:
            client.wait_for_workers(1, timeout=SECONDS_TO_CONNECT)
        except TimeoutError as cause:
            raise SolverError(f"the scheduler {shown} has no worker") from cause
        yield client.get_executor(pure=False), sum(client.nthreads().values())


def check_address(address: str, *, insecure: bool) -> None:
    """Refuse an address whose traffic others could read or forge.

    Raises
    ------
    UsageError
        It is remote, without TLS, and not said to be wanted.
    """
    scheme, found, rest = address.partition("://")
    if not found:
        scheme, rest = "tcp", address
    if insecure or scheme in SAFE_SCHEMES or _is_local(rest):
        return
    raise UsageError(
        f"{printable(address)} is remote and not encrypted: use tls://, or --insecure if the "
        "network is yours alone"
    )


def _is_local(rest: str) -> bool:
    host = rest.split("/")[0].rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
