# SPDX-License-Identifier: MIT
"""The list of checks, and how one is run.

A check is a generator that yields a complaint for each thing that is wrong: what the device did and
what Windows expects. It may raise Complaint for one it cannot go on after, and Untried where there
is nothing to look at. Its level says how sure the expectation is: "doc" stands in a document of
Microsoft's or a specification, "seen" was observed with Windows and devices, "guess" is inferred.
`suspects` and `diagnosis` are rows of the two lists in docs/windows.md.
"""

import dataclasses
import fnmatch
import traceback

from wire import Complaint, Untried

LEVELS = ("doc", "seen", "guess")


@dataclasses.dataclass
class Check:
    id: str
    says: str
    level: str
    source: str
    notice: str
    suspects: tuple
    diagnosis: tuple
    run: object


@dataclasses.dataclass
class Result:
    check: Check
    state: str  # "passed", "failed" or "untried"
    details: list

    def as_dict(self):
        return {"id": self.check.id, "state": self.state, "says": self.check.says,
                "level": self.check.level, "source": self.check.source,
                "notice": self.check.notice, "suspects": list(self.check.suspects),
                "details": self.details}


CHECKS = {}


def check(name, says, source, notice, level="doc", suspects=(), diagnosis=()):
    def register(function):
        assert name not in CHECKS and level in LEVELS, name
        CHECKS[name] = Check(name, says, level, source, notice, suspects, diagnosis, function)
        return function
    return register


def judge(session, one):
    try:
        details = list(dict.fromkeys(one.run(session) or ()))
        return Result(one, "failed" if details else "passed", details)
    except Complaint as complaint:
        return Result(one, "failed", [str(complaint)])
    except Untried as reason:
        return Result(one, "untried", [str(reason)])
    except Exception as error:
        # An answer that the checker cannot take: ours to mend, yet something is wrong with it.
        where = traceback.extract_tb(error.__traceback__)[-1]
        return Result(one, "failed", [f"sent what the checker does not understand: {error!r} "
                                      f"({where.filename.rpartition('/')[2]}:{where.lineno})"])


def matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def run(session, only=None, tell=None):
    """All checks in their order, or those whose id fits a pattern such as "scan.*"."""
    results = []
    for one in CHECKS.values():
        if only and not matches(one.id, only):
            continue
        results.append(judge(session, one))
        if tell:
            tell(results[-1])
    return results
