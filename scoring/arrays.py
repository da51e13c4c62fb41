"""The array types that scoring speaks, and the one division that answers nan instead of warning.

Owns no statistics. Everything in this room takes and returns these arrays.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Counts: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Numbers: TypeAlias = Counts | Floats | float

Z95 = 1.959963984540054
"""Two-sided 95 % point of the standard normal distribution."""


def floats(numbers: Numbers) -> Floats:
    """``numbers`` as an array of float64."""
    return np.asarray(numbers, dtype=np.float64)


def ratio(numerator: Numbers, denominator: Numbers) -> Floats:
    """``numerator / denominator``, nan where the denominator is 0 or nan."""
    over, under = np.broadcast_arrays(floats(numerator), floats(denominator))
    result = np.full(over.shape, np.nan)
    np.divide(over, under, out=result, where=under != 0)
    return result
