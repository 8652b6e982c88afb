"""Writes the images in images/, of kinds that the crate `image` reads and does not write.

Usage: record_images.py FOLDER (needs Pillow; recorded with 13.0.0)
"""

import sys
from pathlib import Path

from PIL import Image

SIDE = 24

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
picture = Image.new("RGB", (SIDE, SIDE))
picture.putdata(
    [(x * 10, y * 10, 255 - x * 5 - y * 5) for y in range(SIDE) for x in range(SIDE)]
)
quality = {"quality": 95, "subsampling": 0}
picture.convert("CMYK").save(folder / "cmyk.jpg", **quality)
picture.save(folder / "progressive.jpg", progressive=True, **quality)
picture.save(folder / "subsampled.jpg", quality=90, subsampling=2, restart_marker_blocks=2)
picture.save(folder / "lossy.webp", quality=90)
with_alpha = picture.copy()
with_alpha.putalpha(Image.linear_gradient("L").resize((SIDE, SIDE)))
with_alpha.save(folder / "alpha.webp", quality=90)
picture.quantize(256).save(folder / "palette.png")
picture.quantize(256).save(folder / "palette.bmp")
