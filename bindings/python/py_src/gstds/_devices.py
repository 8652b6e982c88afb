"""`devices`: the adapters that can be selected on."""

from __future__ import annotations

from dataclasses import dataclass

from gstds import _gstds


@dataclass(frozen=True)
class Device:
    """An adapter of this machine."""

    index: int
    """Its number, which ``adapter=`` takes, too."""
    name: str
    """Its name, of which ``adapter=`` takes a part."""
    backend: str
    """``vulkan``, ``metal`` or ``dx12``."""
    type: str
    """``discrete``, ``integrated``, ``virtual``, ``software`` or ``other``."""
    driver: str
    """The driver and its version."""


def devices() -> list[Device]:
    """List the adapters of this machine.

    Returns
    -------
    list of Device
        In the order of their numbers; empty where no driver answers. By default the first discrete,
        then integrated, then virtual, then software adapter is used.

    Examples
    --------
    >>> import gstds
    >>> for device in gstds.devices():
    ...     print(device.index, device.name)  # doctest: +SKIP
    0 NVIDIA GeForce RTX 4090
    """
    return [Device(*adapter) for adapter in _gstds.devices()]
