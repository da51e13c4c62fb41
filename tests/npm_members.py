"""One file out of an npm package, pinned by version and hash: fetched once, kept in ``.make``.

What is fetched is never committed. Where npm cannot be asked, ``NotToBeHad`` says why.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".make"


class NotToBeHad(Exception):
    """The file is not here and cannot be fetched."""


@dataclass(frozen=True)
class Member:
    """A file of a package, and under which name it is kept."""

    package: str
    version: str
    path: str
    sha256: str
    kept_as: str

    def read(self) -> bytes:
        """The file, whose hash is the pinned one."""
        kept = FOLDER / self.kept_as
        written = kept.read_bytes() if kept.exists() else self._fetched()
        found = hashlib.sha256(written).hexdigest()
        if found != self.sha256:
            raise ValueError(f"{self.package} has the hash {found}, pinned is {self.sha256}")
        if not kept.exists():
            FOLDER.mkdir(exist_ok=True)
            draft = kept.with_suffix(f".{os.getpid()}")
            draft.write_bytes(written)
            draft.rename(kept)
        return written

    def _fetched(self) -> bytes:
        npm = shutil.which("npm")
        if npm is None:
            raise NotToBeHad("npm is not installed")
        name = f"{self.package}@{self.version}"
        with tempfile.TemporaryDirectory() as folder:
            command = [npm, "pack", name, "--silent", "--pack-destination", folder]
            try:
                subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
            except (subprocess.SubprocessError, OSError) as error:
                raise NotToBeHad(f"npm pack {name}: {type(error).__name__}") from None
            (archive,) = Path(folder).glob("*.tgz")
            with tarfile.open(archive) as packed:
                member = packed.extractfile(self.path)
                assert member is not None
                return member.read()
