"""The benchmark of the peers on small shapes, with those that are installed."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "benches" / "peers.py"


def test_answers_agree_and_each_has_a_line():
    options = ["--rows", "60,100", "--features", "16", "--rounds", "1"]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *options], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    for rows in (60, 100):
        for job in (
            "Fiedler vector | gstds.select",
            "4 components | gstds.SpectralEmbedding",
            "medoids | gstds.select medoids",
            "facilities | gstds.select facility-location",
        ):
            line = f"| {rows} | {job} |"
            assert sum(found.startswith(line) for found in done.stdout.splitlines()) == 1, line
