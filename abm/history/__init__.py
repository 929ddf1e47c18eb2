"""History: what real attempts to raise large, conditional money say; cases as files, read, checked and counted."""

from abm.core.errors import CaseError
from abm.history.case import Case
from abm.history.collection import BaseRate, Library, library

__all__ = ["BaseRate", "Case", "CaseError", "Library", "library"]
