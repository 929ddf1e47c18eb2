"""Scenario: one file, one round. Load it, check it, change it, say where its numbers come from."""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import json
import tomllib
from collections.abc import Mapping
from functools import cached_property
from importlib import import_module, resources
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from abm.core.arguments import checked
from abm.core.errors import Fault, ScenarioError
from abm.core.written import shown
from abm.scenario.bounds import fault_of_tables, fault_of_text
from abm.scenario.changes import set_path
from abm.scenario.checks import faults_of
from abm.scenario.fields import Knob, did_you_mean, title_of
from abm.scenario.filling import FILLED, filled
from abm.scenario.messages import dotted, fault_from, fault_of_toml, field_at, known_keys
from abm.scenario.needs import faults_of_needs
from abm.scenario.schema import Tables


class Scenario(Tables):
    """A funding round, the company, the gatekeepers and the investors, as read from one TOML file."""

    _file: str = PrivateAttr(default="scenario")
    _raw: dict[str, Any] = PrivateAttr(default_factory=dict)
    _baseline: dict[str, Any] = PrivateAttr(default_factory=dict)
    _known: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def file(self) -> str:
        """Where the scenario was read from, as shown in messages."""
        return self._file

    @property
    def raw(self) -> dict[str, Any]:
        """The tables of the file, with changes made by :meth:`with_values`; a copy."""
        return copy.deepcopy(self._raw)

    @property
    def known(self) -> dict[str, Any]:
        """What has been worked out from this scenario, by name, so that it need not be worked out again."""
        return self._known

    @cached_property
    def baseline(self) -> Scenario:
        """The file as it was written: the world that inclinations are calibrated in, whatever is changed later."""
        return self if self._baseline == self._raw else _build(self._baseline, self._baseline, self._file)

    def __eq__(self, other: object) -> bool:
        """Whether both give the same results: sources, grades and where they were read from do not count."""
        return self.digest == other.digest if isinstance(other, Scenario) else NotImplemented

    def __hash__(self) -> int:
        """Hash of the digest."""
        return hash(self.digest)

    @property
    def digest(self) -> str:
        """SHA-256 of everything that decides a result; sources and grades do not."""
        tables = {
            "scenario": _that_count(filled(self._raw)),
            "baseline": _that_count(filled(self._baseline)),
        }
        return hashlib.sha256(json.dumps(tables, sort_keys=True, default=str).encode()).hexdigest()

    def with_values(self, changes: Mapping[str, Any]) -> Scenario:
        """Return this scenario with values changed by dotted path; biases stay calibrated to the file.

        Examples
        --------
        >>> import abm
        >>> asked = abm.load_scenario("three-investors").with_values({"round.target_bn": 8.0})
        >>> float(asked.round.target_bn)
        8.0
        """
        raw, baseline = copy.deepcopy(self._raw), self._baseline
        if any(path.endswith(".inclination") for path in changes):
            baseline = copy.deepcopy(baseline)
        faults = []
        for path, value in changes.items():
            try:
                set_path(raw, path, value, _keys)
                if path.endswith(".inclination"):
                    set_path(baseline, path, value, _keys)
            except LookupError as error:
                faults.append(Fault(path, str(error.args[0])))
        if faults:
            raise ScenarioError(self._file, faults)
        changed = _build(raw, baseline, self._file)
        if baseline == self._baseline:
            # into the cache of the property: built, checked and calibrated once for all that is made of it
            changed.__dict__["baseline"] = self.baseline
        return changed

    def explore(self, height: int = 900) -> Any:
        """Show the page of ``abm serve`` in a cell of a notebook, or a table where there can be none.

        Parameters
        ----------
        height
            Of the cell [pixels].

        Returns
        -------
        abm.serve.explorer.Explorer
            A notebook shows it; elsewhere it says where the page is. It is served until the session ends, or until its
            ``close()``.

        Examples
        --------
        >>> import abm
        >>> explorer = abm.load_scenario("three-investors").explore()
        >>> print(explorer)
        A lead with a condition and two followers: http://...
        >>> explorer.close()
        """
        return import_module("abm.serve.explorer").Explorer(self, height)  # far above, and looked up when asked for

    def save(self, path: str | Path) -> None:
        """Write the scenario as a TOML file that gives the same results.

        Biases of a changed scenario stay calibrated to the file it came from, so its tables are written, too, under
        ``baseline``.
        """
        import tomli_w

        raw = self._raw if self._raw == self._baseline else {**self._raw, "baseline": self._baseline}
        Path(path).write_text(tomli_w.dumps(raw), encoding="utf-8")


# --------------------------------------------------------------------------------------------------------------------
# Reading


def packaged() -> list[str]:
    """Ids of the scenarios that come with the package."""
    names = [entry.name for entry in resources.files("abm.scenarios").iterdir()]
    return sorted(n[:-5] for n in names if n.endswith(".toml") and "." not in n[:-5])  # not outcomes, nor the template


@checked
def load_scenario(source: Scenario | str | Path) -> Scenario:
    """Load a packaged scenario by id, or a scenario file by path.

    Parameters
    ----------
    source
        An id listed by ``abm scenarios``, or the path of a TOML file; a scenario is returned as it is.

    Returns
    -------
    Scenario
        Frozen and checked.

    Raises
    ------
    ScenarioError
        With every fault of the file: key, what was expected, what came.

    Examples
    --------
    >>> load_scenario("three-investors").title
    'A lead with a condition and two followers'
    """
    if isinstance(source, Scenario):
        return source
    text, name = _read(source)
    raw = tables_of(text, name)
    if {"companies", "shared"} & set(raw):
        raise ScenarioError(name, [_MARKET])
    return _read_tables(raw, name)


def tables_of(text: str, name: str) -> dict[str, Any]:
    """Read the text of a TOML file, unless it is too large or too deep.

    Raises
    ------
    ScenarioError
        Where it is, or no TOML.
    """
    if fault := fault_of_text(text):
        raise ScenarioError(name, [fault])
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # tomllib's own, numbers of endless digits, endless brackets
        raise ScenarioError(name, [fault_of_toml(text, str(error))]) from None
    if fault := fault_of_tables(raw):
        raise ScenarioError(name, [fault])
    return raw


def text_of(path: Path, name: str) -> str:
    """Read a text file.

    Raises
    ------
    ScenarioError
        Where it cannot be read, or is no UTF-8.
    """
    try:
        return path.read_text("utf-8-sig")  # some editors put a mark before the text
    except UnicodeDecodeError:
        raise ScenarioError(name, [Fault("file", "expected text in UTF-8")]) from None
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise ScenarioError(name, [Fault("file", "expected a readable TOML file", reason)]) from None


@checked
def scenario_from(raw: Mapping[str, Any], name: str = "scenario") -> Scenario:
    """Build a scenario from tables in memory, laid out as in a file."""
    tables = dict(raw)
    if fault := fault_of_tables(tables):  # before they are copied, one within the other
        raise ScenarioError(name, [fault])
    return _read_tables(copy.deepcopy(tables), name)


def scenario_of(raw: dict[str, Any], baseline: dict[str, Any], name: str) -> Scenario:
    """Build a scenario that was changed: its tables, and those that its inclinations are calibrated in."""
    return _build(raw, baseline, name)


def _keys(location: tuple[str, ...]) -> list[str]:
    return known_keys(location, Scenario)


def _read_tables(tables: dict[str, Any], name: str) -> Scenario:
    """Build a scenario from the tables of a file; those of a changed one hold the baseline it was changed from."""
    baseline = tables.pop("baseline", None)
    if baseline is None:
        return _build(tables, tables, name)
    if not isinstance(baseline, dict):
        raise ScenarioError(name, [Fault("baseline", "expected the tables of a scenario", shown(baseline))])
    _build(baseline, baseline, f"{name}: baseline")  # its faults are said as its own
    return _build(tables, baseline, name)


def _read(source: str | Path) -> tuple[str, str]:
    name = str(source)
    path = Path(name)
    if name in packaged():
        return resources.files("abm.scenarios").joinpath(f"{name}.toml").read_text("utf-8"), f"{name}.toml"
    looks_like_file = path.suffix == ".toml" or len(path.parts) > 1 or (len(name) < _LONGEST_NAME and path.exists())
    if not looks_like_file:
        if name and resources.files("abm.markets").joinpath(f"{name}.toml").is_file():
            raise ScenarioError(name, [_MARKET])
        hint = did_you_mean(name, packaged()) or f"; packaged are {', '.join(packaged())}"
        raise ScenarioError(name, [Fault("scenario", f"expected a packaged id or the path of a TOML file{hint}")])
    return text_of(path, name), name


def _build(raw: dict[str, Any], baseline: dict[str, Any], file: str) -> Scenario:
    tables = filled(raw)
    try:
        scenario = Scenario.model_validate(tables)
    except ValidationError as error:
        faults = [fault_from(detail, tables, Scenario) for detail in error.errors()]
        raise ScenarioError(file, [*faults, *faults_of_needs(raw), *_faults_beyond(tables, error)]) from None
    scenario._file, scenario._raw, scenario._baseline = file, raw, baseline
    faults = [*faults_of(scenario), *faults_of_needs(raw)]
    if faults:
        raise ScenarioError(file, faults)
    return scenario


def _faults_beyond(raw: dict[str, Any], error: ValidationError) -> list[Fault]:
    """Contradictions beside the faults of a file, so that one reading reports them too.

    Every faulty value gives way to one that contradicts nothing; what is said about the item it stands in is left out,
    because it could follow from the fault.
    """
    rest = copy.deepcopy(raw)
    for detail in error.errors():
        if not _mended(rest, detail["loc"]):
            return []
    try:
        faults = faults_of(Scenario.model_validate(rest))
    except ValidationError:
        return []
    doubtful = [dotted(detail["loc"][:2], raw) for detail in error.errors()]
    return [f for f in faults if not any(f.key == item or f.key.startswith(f"{item}.") for item in doubtful)]


def _mended(rest: dict[str, Any], location: tuple[int | str, ...]) -> bool:
    """Put something harmless where a fault is, in place; whether that was possible."""
    node: Any = rest
    for step in location[:-1]:
        node = node[step] if isinstance(node, (dict, list)) else None  # type: ignore[index]
    last = location[-1]
    if isinstance(node, list):  # a faulty condition
        node[last] = {"min_sentiment": -5.0}  # type: ignore[index]
        return "conditions" in location
    field = field_at(location, Scenario)
    if not isinstance(node, dict) or last in _REFERRED_TO:
        return False
    node.pop(last, None)
    if field is None or not field.is_required():
        return True
    stand_in = {"format": 1, "kind": "venture", "deadline": rest.get("as_of")}.get(str(last), "stand-in")
    if last == "deadline" and isinstance(stand_in, dt.date):
        stand_in += dt.timedelta(days=1)
    node[last] = stand_in
    return not any(isinstance(part, Knob) for part in field.metadata)


_MARKET = Fault("scenario", "expected a scenario of one company", "a market, which abm run takes")
_LONGEST_NAME = 255  # letters of a file's name
# What other keys lean on: while one of these is faulty, nothing can be said about them.
_REFERRED_TO = ("as_of", "id", "round", "company", "ipo", "gatekeepers", "investors", "investor_pools")


def _that_count(tables: dict[str, Any]) -> Any:
    """Leave only what decides a result: no sources, and nobody's own funding where it does not apply."""
    counting = dict(tables)
    if isinstance(tables.get("investors"), list):
        counting["investors"] = [
            {key: value for key, value in who.items() if key != "funding" or value.get("applies", True)}
            for who in tables["investors"]
        ]
    return _without_sources(counting)


def _without_sources(raw: Any) -> Any:
    """Leave only what a number is, however it is written: 30, 30.0 and { value = 30, source = "…" } are the same."""
    if isinstance(raw, dict):
        kept = {key: _without_sources(value) for key, value in raw.items() if key not in ("source", "grade")}
        return kept["value"] if set(kept) == {"value"} else kept
    if isinstance(raw, (list, tuple)):
        return [_without_sources(value) for value in raw]
    return float(raw) if isinstance(raw, (int, float)) and not isinstance(raw, bool) else raw


class _SchemaGenerator(GenerateJsonSchema):
    """Writes definitions under the titles of the tables."""

    def normalize_name(self, name: str) -> str:
        """Name a definition."""
        return title_of(super().normalize_name(name))


def json_schema() -> dict[str, Any]:
    """JSON Schema of a scenario file, for completion and checks in an editor."""
    schema = Scenario.model_json_schema(by_alias=True, schema_generator=_SchemaGenerator)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "abm scenario"
    return _asked_of_format_1(schema)


def _asked_of_format_1(schema: dict[str, Any]) -> dict[str, Any]:
    """Ask only files of the first format for the keys that ``format = 2`` fills in; a title is good to have in both."""
    parts = {"round": schema["$defs"]["Round"], "investors": schema["$defs"]["Investor"]}
    asked = {name: [key for key in FILLED[name] if key in part["required"]] for name, part in parts.items()}
    for name, part in parts.items():
        part["required"] = [key for key in part["required"] if key not in asked[name]]
    schema["if"] = {"properties": {"format": {"const": 1}}}
    schema["then"] = {
        "properties": {
            "round": {"required": asked["round"]},
            "investors": {"items": {"required": asked["investors"]}},
        },
    }
    return schema
