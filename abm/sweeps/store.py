"""Store: what a sweep has computed, safe on disk the moment it is done, and as one sorted file in the end."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from abm.core.errors import StoreError
from abm.runs.clusters import Counts
from abm.runs.drafts import atomic_write
from abm.sweeps.work import WORLDS, Block, Failure

TABLE, SPARE, LOCK = "blocks.parquet", "spare.parquet", ".lock"
_GROUP = 256  # blocks of a row group
_NUMBER = {"b": pa.bool_(), "i": pa.int64(), "f": pa.float64(), "u": pa.int64()}


class BusyError(StoreError):
    """Somebody else is at work in the folder."""


def schema_of(columns: Sequence[str], dtypes: Sequence[np.dtype[Any]]) -> pa.Schema:
    """Layout of the blocks: key, point (``place``), runs, successes, unit of money, and lists of raw values."""
    fields = [("key", pa.binary(32)), ("place", pa.int64()), ("first_run", pa.int64())]
    fields += [("runs", pa.int32()), ("successes", pa.int32()), ("failures", pa.string())]
    fields += [("units_per_bn", pa.int64())]
    fields += [(name, pa.list_(_NUMBER[dtype.kind])) for name, dtype in zip(columns, dtypes, strict=True)]
    return pa.schema(fields)


def worlds_of(blocks: pa.RecordBatch | pa.Table) -> list[Counts]:
    """Successes and runs of each world of some blocks, int64[worlds, 2] a block; without worlds, of none."""
    if WORLDS[0] not in blocks.schema.names:
        return [np.zeros((0, 2), np.int64)] * blocks.num_rows
    columns = [blocks.column(name).to_pylist() for name in WORLDS]
    return [np.array(counts, np.int64).T for counts in zip(*columns, strict=True)]


def key_of(job_name: str, code: str, point: str, first_run: int, runs: int) -> bytes:
    """Key of a block: a hash of everything that decides its numbers."""
    return hashlib.sha256(f"{job_name} {code} {point} {first_run} {runs}".encode()).digest()


_SUM = b"crc32"


def _checksum(batch: pa.RecordBatch) -> bytes:
    """Checksum of a batch and its schema, which Arrow itself does not write."""
    return str(zlib.crc32(batch.serialize(), zlib.crc32(batch.schema.serialize()))).encode()


#: What comes of reading bytes that are not what was written.
_DAMAGES = (pa.ArrowException, OSError, ValueError, KeyError, IndexError, TypeError, OverflowError, MemoryError)


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def whole(path: Path, digests: Mapping[str, str]) -> Path:
    """A file of results, if it is what was written.

    Raises
    ------
    StoreError
        Where it is missing or damaged.
    """
    with reading(path):
        if digest_of(path) != digests[path.name]:
            raise ValueError("another digest")
    return path


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Read the results of a study, and say in one sentence if they are damaged.

    Raises
    ------
    StoreError
        Where the file is no longer what was written.
    """
    try:
        yield
    except StoreError:
        raise
    except _DAMAGES as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.ENOENT, errno.EINVAL):
            raise  # the disk, not the file
        text = f"{path}: expected the results of a study, the file is damaged; run the sweep again into another folder"
        raise StoreError(text) from error


class _Source(Protocol):
    """A file of blocks."""

    batches: int

    def batch(self, number: int) -> pa.RecordBatch:
        """Return some of its blocks."""


class _Table:
    """A sorted file: read a group at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with reading(path):
            self._file = pq.ParquetFile(path, memory_map=True, page_checksum_verification=True)
        self.batches = self._file.num_row_groups
        self._last: tuple[int, Any] = (-1, None)

    def batch(self, number: int) -> pa.RecordBatch:
        """Read a group, or return the one that was read last."""
        if self._last[0] != number:
            with reading(self._path):
                self._last = (number, self._file.read_row_group(number).combine_chunks().to_batches()[0])
        return self._last[1]


class _Journal:
    """A journal, as far as it is whole; its batches stay on disk until they are looked at."""

    def __init__(self, path: Path) -> None:
        self._batches: list[pa.RecordBatch] = []
        self.note = ""
        try:
            file = pa.memory_map(str(path))
            with pa.ipc.open_stream(file) as reader:
                for batch, metadata in reader.iter_batches_with_custom_metadata():
                    batch.validate(full=True)
                    if metadata is None or metadata[_SUM] != _checksum(batch):
                        raise pa.ArrowInvalid("another checksum")
                    self._batches.append(batch)
            if file.tell() < file.size():  # zeros look like the mark of an end
                raise pa.ArrowInvalid("something after the end")
        except _DAMAGES:
            self.note = f"{path}: the end is damaged, kept the {len(self._batches)} whole batches before it"
        self.batches = len(self._batches)

    def batch(self, number: int) -> pa.RecordBatch:
        """Return a batch."""
        return self._batches[number]


class Store:
    """A study folder: an append-only journal while the sweep runs, one Parquet file when it is done.

    Every batch of blocks is whole in the journal or not there at all, so whatever kills the program costs only the
    chunks in flight. The final file depends on the blocks alone, not on the order in which they came.

    Parameters
    ----------
    folder
        The study's folder, made if need be.
    schema
        From :func:`schema_of`.
    digests
        SHA-256 by file name, of files that must be what was written.
    """

    def __init__(self, folder: Path, schema: pa.Schema, digests: Mapping[str, str] | None = None) -> None:
        self.folder, self.schema, self._digests = folder, schema, digests or {}
        self.notes: list[str] = []  # what was found and mended, one sentence each
        self._counts: dict[bytes, tuple[int, int, int]] = {}  # key: runs, successes, failed runs
        self._worlds: dict[bytes, Counts] = {}  # key: successes and runs of each world, if there are any
        self._rows: dict[bytes, tuple[_Source, int, int]] = {}  # key: file, batch and row
        self._writer: Any = None
        self._file: Any = None
        self._read()

    def _journals(self) -> list[Path]:
        return sorted(self.folder.glob("journal-*.arrows"))

    def _read(self) -> None:
        """Find out what is there."""
        paths = [self.folder / name for name in (TABLE, SPARE)]
        for path in paths:
            if path.name in self._digests and path.exists():
                whole(path, self._digests)
        tables = [_Table(path) for path in paths if path.exists()]
        journals = [_Journal(path) for path in self._journals()]
        sources: list[_Source] = [*tables, *journals]
        for source in sources:
            for number in range(source.batches):
                batch = source.batch(number)
                if batch.schema.equals(self.schema):
                    with reading(self.folder):
                        self._learn(source, number, batch)
        self.notes = [journal.note for journal in journals if journal.note]

    def _learn(self, source: _Source, number: int, batch: pa.RecordBatch) -> None:
        self._rows.update((key, (source, number, row)) for row, key in enumerate(self._count(batch)))

    def _count(self, batch: pa.RecordBatch) -> list[bytes]:
        """Keep what blocks count, and return their keys."""
        keys: list[bytes] = batch.column("key").to_pylist()
        failures = batch.column("failures").to_pylist()
        lost = [len(json.loads(text)) if text else 0 for text in failures]
        counts = zip(batch.column("runs").to_pylist(), batch.column("successes").to_pylist(), lost, strict=True)
        self._counts.update(zip(keys, counts, strict=True))
        self._worlds.update((key, found) for key, found in zip(keys, worlds_of(batch), strict=True) if len(found))
        return keys

    def __contains__(self, key: bytes) -> bool:
        """Whether a block is there."""
        return key in self._counts

    def __len__(self) -> int:
        """Number of blocks."""
        return len(self._counts)

    def counts(self, key: bytes) -> tuple[int, int, int]:
        """Runs, successes and failed runs of a block."""
        return self._counts[key]

    def worlds(self, key: bytes) -> Counts | None:
        """Successes and runs of each world of a block, int64[worlds, 2]; None where no worlds were drawn."""
        return self._worlds.get(key)

    def _row(self, key: bytes) -> pa.RecordBatch:
        source, number, row = self._rows[key]
        return source.batch(number).slice(row, 1)

    def append(self, keys: Sequence[bytes], blocks: Sequence[Block]) -> None:
        """Write blocks down; when this returns, they survive the end of the program.

        Raises
        ------
        OSError
            Where they cannot be written.
        """
        batch = self._batch(keys, blocks)
        self._write(batch)
        self._count(batch)

    def copy_from(self, other: Store, keys: Sequence[bytes]) -> None:
        """Copy blocks from another store."""
        self._write(_joined([other._row(key) for key in keys]))
        self._counts.update((key, other.counts(key)) for key in keys)
        self._worlds.update((key, other._worlds[key]) for key in keys if key in other._worlds)

    def _write(self, batch: pa.RecordBatch) -> None:
        if self._writer is None:  # a journal of its own for each session: the end of an older one may be damaged
            number = 1 + max((int(path.stem.split("-")[1]) for path in self._journals()), default=0)
            self._file = (self.folder / f"journal-{number:04}.arrows").open("xb")
            self._writer = pa.ipc.new_stream(self._file, self.schema)
        batch = pa.RecordBatch.from_arrays(batch.columns, schema=self.schema)  # Parquet adds words of its own to it
        self._writer.write_batch(batch, custom_metadata={_SUM: _checksum(batch)})
        self._file.flush()  # to the system, which outlives the program

    def _batch(self, keys: Sequence[bytes], blocks: Sequence[Block]) -> pa.RecordBatch:
        arrays: list[pa.Array] = [
            pa.array(keys, pa.binary(32)),
            pa.array([block.point for block in blocks], pa.int64()),
            pa.array([block.first_run for block in blocks], pa.int64()),
            pa.array([block.runs for block in blocks], pa.int32()),
            pa.array([block.successes for block in blocks], pa.int32()),
            pa.array([json.dumps(block.failures) if block.failures else None for block in blocks], pa.string()),
            pa.array([block.units_per_bn for block in blocks], pa.int64()),
        ]
        for name in self.schema.names[len(arrays) :]:
            kind = self.schema.field(name).type.value_type
            parts = [np.asarray(block.values.get(name, ())) for block in blocks]
            offsets = np.cumsum([0, *(len(part) for part in parts)]).astype(np.int32)
            values = pa.array(np.concatenate(parts) if parts else [], kind)
            arrays.append(pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values))
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def close(self) -> None:
        """Put the journal's end mark; a journal without one is read just as well."""
        if self._writer is not None:
            with contextlib.suppress(OSError, pa.ArrowInvalid):
                self._writer.close()
            self._file.close()
            self._writer = self._file = None

    def failures(self, keys: Iterable[bytes]) -> list[Failure]:
        """What went wrong in some blocks."""
        found = []
        for key in keys:
            text = self._row(key).column("failures")[0].as_py()
            found += [Failure(*record) for record in json.loads(text)] if text else []
        return found

    def rows(self, wanted: Iterable[tuple[int, bytes]]) -> Iterator[pa.RecordBatch]:
        """Blocks by point and key, in the order asked for, a group at a time."""
        if len(self._rows) < len(self._counts):
            self._read()
        group: list[pa.RecordBatch] = []
        for point, key in wanted:
            row = self._row(key)
            if row.column("place")[0].as_py() != point:
                row = row.set_column(1, self.schema.field(1), pa.array([point], pa.int64()))
            group.append(row)
            if len(group) == _GROUP:
                yield _joined(group)
                group = []
        if group:
            yield _joined(group)

    def compact(self, wanted: Sequence[tuple[int, bytes]]) -> dict[str, str]:
        """Turn everything into one sorted Parquet file; blocks that nobody wants now are put aside, not thrown away.

        Returns
        -------
        dict
            SHA-256 of the files by name, for the manifest; the journals go when that is written.
        """
        self.close()
        known = {key for _, key in wanted}
        spare = sorted(set(self._counts) - known)
        if spare:
            self._table(SPARE, [(-1, key) for key in spare])
        else:
            (self.folder / SPARE).unlink(missing_ok=True)
        self._table(TABLE, wanted)
        return {name: digest_of(self.folder / name) for name in (TABLE, SPARE) if (self.folder / name).exists()}

    def drop_journals(self) -> None:
        """Remove what the files have taken over."""
        for journal in self._journals():
            journal.unlink()

    def _table(self, name: str, wanted: Sequence[tuple[int, bytes]]) -> None:
        with atomic_write(self.folder / name) as path:
            settings = {"compression": "zstd", "write_page_checksum": True}
            with pq.ParquetWriter(path, self.schema, **settings) as table:
                for group in self.rows(wanted):
                    table.write_batch(group)


def _joined(group: list[pa.RecordBatch]) -> pa.RecordBatch:
    """Put batches of one row together."""
    return pa.Table.from_batches(group).combine_chunks().to_batches()[0]


@contextlib.contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold a study folder alone; the hold ends with the program, however that ends.

    Raises
    ------
    BusyError
        Where somebody else holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a+") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ModuleNotFoundError:  # no such locks on this system
            pass
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "somebody"
            raise BusyError(f"{folder}: expected nobody else at work here, got {holder}") from None
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield
