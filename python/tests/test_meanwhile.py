"""What goes on while a run does: other threads, progress, Ctrl-C."""

import os
import signal
import subprocess
import sys
import threading

import pytest
import shortfall as sf

#: More than is done before anybody looks.
MANY = 300_000


def test_other_threads_go_on(quickstart):
    counted, over = [], threading.Event()

    def count():
        while not over.wait(0.001):
            counted.append(None)

    thread = threading.Thread(target=count)

    def looked(done, total):
        # From within the run, while it is not done.
        if 0 < done < total and len(counted) > 3:
            raise StopIteration

    thread.start()
    try:
        with pytest.raises(StopIteration):
            sf.run(quickstart, trials=100 * MANY, keep_trials=False, progress=looked)
    finally:
        over.set()
        thread.join()


def test_progress_is_told_to_a_function(quickstart):
    told = []
    run = sf.run(quickstart, trials=2000, threads=1, progress=lambda done, total: told.append((done, total)))
    total = 2000 * len(run.scenarios)
    assert told[-1] == (total, total)
    assert told == sorted(told) and all(done <= total for done, total in told)


def test_what_a_function_raises_ends_the_run(quickstart):
    def fail(done, total):
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        sf.run(quickstart, trials=100 * MANY, keep_trials=False, progress=fail)


INTERRUPTED = """
import signal
import sys
import shortfall as sf

# What runs in the background of a shell ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)

def told(done, total):
    if 0 < done < total:
        print("on the way", flush=True)

try:
    getattr(sf, sys.argv[2])(*eval(sys.argv[3]), trials=30_000_000, progress=told, **eval(sys.argv[4]))
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("run", "(sys.argv[1],)"),
        ("compare", '(sys.argv[1], "evidence", "as-planned")'),
        ("drivers", "(sys.argv[1],)"),
    ],
)
def test_ctrl_c_stops_it(quickstart, name, arguments):
    options = "dict(keep_trials=False)" if name == "run" else "{}"
    line = [sys.executable, "-c", INTERRUPTED, str(quickstart), name, arguments, options]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "on the way\n"
        os.kill(process.pid, signal.SIGINT)
        assert process.communicate(timeout=60)[0].splitlines()[-1] == "interrupted"
        assert process.returncode == 0
