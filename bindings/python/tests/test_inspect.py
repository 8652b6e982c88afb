"""The page of a selection."""

import struct
import zlib

import numpy as np
import pytest

import gstds


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"rule": "medoids"},
        {"rule": "random"},
        {"batch": 100},
        {"drop_near_duplicates": 0.999},
        {"vectors": 3, "affinity": "knn"},
    ],
)
def test_the_page_shows_what_was_kept(clusters, options):
    selection = gstds.select(clusters, count=30, **options)
    page = selection.inspect()
    assert page.startswith("<!DOCTYPE html>") and "30 of 300 rows kept" in page
    assert f"rule {options.get('rule', 'quantile')}" in page
    assert "spectrum" in page.lower()
    # The same page another time.
    assert selection.inspect() == page


def png(path, grey):
    """A picture of 8 x 8 pixels."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    lines = zlib.compress((b"\0" + bytes([grey] * 8)) * 8)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", lines), chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def test_images_make_a_contact_sheet_and_files_are_written(clusters, tmp_path):
    images = [tmp_path / f"{row}.png" for row in range(40)]
    for row, image in enumerate(images):
        png(image, 6 * row)
    selection = gstds.select(clusters[:40], count=10)
    page = selection.inspect(images, out=tmp_path / "look")
    assert "40 images" in page
    names = sorted(file.name for file in (tmp_path / "look").iterdir())
    assert "contact-sheet.png" in names and "spectrum.png" in names
    assert (tmp_path / "look" / "inspect.html").read_text(encoding="utf-8") == page
    with pytest.raises(ValueError, match="exists|is there"):
        selection.inspect(images, out=tmp_path / "look")
    assert selection.inspect(images, out=tmp_path / "look", force=True) == page
    alone = tmp_path / "page.html"
    assert selection.inspect([str(image) for image in images], out=str(alone)) == page
    assert alone.read_text(encoding="utf-8") == page
    with pytest.raises(ValueError, match="39 images are listed for 40 rows; list one per row"):
        selection.inspect(images[1:])
    images[3].write_bytes(b"not a picture")
    assert "not" in selection.inspect(images)


def test_rows_without_a_graph_have_no_page():
    rows = np.zeros((5, 3), np.float32)
    with pytest.raises(ValueError, match="zero, NaN or infinite"):
        gstds.select(rows, count=2, rule="random").inspect()
