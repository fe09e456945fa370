"""What can go wrong that is not a plain ValueError or TypeError."""

from pathlib import Path

__all__ = ["HwlstmError", "Mismatch", "ToolFailed", "UnsupportedModel"]


class HwlstmError(Exception):
    """Anything that hwlstm refuses or could not do; the command line prints it and exits 2."""


class UnsupportedModel(HwlstmError):
    """The model holds something that would change its result and is not implemented.

    Parameters
    ----------
    where : str
        The layer or node.
    attribute : str
        What about it.
    value : object
        The offending value.
    hint : str
        What to do instead.
    """

    def __init__(self, where: str, attribute: str, value: object, hint: str = ""):
        self.where, self.attribute, self.value = where, attribute, value
        text = f"{where}: {attribute} = {value!r} is not supported"
        super().__init__(f"{text}; {hint}" if hint else text)


class ToolFailed(HwlstmError):
    """An external program failed or is missing.

    Parameters
    ----------
    command : str
        The command as run.
    code : int or None
        Its exit code; None when it could not be started.
    log : Path or None
        Where its whole output is.
    detail : str
        The line of the log that tells most.
    """

    def __init__(self, command: str, code: int | None, log: Path | None = None, detail: str = ""):
        self.command, self.code, self.log = command, code, log
        how = "could not be started" if code is None else f"exited with {code}"
        text = f"{command} {how}"
        if detail:
            text += f": {detail}"
        if log is not None:
            text += f" (log: {log})"
        super().__init__(text)


class Mismatch(HwlstmError):
    """Hardware and golden model differ; the message names the first difference."""
