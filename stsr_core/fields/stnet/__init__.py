"""STNet (Han et al.): a convolutional network from two kept volumes to the fine sequence between."""

from stsr_core.fields.stnet.field import STNet, STNetConfig

__all__ = ["STNet", "STNetConfig"]
