"""
Volume renderings beside each other
===================================

Every second voxel of each axis and every fourth step of a tornado are kept. Ground truth, interpolation and
prediction at a step that was left out, with one camera and one transfer function, above their CIELUV differences:
how different two renderings look to the eye.
"""

import matplotlib.pyplot as plt
import numpy as np
import pyvista

import stsr_core as stsr
from stsr_filters import side_by_side

series = stsr.tornado(40, 13)
truth = series["tornado"]
kept = {"spatial_factor": 2, "temporal_gap": 3}
fields = {
    "4D cubic": stsr.fit(series, field="cubic", **kept),
    "network": stsr.fit(series, field="modulated_siren", epochs=20, **kept),
}


def image(values):
    """Values (Z, Y, X) as pyvista's ImageData, which is VTK's."""
    z, y, x = truth.grid.shape
    made = pyvista.ImageData(dimensions=(x, y, z), spacing=truth.grid.spacing[::-1])
    made["tornado"] = values.ravel()
    return made


step = 6
images, notes = {"ground truth": image(truth.step(step))}, {}
for title, field in fields.items():
    values = stsr.evaluate(field, truth.grid, [truth.times[step]], "tornado")[0]
    decibels = stsr.psnr(truth.step(step), values, data_range=float(np.ptp(truth.step(step))))
    images[title], notes[title] = image(values), f"PSNR {decibels:.1f} dB"
views = side_by_side(images, "tornado", size=(420, 420), notes=notes, label="speed")

# %%
figure = plt.figure(figsize=(10, 10 * views.picture.shape[0] / views.picture.shape[1]))
plt.imshow(views.picture)
plt.axis("off")
plt.subplots_adjust(0, 0, 1, 1)
plt.show()
