"""The stereo codec as networks: what is built of what, and what a symbol costs."""
