"""How much one submission may use."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of one submission's process tree. Seconds are wall-clock time; sizes are bytes."""

    cell: float = 60.0                                 # seconds for one cell
    call: float = 20.0                                 # seconds for one call that a check makes
    check: float = 60.0                                # seconds for one check with all its calls
    submission: float = 900.0                          # seconds for everything, replays included
    grace: float = 1.0                                 # seconds between an interrupt and a kill
    memory: int = 2 << 30                              # of all processes together, beyond what the warm process shares
    disk: int = 256 << 20                              # of each private folder (home, /tmp); /dev/shm has a quarter
    processes: int = 64                                # processes and threads
    output: int = 1 << 20                              # text of one cell that is kept
    frame: int = 256 << 20                             # one message from the worker
    replays: int = 8                                   # fresh workers for one submission

    def as_dict(self) -> dict:
        """Plain data, for a channel or a result's key."""
        return asdict(self)
