import os
import signal
import subprocess
import sys

import pytest

from glassnet.data.locks import locked
from glassnet.errors import BusyError

HOLD = """
import sys, time
from pathlib import Path
from glassnet.data.locks import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_one_is_told_who_holds_it_and_may_have_it_afterwards(tmp_path):
    path = tmp_path / ".lock"
    with locked(path):
        found = f"process {os.getpid()} is at work there"
        with pytest.raises(BusyError, match=found), locked(path):
            pass
        with pytest.raises(BusyError, match=found), locked(path):
            pass
    with locked(path):
        pass
    assert not list(tmp_path.iterdir())


def test_a_killed_process_holds_nothing(tmp_path):
    path = tmp_path / ".lock"
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(BusyError, match=f"process {process.pid} is"), locked(path):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
    with locked(path):
        pass
    assert not list(tmp_path.iterdir())
