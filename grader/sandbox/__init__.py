"""Where students' code runs: a warm process that forks one jailed worker per submission, and the channel to it.

Nothing in this package knows a solution, a hidden test, a seed or the gradebook: the warm process imports it, and whatever
that process knows its workers know. The trusted side is `host` (starts processes, sets limits) and `remote` (the transport
that a judge uses); both treat every byte from a worker as a claim.
"""
