"""Between VTK's pipeline and the core: keys, messages, selections, and what differs between versions."""
