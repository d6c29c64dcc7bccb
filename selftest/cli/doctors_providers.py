"""Providers that a target file can name, with more and with less."""

from __future__ import annotations

from pathlib import Path


class Opens:
    """A provider that can open premises."""

    def open(self, progress: object) -> None: ...

    def stop(self) -> None: ...


class StartsOnly:
    """A provider of a database alone."""

    def stop(self) -> None: ...


def provided_by(project: Path, provider: str) -> None:
    """Let the target file of *project* name *provider*: one of these, or ``module:Class``."""
    place = provider if ":" in provider else f"{__name__}:{provider}"
    text = (project / "gonogo.toml").read_text()
    text = text.replace("[release]", f'provider = "{place}"\n[release]')
    text = text.replace('url_env = "READER"', "")
    (project / "gonogo.toml").write_text(text)
