"""Databases of images of a time-varying volume: views, files, and what is stored with them."""
