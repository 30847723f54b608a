"""Every setting, in one class, read from the environment once (each also as NAME_FILE).

Lower layers get values, not settings.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENTS = ("demo", "test", "production")


class SettingsError(ValueError):
    """A setting is missing or wrong; the message names it and the way out."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator decides. Defaults run the demo on this machine with nothing else installed."""

    env: str = "demo"
    host: str = "127.0.0.1"
    port: int = 8000
    sandbox_port: int = 0
    data_dir: Path = Path(".data")
    base_url: str = ""
    secret_key: str = ""
    name: str = "Hunar"
    journal_key: str = ""
    access_token: str = ""
    database_url: str = ""
    database_read_url: str = ""
    migration_database_url: str = ""
    meili_url: str = ""
    meili_key: str = ""
    stripe_api_key: str = ""
    stripe_api_url: str = ""
    stripe_webhook_secret: str = ""
    stripe_connect_webhook_secret: str = ""
    smtp_url: str = ""
    sms_url: str = ""
    sms_token: str = ""
    mail_from: str = "Hunar <no-reply@localhost>"
    house_accounts: Path | None = None
    weekend: str = "sat,sun"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read and check all settings. Raises: SettingsError naming the setting and the way out."""
        read = _reader(os.environ if environ is None else environ)
        env = read("MARKETPLACE_ENV", "demo")
        if env not in ENVIRONMENTS:
            raise SettingsError(f"MARKETPLACE_ENV is {env!r}: use one of {', '.join(ENVIRONMENTS)}")
        data_dir = Path(read("MARKETPLACE_DATA_DIR", ".data")).expanduser().resolve()
        host, port = (
            read("MARKETPLACE_HOST", "127.0.0.1"),
            _port(read, "MARKETPLACE_PORT", "8000"),
        )
        settings = cls(
            env=env,
            host=host,
            port=port,
            sandbox_port=_port(read, "MARKETPLACE_SANDBOX_PORT", "0"),
            data_dir=data_dir,
            base_url=read("MARKETPLACE_BASE_URL", f"http://{host}:{port}").rstrip("/"),
            secret_key=read("MARKETPLACE_SECRET_KEY") or _stored_secret(data_dir / "secret-key", env),
            name=read("MARKETPLACE_NAME", "Hunar"),
            journal_key=read("MARKETPLACE_JOURNAL_KEY"),
            access_token=read("MARKETPLACE_ACCESS_TOKEN"),
            database_url=read("DATABASE_URL"),
            database_read_url=read("DATABASE_READ_URL"),
            migration_database_url=read("MIGRATION_DATABASE_URL"),
            meili_url=read("MEILI_URL"),
            meili_key=read("MEILI_KEY"),
            stripe_api_key=read("STRIPE_API_KEY"),
            stripe_api_url=read("STRIPE_API_URL"),
            stripe_webhook_secret=read("STRIPE_WEBHOOK_SECRET"),
            stripe_connect_webhook_secret=read("STRIPE_CONNECT_WEBHOOK_SECRET"),
            smtp_url=read("SMTP_URL"),
            sms_url=read("SMS_URL"),
            sms_token=read("SMS_TOKEN"),
            mail_from=read("MAIL_FROM", "Hunar <no-reply@localhost>"),
            house_accounts=Path(found).expanduser() if (found := read("MARKETPLACE_HOUSE_ACCOUNTS")) else None,
            weekend=read("MARKETPLACE_WEEKEND", "sat,sun"),
        )
        settings._check()
        return settings

    def _check(self) -> None:
        if self.env != "production":
            return
        for name, value in (
            ("DATABASE_URL", self.database_url),
            ("SMTP_URL", self.smtp_url),
        ):
            if not value:
                raise SettingsError(f"{name} must be set in production")
        if not self.base_url.startswith("https://"):
            raise SettingsError("MARKETPLACE_BASE_URL must begin with https:// in production")

    @property
    def is_demo(self) -> bool:
        return self.env == "demo"

    @property
    def has_moving_clock(self) -> bool:
        return self.env in ("demo", "test")

    @property
    def clock_file(self) -> Path:
        return self.data_dir / "clock-offset"

    @property
    def is_secure(self) -> bool:
        """Behind https: cookies get Secure and the __Host- prefix."""
        return self.base_url.startswith("https://")


class _reader:  # noqa: N801 - used like a function
    """Reads NAME, else the content of the file that NAME_FILE names, else the default."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def __call__(self, name: str, default: str = "") -> str:
        if value := self.environ.get(name):
            return value
        if path := self.environ.get(f"{name}_FILE"):
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise SettingsError(f"{name}_FILE: {error}") from error
        return default


def _port(read: _reader, name: str, default: str) -> int:
    text = read(name, default)
    if not text.isdecimal() or int(text) > 65535:
        raise SettingsError(f"{name} is {text!r}: use a number from 0 to 65535")
    return int(text)


def _stored_secret(path: Path, env: str) -> str:
    """A secret made once and kept in the data folder, so that a restart signs nobody out. Production sets its own."""
    if env == "production":
        raise SettingsError("MARKETPLACE_SECRET_KEY must be set in production")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(secrets.token_urlsafe(32), encoding="ascii")
        fresh.chmod(0o600)
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="ascii").strip()
