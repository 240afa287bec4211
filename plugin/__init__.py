"""ParaView side of the project."""
