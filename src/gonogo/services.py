"""The services around an application: where each is asked, and with which key."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gonogo.env_file import EnvFile, read_env_file
from gonogo.errors import CannotTell, ConfigError

if TYPE_CHECKING:
    from gonogo.config import Settings
    from gonogo.config_app import ServiceSection

_OF_EVERY_SERVICE = ("url", "url_variable", "token_env", "token_variable")


@dataclass(frozen=True, kw_only=True)
class ServiceAccess:
    """How one service is asked; ``names`` are its own words, such as organization and project."""

    name: str
    url: str
    token: str = field(default="", repr=False)
    names: Mapping[str, str] = field(default_factory=dict)
    stand_in: bool = False

    @property
    def where(self) -> str:
        """Where it is looked at, as evidence shows it."""
        return f"{self.url} (stand-in)" if self.stand_in else self.url

    def required(self, key: str) -> str:
        """Return the word *key* of ``names``.

        Raises:
            CannotTell: it is not set.
        """
        if not self.names.get(key):
            raise not_configured(self.name, key)
        return self.names[key]


def not_configured(service: str, key: str) -> CannotTell:
    """Return the error of a setting that a check needs and nobody gave."""
    return CannotTell(
        f"{service} cannot be asked: {key} is not set",
        expected=f"services.{service}.{key} in the target file",
        found="nothing",
        do=f"set services.{service}.{key}; gonogo doctor says what it unlocks",
    )


def app_url(settings: Settings) -> str:
    """Return where the deployed application answers; empty where nothing says it."""
    if settings.app.url:
        return settings.app.url.rstrip("/")
    return _variable(_env_file(settings), settings.app.url_variable).rstrip("/")


def account(settings: Settings) -> Mapping[str, str]:
    """Return the account that checks sign in with; empty where it is not wholly given."""
    try:
        return {
            part: settings.secret(f"app.sign_in.{part}_env").reveal()
            for part in ("user", "password")
        }
    except ConfigError:
        return {}


def declared_services(settings: Settings) -> Mapping[str, ServiceAccess]:
    """Return the services that the target file describes, those with an address and a key.

    Values named by a variable of the product's env file are read there.
    """
    env_file = _env_file(settings)
    found = {}
    for name in type(settings.services).model_fields:
        with suppress(ConfigError):
            found[name] = ServiceAccess(
                name=name,
                url=declared_address(settings, name),
                token=declared_key(settings, name),
                names=_names(settings, name, env_file),
            )
    return found


def declared_address(settings: Settings, name: str) -> str:
    """Return where the service *name* is asked.

    Raises:
        ConfigError: nothing says it.
    """
    section: ServiceSection = getattr(settings.services, name)
    if section.url_variable:
        url = _of_product(settings, f"services.{name}.url_variable", section.url_variable)
        return url.rstrip("/")
    if not section.url:
        raise ConfigError(
            f"services.{name}.url is not set",
            where=settings.file,
            expected="the address of its API",
            found="nothing",
            do=f"set services.{name}.url, or services.{name}.url_variable where the product's env"
            " file has it",
        )
    return section.url.rstrip("/")


def declared_key(settings: Settings, name: str) -> str:
    """Return the key that the service *name* is asked with.

    Raises:
        ConfigError: nothing says it, or what is named holds none.
    """
    section: ServiceSection = getattr(settings.services, name)
    if section.token_variable:
        return _of_product(settings, f"services.{name}.token_variable", section.token_variable)
    return settings.secret(f"services.{name}.token_env").reveal()


def _env_file(settings: Settings) -> EnvFile | None:
    if not settings.env_file_path.is_file():
        return None
    return read_env_file(settings.env_file_path, shown=settings.repository.env_file)


def _of_product(settings: Settings, key: str, variable: str) -> str:
    """Return what the product's env file says for *variable*, which the setting *key* names."""
    said = _variable(_env_file(settings), variable)
    if said:
        return said
    raise ConfigError(
        f"{variable} is not set",
        where=settings.repository.env_file,
        expected=f"the value that {key} stands for",
        found="nothing",
        do=f"set {variable} in the product's {settings.repository.env_file}, or correct {key}",
    )


def _names(settings: Settings, name: str, env_file: EnvFile | None) -> dict[str, str]:
    section: ServiceSection = getattr(settings.services, name)
    extra = section.model_dump(mode="json", exclude=set(_OF_EVERY_SERVICE))
    names = {key: str(value) for key, value in extra.items() if value}
    return names | _values_of_variables(names, env_file)


def _variable(env_file: EnvFile | None, name: str) -> str:
    return env_file.text_of(name) if env_file else ""


def _values_of_variables(names: Mapping[str, str], env_file: EnvFile | None) -> dict[str, str]:
    """Return what the env file says for each ``…_variable``, under the name without that ending."""
    ending = "_variable"
    return {
        key.removesuffix(ending): _variable(env_file, variable)
        for key, variable in names.items()
        if key.endswith(ending)
    }
