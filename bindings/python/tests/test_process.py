"""What concerns the whole process, tried in processes of their own."""

import os
import subprocess
import sys

import pytest

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

START = """
import os, sys, threading, time
import numpy as np
import gstds
from gstds.torch import SpectralBatchSampler
rows = np.random.default_rng(0).random((400, 16), dtype=np.float32)
"""

IN_CHILD = """
def in_child(use):
    child = os.fork()
    if child == 0:
        try:
            use()
            code = 0
        except RuntimeError as error:
            code = 7 if "forked" in str(error) and "spawn" in str(error) else 8
        except BaseException:
            code = 9
        os._exit(code)
    for _ in range(600):
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.kill(child, 9)
    return "hangs"
"""


def run(code, **environment):
    kept = {name: value for name, value in os.environ.items() if name not in environment}
    environment = {name: value for name, value in environment.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", START + code],
        capture_output=True,
        text=True,
        timeout=120,
        env={**kept, **environment},
    )


def test_nothing_is_written_to_stderr():
    code = """
before = dict(os.environ)
gstds.devices()
gstds.select(rows, 0.1)
list(SpectralBatchSampler(rows))
assert dict(os.environ) == before
print("done")
"""
    done = run(code, XDG_RUNTIME_DIR=None, MESA_VK_IGNORE_CONFORMANCE_WARNING=None)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


@pytest.mark.skipif(
    sys.platform != "linux", reason="drivers are hidden by the Vulkan loader's variables"
)
def test_a_machine_without_a_driver_says_what_to_install():
    code = """
assert gstds.devices() == []
try:
    gstds.select(rows, 0.1)
except gstds.NoAdapterError as error:
    assert isinstance(error, RuntimeError)
    print(error)
"""
    done = run(code, VK_DRIVER_FILES="/nowhere.json", VK_ICD_FILENAMES="/nowhere.json")
    assert done.returncode == 0, done.stderr
    assert "apt-get install mesa-vulkan-drivers" in done.stdout


def test_the_sampler_needs_no_pytorch():
    done = run("assert len(list(SpectralBatchSampler(rows))) == 2 and 'torch' not in sys.modules")
    assert done.returncode == 0, done.stderr


@needs_fork
def test_a_child_forked_after_use_gets_an_error():
    code = (
        IN_CHILD
        + """
sampler = SpectralBatchSampler(rows)
guided = SpectralBatchSampler(rows, method="guided", labels=np.arange(400) % 4)
selection = gstds.select(rows, 0.1)
gstds.near_duplicates(rows)
uses = [
    lambda: gstds.select(rows, 0.1),
    lambda: gstds.devices(),
    lambda: gstds.near_duplicates(rows),
    lambda: list(sampler),
    lambda: SpectralBatchSampler(rows),
    lambda: list(guided),
    lambda: guided.update([0], [0.5]),
    lambda: guided.state_dict(),
    lambda: selection.inspect(),
]
print([in_child(use) for use in uses])
def drop():
    global sampler
    del sampler
    import gc
    gc.collect()
print(in_child(drop))
# While another thread is at work, too.
busy = threading.Thread(target=lambda: [gstds.select(rows, 0.1) for _ in range(20)])
busy.start()
print(in_child(uses[0]))
busy.join()
# The parent goes on.
print(len(gstds.select(rows, 0.1)))
"""
    )
    done = run(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[7, 7, 7, 7, 7, 7, 7, 7, 7]", "0", "7", "40"]


@needs_fork
def test_a_child_forked_before_use_has_its_own_device():
    done = run(
        IN_CHILD + "print(in_child(lambda: gstds.select(rows, 0.1)), len(gstds.select(rows, 0.1)))"
    )
    assert (done.returncode, done.stdout) == (0, "0 40\n"), done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="threads are listed in /proc")
@pytest.mark.parametrize(
    "work",
    ["gstds.select(many, 0.1, affinity='exp')", "gstds.near_duplicates(wide, 0.9999)"],
)
def test_ctrl_c_is_heard_while_the_work_goes_on(work):
    code = f"""
import glob, signal
# Where tests run in the background, interrupts are ignored from the start.
signal.signal(signal.SIGINT, signal.default_int_handler)
many = np.random.default_rng(0).random((3000, 256), dtype=np.float32)
wide = np.random.default_rng(0).random((8000, 4096), dtype=np.float32)
gstds.select(rows, 0.1)
def at_work():
    names = []
    for name in glob.glob("/proc/self/task/*/comm"):
        try:
            names.append(open(name).read().strip())
        except OSError:
            pass  # It has just ended.
    return "gstds" in names
def interrupt():
    while not at_work():
        time.sleep(0.01)
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
try:
    {work}
except KeyboardInterrupt:
    print("heard", at_work())
"""
    done = run(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "heard True\n", "")


def test_other_threads_run_while_the_device_works():
    code = """
many = np.random.default_rng(0).random((4000, 128), dtype=np.float32)
gstds.select(rows, 0.1)
turns, done = 0, threading.Event()
def count():
    global turns
    while not done.is_set():
        turns += 1
        time.sleep(0.001)
threading.Thread(target=count).start()
before = turns
gstds.select(many, 0.1)
during = turns - before
done.set()
print(during)
"""
    done = run(code)
    assert done.returncode == 0, done.stderr
    # Were the lock held, the other thread would have had no turn.
    assert int(done.stdout) >= 3
