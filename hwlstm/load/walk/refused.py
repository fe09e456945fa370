"""What an operator on tensors of open size says when it cannot go on."""

__all__ = ["Refused"]


class Refused(Exception):
    """An operand makes the result depend on the size of the input, or cannot be followed.

    The importer knows the node and makes an UnsupportedModel of it.

    Parameters
    ----------
    attribute : str
        Which operand.
    value : object
        What about it.
    hint : str
        What would be followed.
    """

    def __init__(self, attribute: str, value: object, hint: str):
        self.attribute, self.value, self.hint = attribute, value, hint
        super().__init__(f"{attribute} = {value!r}; {hint}")
