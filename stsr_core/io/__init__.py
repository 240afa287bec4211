"""Files ↔ VolumeSeries: VTK, HDF5/NetCDF-4, TIFF and raw files, read step by step and written atomically."""

from stsr_core.io.read import open_grid, open_series
from stsr_core.io.write import destinations, required_bytes, write_series

__all__ = ["destinations", "open_grid", "open_series", "required_bytes", "write_series"]
