"""The exceptions of crm-migrate: what stops a run, and what the user can do about it.

::

    MigrateError            exit 2   (base; never raised itself)
    ├── UsageError          exit 2   the command was called in a way that cannot work
    ├── MappingError        exit 2   migration.yaml, a mapping or a target file is wrong
    ├── SourceError         exit 3   a source cannot be read
    └── TargetError         exit 4   the target refused, or is gone
        └── AnswerLost      exit 4   sent, and nobody knows whether it was committed

A bad *value* is never an exception: it is an :class:`migrate.values.Issue`.
"""

from __future__ import annotations


class MigrateError(Exception):
    """A run that cannot continue.

    ``message`` says what was found where and what is allowed, ``hint`` what to type or change
    next, ``where`` is ``file:line`` (or a source row). ``retryable`` says that the same call
    may succeed later.

    >>> print(SourceError("customers.xlsx is not there", hint="look in legacy/", where="migration.yaml:4"))
    migration.yaml:4: customers.xlsx is not there
      → look in legacy/
    """

    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        where: str = "",
        retryable: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where
        self.retryable = retryable

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\n  → {self.hint}" if self.hint else head


class UsageError(MigrateError):
    """The command was called in a way that cannot work."""


class MappingError(MigrateError):
    """migration.yaml, a mapping or a target file is wrong."""


class SourceError(MigrateError):
    """A source cannot be read."""

    exit_code = 3


class TargetError(MigrateError):
    """The target refused, or is gone."""

    exit_code = 4


class AnswerLost(TargetError):
    """The batch was sent and the connection broke: it may or may not be in the target."""
