"""What an administrator can set: every `XOPTWEB_*` environment variable, validated once at start."""

import re
import secrets
from functools import lru_cache
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

from xoptweb.errors import Invalid
from xoptweb.refusals import in_words

BASE_DIR = Path(__file__).resolve().parent.parent
PREFIX = "XOPTWEB_"
MAX_UNIX_SOCKET_PATH = 100  # bytes; the kernel's limit is 108 with its terminator


class Config(BaseSettings):
    """Durations are seconds. Every field is documented in docs/settings.md, and a test holds the two together."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=None, extra="ignore", frozen=True)

    home: Path = Field(BASE_DIR / "var", description="Directory of all state: database, broker, journal, logs, key.")
    host: str = Field("127.0.0.1", description="Address the web server listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the web server listens on; 0 takes a free one.")
    debug: bool = Field(False, description="Django's debug pages. Never on a machine that others reach.")
    secret_key: str = Field("", description="Signing key; empty: generated once and kept in the home directory.")
    allowed_hosts: list[str] = Field(["127.0.0.1", "localhost", "[::1]"], description="Host names pages answer to.")
    trusted_origins: list[str] = Field([], description="Origins behind a proxy that may post forms, with scheme.")
    secure_cookies: bool = Field(False, description="Send cookies over HTTPS only; set it behind a TLS proxy.")
    database_url: str = Field("", description="PostgreSQL URL; empty: SQLite in the home directory.")
    broker_url: str = Field("", description="Redis or Valkey URL; empty: an embedded Valkey on a unix socket.")
    log_level: str = Field("INFO", description="Level of the log files.")
    demo: bool = Field(True, description="Load the demo facility and run its IOC under `xoptweb up`.")

    reauthenticate_s: float = Field(900, gt=0, description="Age of a login after which deciding and arming ask again.")
    approval_expiry_s: float = Field(900, gt=0, description="Life of an approval that nobody decides.")
    disarm_after_s: float = Field(8 * 3600, gt=0, description="An armed machine without an execution disarms itself.")
    heartbeat_max_age_s: float = Field(5, gt=0, description="Watchdog silence after which nothing may be written.")
    lease_duration_s: float = Field(10, gt=1, description="A writer that does not renew its lease loses it.")
    lease_margin_s: float = Field(1, gt=0, description="Time that must be left on a lease for a put.")
    lease_quiet_s: float = Field(30, ge=0, description="The IOC must answer this long before a taken lease is freed.")
    lease_automatic_s: float = Field(600, gt=0, description="Leases dead for longer restore only when confirmed.")
    pause_release_s: float = Field(60, gt=0, description="A pause longer than this releases the worker.")
    put_timeout_s: float = Field(5, gt=0, description="A put without an answer for this long is unconfirmed.")
    restore_handover_s: float = Field(30, gt=0, description="A restore that cannot finish passes to the watchdog.")
    work_requeue_s: float = Field(5, gt=0, description="Due work that nobody claimed is enqueued again after this.")
    work_claim_s: float = Field(30, gt=0, description="A claim that is not renewed for this long is due again.")
    control_children: int = Field(2, ge=1, description="Executions that can run at once on one machine.")
    module_children: int = Field(2, ge=1, description="Module runs that can run at once on one host.")
    event_days: float = Field(30, gt=0, description="Days that events of streams are kept, those of runs aside.")

    module_run_s: float = Field(300, gt=0, description="A module run that takes longer is ended.")
    module_memory_mb: int = Field(2048, ge=64, description="Memory that one module run may use.")
    module_processes: int = Field(64, ge=1, description="Processes and threads that one module run may have.")
    module_output_mb: int = Field(16, ge=1, description="Output, prints included, of one module run.")
    module_transitions: int = Field(50, ge=1, description="Steps and calls that one module run may go through.")
    module_call_depth: int = Field(8, ge=1, description="How deep modules may call modules.")
    module_run_attempts: int = Field(2, ge=1, description="Attempts of a run whose worker dies, before it is lost.")
    module_run_days: float = Field(90, gt=0, description="Days after its end that a run and its trace are kept.")
    module_source_builds: bool = Field(False, description="Let installing run the build scripts of dependencies.")
    module_default_grants: list[str] = Field(["llm:*", "module:*"], description="What a new module may use at once.")
    skill_packages: list[str] = Field(["numpy", "scipy", "pandas"], description="Packages that a skill may need.")
    llm_base_url: str = Field("", description="OpenAI-compatible endpoint; empty: no model is configured.")
    llm_model: str = Field("", description="Model that answers where a module names none that the endpoint has.")
    llm_key: str = Field("", repr=False, description="Key of the endpoint; no module ever sees it.")
    llm_timeout_s: float = Field(60, gt=0, description="A model call that takes longer has failed.")
    llm_run_calls: int = Field(200, ge=0, description="Model calls that one run may make, its module calls included.")
    llm_run_tokens: int = Field(500_000, ge=0, description="Tokens that one run may use, its module calls included.")
    llm_price_in: float | None = Field(None, ge=0, description="US dollars for a million tokens that a model reads.")
    llm_price_out: float | None = Field(None, ge=0, description="US dollars for a million tokens that it writes.")
    llm_context_tokens: int = Field(16_000, ge=1000, description="How much the endpoint's model can read at once.")
    llm_native_tools: bool = Field(True, description="Whether the endpoint takes tools and calls them by itself.")
    llm_concurrency: int = Field(4, ge=1, description="Calls to the endpoint at once, over all processes.")
    llm_day_tokens: int = Field(0, ge=0, description="Tokens that all may use in a day; 0: no limit.")
    llm_user_day_tokens: int = Field(0, ge=0, description="Tokens that one person may use in a day; 0: no limit.")
    llm_call_days: float = Field(
        90, gt=0, description="Days that the record of a call, of a model or of a tool from outside, is kept."
    )
    agent_children: int = Field(4, ge=1, description="Questions to models that are worked on at once on one host.")
    agent_steps: int = Field(20, ge=1, description="Steps after which an answer stops and offers to continue.")
    agent_turn_tokens: int = Field(200_000, ge=1000, description="Tokens after which an answer stops likewise.")
    agent_turn_s: float = Field(600, gt=0, description="Time after which an answer stops likewise.")
    agent_verify: bool = Field(True, description="Have the model hold each answer against what it read.")
    agent_python: bool = Field(True, description="Let models run Python, where this host has a sandbox.")
    agent_shell: bool = Field(False, description="Let models run shell commands in that sandbox too.")
    agent_interpreter: str = Field("", description="Python that models run; empty: the one that xoptweb runs with.")
    agent_code_s: float = Field(60, gt=0, description="A call of Python or the shell that takes longer is ended.")
    agent_code_memory_mb: int = Field(1024, ge=128, description="Memory that one conversation's interpreter may use.")
    agent_code_idle_s: float = Field(600, gt=0, description="An interpreter that nobody used for so long is ended.")
    artifact_mb: float = Field(20, gt=0, description="Size of one artifact.")
    artifact_owner_mb: float = Field(500, gt=0, description="Size of all artifacts of one person.")
    artifact_days: float = Field(90, gt=0, description="Days that an artifact is kept.")
    fetch_hosts: list[str] = Field(
        [], description="Hosts that models may fetch pages from, with * and ?; none: no host."
    )
    failpoints: str = Field("", description="Tests only: unix socket that is told when a failpoint is reached.")

    @property
    def database_path(self) -> Path:
        return self.home / "db.sqlite3"

    @property
    def broker_socket(self) -> Path:
        """The embedded broker's socket; beside the home's name in /tmp where the path is too long for a socket."""
        path = self.home.resolve() / "run" / "broker.sock"
        if len(str(path).encode()) <= MAX_UNIX_SOCKET_PATH:
            return path
        import hashlib
        import tempfile

        digest = hashlib.sha256(str(path).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"xoptweb-{digest}" / "broker.sock"

    def broker(self, database: int) -> str:
        """URL of one of the broker's databases for redis-py: 0 Celery, 1 channel layer, 2 latest values."""
        if not self.broker_url:
            return f"unix://{self.broker_socket}?db={database}"
        base, _, number = self.broker_url.rpartition("/")
        if not number.isdigit():
            base, number = self.broker_url.rstrip("/"), "0"
        return f"{base}/{int(number) + database}"

    @property
    def celery_broker(self) -> str:
        if not self.broker_url:
            return f"redis+socket://{self.broker_socket}?virtual_host=0"
        return self.broker(0)

    def key(self) -> str:
        """The signing key; made once, readable by the owner alone."""
        if self.secret_key:
            return self.secret_key
        path = self.home / "secret_key"
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(50))
        return path.read_text().strip()


@lru_cache(maxsize=1)
def config() -> Config:
    """The configuration of this process, read once.

    Raises:
        Invalid: a setting is wrong; `fields` names its variable and says why.
    """
    try:
        return Config()
    except ValidationError as problem:
        wrong = {f"{PREFIX}{error['loc'][0]}".upper(): in_words(error) for error in problem.errors()}
        raise Invalid("A setting is wrong.", fields=wrong) from problem
    except SettingsError as problem:
        found = re.search(r'field "(\w+)"', str(problem))
        name = f"{PREFIX}{found[1] if found else '…'}".upper()
        raise Invalid("A setting is wrong.", fields={name: 'Write a list as JSON, like ["a", "b"].'}) from problem
