"""A command that presses Ctrl-C for itself. Run by test_interrupt.py:

    python -m tests.cli.interrupts EVENT PART HOW COMMAND...

At the first audit event EVENT (of the file system) with PART in its arguments SIGINT comes: `now`,
where it is heard; or while an object is `deleted`, where Python drops it.
"""

import os
import signal
import sys

from hwlstm.cli import main

event, part, how, *command = sys.argv[1:]
done = []


class Pressed:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass  # the signal is handled between two of these, and its exception is dropped


def hook(name, arguments):
    if name == event and part in str(arguments) and not done:
        done.append(name)
        if how == "deleted":
            it = Pressed()
            del it
        else:
            os.kill(os.getpid(), signal.SIGINT)


sys.addaudithook(hook)
code = main(command)
if not done:
    sys.exit(f"{event} of {part} was never seen")
sys.exit(code)
