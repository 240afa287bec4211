"""Motion between kept frames: an optical flow in three dimensions, and reading along its trajectories."""
