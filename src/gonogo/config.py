"""The settings of one run: one target file, under the environment, under the command line."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import PrivateAttr, ValidationError

from gonogo.config_models import ACTION_PHASES, Action, Prompt, TargetFile
from gonogo.config_problems import explain, refuse_contradictions, refuse_literal_secrets
from gonogo.config_sources import Layers, find_target, read_layers
from gonogo.env_file import read_env_file
from gonogo.errors import ConfigError
from gonogo.redaction import Secret

__all__ = ["ACTION_PHASES", "Action", "Prompt", "Settings", "load"]

_OF_A_VARIABLE = "_env"
"""The ending of the settings that name the variable of a secret."""


class Settings(TargetFile):
    """A target file's sections, with where each value came from.

    Relative paths start at ``root``, the project's folder, whichever file names them.
    """

    _root: Path = PrivateAttr(default=Path())
    _layers: Layers = PrivateAttr(default=Layers(values={}))
    _named: Mapping[str, Secret] = PrivateAttr(default={})

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self._root

    @property
    def file(self) -> str:
        """The target file, as messages show it."""
        return self._layers.file

    @property
    def repository_path(self) -> Path:
        """The product's repository."""
        return self.path(self.repository.path)

    @property
    def env_file_path(self) -> Path:
        """The product's env file."""
        return self.repository_path / self.repository.env_file

    @property
    def migration_path(self) -> Path:
        """The folder of the migration files."""
        return self.repository_path / self.migration.folder

    @property
    def reports_path(self) -> Path:
        """The folder of all dossiers."""
        return self.path(self.reports.folder)

    @property
    def rehearsal(self) -> bool:
        """Whether this target is not production."""
        return not self.target.production

    @property
    def real_data(self) -> bool:
        """Whether what this target holds may be of real people, and is shown to nobody."""
        return self.target.data == "real" or not (self.target.data or self.target.provider)

    @property
    def sha256(self) -> str:
        """The digest of the settings in force: the same on every machine; it holds no secret."""
        canonical = json.dumps(
            self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        return hashlib.sha256(canonical.encode()).hexdigest()

    def path(self, relative: str) -> Path:
        """Return the path that a setting names, seen from the project's folder."""
        return self._root / relative

    def source_of(self, key: str) -> str:
        """Return where *key* (dotted) came from: ``file:line``, a variable, or "default"."""
        return self._layers.source_of(tuple(key.split(".")))

    def secret(self, key: str) -> Secret:
        """Return the value of the variable that the setting *key* names.

        The environment wins over ``database.env_file``.

        Raises:
            ConfigError: the setting is empty, or neither place has the variable.
        """
        variable = self._value(key)
        if not variable:
            raise ConfigError(
                f"{key} is not set",
                where=self.file,
                expected="the name of an environment variable",
                found="nothing",
                do=f"set {key} in {self.file} to the name of the variable",
            )
        if variable in self._named:
            return self._named[variable]
        return self._secret_from_file(key, variable)

    def secrets(self) -> tuple[Secret, ...]:
        """Return every secret that can be resolved now, for the redactor."""
        found = list(self._named.values())
        for key in self._secret_keys():
            try:
                found.append(self.secret(key))
            except ConfigError:
                continue
        return tuple(found)

    def _value(self, key: str) -> str:
        value: object = self
        for part in key.split("."):
            if isinstance(value, Mapping):
                value = value[part]
            elif isinstance(value, tuple):
                value = value[int(part)]
            else:
                value = getattr(value, part)
        return str(value)

    def _secret_keys(self) -> list[str]:
        return [key for key in _keys_below(self.model_dump()) if self._value(key)]

    def _secret_from_file(self, key: str, variable: str) -> Secret:
        places = f"the environment ({self.source_of(key)} names it)"
        if self.database.env_file:
            env_file = read_env_file(
                self.path(self.database.env_file), shown=self.database.env_file
            )
            lines = env_file.lines_of(variable)
            if len(lines) > 1:
                raise ConfigError(
                    f"{variable} is given more than once",
                    where=f"{env_file.shown}, lines {', '.join(map(str, lines))}",
                    expected="one line",
                    found=f"{len(lines)} lines",
                    do="remove all but one",
                )
            if lines:
                return env_file.values[variable]
            places += f" or {env_file.shown}"
            if env_file.unreadable_lines:
                bad = ", ".join(map(str, env_file.unreadable_lines))
                places += f", where line {bad} cannot be read"
        raise ConfigError(
            f"{variable} is not set",
            where=places,
            expected=f"the value that {key} stands for",
            found="nothing",
            do=f"set {variable} in the environment of this command",
        )


def _keys_below(values: object, path: str = "") -> Iterator[str]:
    """Yield the dotted keys of the settings that name the variable of a secret."""
    if isinstance(values, Mapping):
        for name, value in values.items():
            yield from _keys_below(value, f"{path}.{name}" if path else name)
    elif isinstance(values, tuple | list):
        for index, value in enumerate(values):
            yield from _keys_below(value, f"{path}.{index}")
    elif path.endswith(_OF_A_VARIABLE):
        yield path


def load(
    target: str | None = None,
    *,
    root: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Settings:
    """Return the settings of *target*, a file or a name; every value remembers its source.

    *root* is the project's folder (default: the working one); *overrides* are the command
    line's, by dotted key. Order: default < file < environment ``GONOGO_SECTION__KEY`` < command
    line.

    Raises:
        ConfigError: naming the file and line, the key, what was expected and found.
    """
    root = (root or Path.cwd()).absolute()
    environ = os.environ if environ is None else environ
    path = find_target(target, root=root, environ=environ)
    layers = read_layers(path, root=root, environ=environ, overrides=overrides or {})
    refuse_literal_secrets(layers)
    try:
        settings = Settings.model_validate_json(json.dumps(layers.values, default=str))
    except ValidationError as error:
        raise explain(error, layers) from None
    refuse_contradictions(settings, layers)
    settings._root = root  # noqa: SLF001 - load is the constructor of Settings
    settings._layers = layers  # noqa: SLF001
    names = {settings._value(key) for key in settings._secret_keys()}  # noqa: SLF001
    settings._named = {  # noqa: SLF001
        name: Secret(environ[name]) for name in sorted(names) if environ.get(name)
    }
    return settings
