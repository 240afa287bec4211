"""For pyvista: the only room that imports it, and only when something is called."""
