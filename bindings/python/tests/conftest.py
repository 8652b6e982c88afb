import numpy as np
import pytest


@pytest.fixture(scope="session")
def clusters():
    """300 rows of 24 features around three centres, so that the first vectors are well apart."""
    random = np.random.default_rng(7)
    centres = random.random((3, 24)) * 2
    rows = centres[np.arange(300) % 3] + random.random((300, 24)) * 0.6
    return rows.astype(np.float32)
