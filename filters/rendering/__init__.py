"""Off-screen pictures of volumes and isosurfaces, alike in camera and colours, with their differences."""
