"""The error tree.

ForeshockError
├── UsageError       exit 2: what the user wrote cannot be (a scenario's typo, an unreadable file, a bad option)
├── HarnessError     exit 3: our own or the environment's failure (a port in use, a target out of reach)
└── InvalidRun       exit 3: the run cannot say anything (nothing sent, a fault that hit nothing)

None of them is ever a verdict on the system under test. The message is one line for a person under pressure: what was
wrong (name=value), what is allowed, where, and the mend where it is known.
"""


class ForeshockError(Exception):
    exit_code = 3


class UsageError(ForeshockError):
    exit_code = 2


class HarnessError(ForeshockError):
    exit_code = 3


class InvalidRun(ForeshockError):
    exit_code = 3
