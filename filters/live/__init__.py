"""What the live linked views of ParaView and of pyvista share."""
