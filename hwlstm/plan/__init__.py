"""From raw integers to engines: lanes, schedules, memories, cycles. No hardware yet."""

from ..devices import DEVICES, Device, device
from .layer import LayerPlan
from .network import NetworkPlan, network_times, plan
from .timing import cycles_per_step, open_share

__all__ = [
    "DEVICES",
    "Device",
    "LayerPlan",
    "NetworkPlan",
    "cycles_per_step",
    "device",
    "network_times",
    "open_share",
    "plan",
]
