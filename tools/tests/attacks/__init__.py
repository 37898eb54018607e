"""Attacks on a built foretwin, each an independent test of what a finding of a review says.

Every test runs the program the way an attacker or an unlucky user would, and states what a sound
program does then. The inputs are made by code in this package. `tools/attack --help` says how to
run it; the table that it prints has a row for each attack.

Findings that cannot be seen from outside, and why there is no attack here:

- F14 is about which checks run by themselves. It is a fact of tools/test, not of the program.
- F19 needs a reader between two steps of one process, while a group of writes has just failed.
  The moment is microseconds long and cannot be forced without a hook in the program.
- F23 needs stores whose records are forged and have the right checksums. That is a second
  implementation of the record format; the unit tests can make such records directly.
- F24, the part about a disk that fails while it is nearly full, and stale readers, needs calls to
  the system that fail on demand: `tools/torture faults` does that. The version of LMDB is seen.
- F25, the part about keys that stay in memory, cannot be seen without a debugger.
- F26 is about packages and tools, not about the program.
- M2 is left out on purpose: what an old event means for a forecast is a question of the model.
"""
