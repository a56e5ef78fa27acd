"""What every storage promises of whom rules select, and of who is a member when."""

from kohorte.core.testing.contracts.by_hand import ByHandContract
from kohorte.core.testing.contracts.calculations import CalculationsContract
from kohorte.core.testing.contracts.selections import SelectionsContract
from kohorte.core.testing.contracts.stays import StaysContract


class AudiencesContract(SelectionsContract, CalculationsContract, ByHandContract, StaysContract):
    """Counting, sampling, calculating and reading members. Needs a fixture ``rules`` as well."""
