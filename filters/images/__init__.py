"""``stsr images render`` and ``page``: databases of images, made with VTK and browsed without it."""
