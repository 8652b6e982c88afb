"""Images of 47 kinds, and how Pillow decodes them. Usage: odd_images.py FOLDER.

Beside each file NAME lies NAME.rgb, its pixels; kinds.txt has a line for each: name, width, height and
the mean difference that is allowed, 0 where the format loses nothing. Pillow turns images as their
EXIF data say and drops alpha, as gstds does. It cuts 16-bit samples off at 255, so of these the
expected pixels are the source's.
"""

import io
import pathlib
import struct
import sys
import zlib

from PIL import Image, ImageCms, ImageOps

FOLDER = pathlib.Path(sys.argv[1])
WIDTH, HEIGHT = 96, 64
# Decoders of JPEG and lossy WebP round and interpolate colours in their own ways.
LOSSY = 2.0
kinds = []


def picture(width=WIDTH, height=HEIGHT, turn=0):
    at = lambda x, y: (255 * x // width, 255 * y // height, (x * y // 24 + 60 * turn) % 256)
    made = Image.new("RGB", (width, height))
    made.putdata([at(x, y) for y in range(height) for x in range(width)])
    made.paste((220, 30, 40), (width // 8, height // 8, width // 3, height // 2))
    return made


def note(name, data, allowed=0.0, expected=None):
    (FOLDER / name).write_bytes(data)
    if expected is None:
        expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    (FOLDER / f"{name}.rgb").write_bytes(expected.tobytes())
    kinds.append(f"{name} {expected.width} {expected.height} {allowed}")


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation):
    data = Image.Exif()
    data[274] = orientation
    return data


def chunk(kind, data, flip=0):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ flip)


def png(depth, colour, lines, interlaced=0, extra=b""):
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, interlaced)
    body = zlib.compress(b"".join(b"\0" + line for line in lines))
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
    return start + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def lines(image):
    data = image.tobytes()
    size = len(data) // HEIGHT
    return [data[first : first + size] for first in range(0, len(data), size)]


def adam7(image):
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    for left, top, right, down in passes:
        for y in range(top, HEIGHT, down):
            yield b"".join(bytes(image.getpixel((x, y))) for x in range(left, WIDTH, right))


def without_adobe(data):
    at = data.index(b"\xff\xee")
    return data[:at] + data[at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0] :]


rgb = picture()
grey = rgb.convert("L")
alpha = rgb.copy()
alpha.putalpha(Image.linear_gradient("L").resize(rgb.size))
palette = rgb.quantize(64)
other = picture(turn=1)

note("rgb.png", saved(rgb, "PNG"))
note("rgba.png", saved(alpha, "PNG"))
note("grey.png", saved(grey, "PNG"))
note("grey-alpha.png", saved(alpha.convert("LA"), "PNG"))
note("bits.png", saved(rgb.convert("1"), "PNG"))
note("palette.png", saved(palette, "PNG"))
note("palette-transparent.png", saved(palette, "PNG", transparency=3))
double = lambda line: bytes(value for sample in line for value in (sample, sample))
note("grey16.png", png(16, 0, map(double, lines(grey))), expected=grey.convert("RGB"))
note("rgb16.png", png(16, 2, map(double, lines(rgb))), expected=rgb)
note("adam7.png", png(8, 2, adam7(rgb), interlaced=1))
note("wrong-crc-of-text.png", png(8, 2, lines(rgb), extra=chunk(b"tEXt", b"Comment\0text", 1)), expected=rgb)
note("animated.png", saved(rgb, "PNG", save_all=True, append_images=[other]))
note("turned.png", saved(rgb, "PNG", exif=exif(6)))
note("444.jpg", saved(rgb, "JPEG", quality=95, subsampling=0), LOSSY)
note("422.jpg", saved(rgb, "JPEG", quality=95, subsampling=1), LOSSY)
note("420.jpg", saved(rgb, "JPEG", quality=95, subsampling=2), LOSSY)
note("progressive.jpg", saved(rgb, "JPEG", quality=95, progressive=True), LOSSY)
note("grey.jpg", saved(grey, "JPEG", quality=95), LOSSY)
cmyk = saved(rgb.convert("CMYK"), "JPEG", quality=95, subsampling=0)
note("cmyk.jpg", cmyk, LOSSY)
for orientation in range(1, 9):
    turned = saved(rgb, "JPEG", quality=95, subsampling=0, exif=exif(orientation))
    note(f"turned-{orientation}.jpg", turned, LOSSY)
note("restarts.jpg", saved(rgb, "JPEG", quality=95, restart_marker_blocks=2), LOSSY)
note("odd-sides.jpg", saved(picture(97, 61), "JPEG", quality=95, subsampling=2), LOSSY)
note("bytes-behind.jpg", saved(rgb, "JPEG", quality=95, subsampling=0) + bytes(3000) + b"film", LOSSY)
note("two-pictures.jpg", saved(rgb, "MPO", save_all=True, append_images=[other], quality=95), LOSSY)
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
note("profile.jpg", saved(rgb, "JPEG", quality=95, subsampling=0, icc_profile=profile), LOSSY)
note("lossy.webp", saved(rgb, "WEBP", quality=95), LOSSY)
note("lossless.webp", saved(rgb, "WEBP", lossless=True))
note("alpha.webp", saved(alpha, "WEBP", lossless=True, exact=True))
note("animated.webp", saved(rgb, "WEBP", lossless=True, save_all=True, append_images=[other]))
note("turned.webp", saved(rgb, "WEBP", lossless=True, exif=exif(6)))
note("rgb.bmp", saved(rgb, "BMP"))
note("palette.bmp", saved(palette, "BMP"))
note("bits.bmp", saved(rgb.convert("1"), "BMP"))
note("palette.gif", saved(palette, "GIF"))
note("animated.gif", saved(palette, "GIF", save_all=True, append_images=[other.quantize(64)]))
note("plain.tif", saved(rgb, "TIFF"))
note("lzw.tif", saved(rgb, "TIFF", compression="tiff_lzw"))
note("deflate.tif", saved(rgb, "TIFF", compression="tiff_adobe_deflate"))
note("png-named.jpg", saved(rgb, "PNG"))
note("webp-named.jpeg", saved(rgb, "WEBP", lossless=True))
(FOLDER / "kinds.txt").write_text("\n".join(kinds))
