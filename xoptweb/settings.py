"""Django's settings, derived from `xoptweb.config`."""

import os
from typing import Any

import dj_database_url
from django.urls import reverse_lazy

from xoptweb.config import BASE_DIR, config

CONFIG = config()
ADMIN_WITHOUT_PAGES = "django.contrib.admin.apps.SimpleAdminConfig"

SECRET_KEY = CONFIG.key()
DEBUG = CONFIG.debug
ALLOWED_HOSTS = CONFIG.allowed_hosts
CSRF_TRUSTED_ORIGINS = CONFIG.trusted_origins

# The supervisor tells its processes their role. Those that serve no page do without the admin's and the API's code:
# that saves a quarter of a gigabyte over all, and half of their time to start.
SERVES_PAGES = os.environ.get("XOPTWEB_ROLE", "web") == "web"
PAGE_APPS = ["unfold", "django.contrib.admin", "ninja"] if SERVES_PAGES else [ADMIN_WITHOUT_PAGES]

INSTALLED_APPS = [
    *PAGE_APPS,
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "django_htmx",
    "xoptweb.accounts",
    "xoptweb.audit",
    "xoptweb.live",
    "xoptweb.work",
    "xoptweb.approvals",
    "xoptweb.tools",
    "xoptweb.pages",
    "controls",
    "agents",
    "modules",
    "optimizer",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "xoptweb.pages.security.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "xoptweb.accounts.login_required.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "xoptweb.pages.once.OncePerKey",
    "xoptweb.pages.problems.ProblemPages",
]

ROOT_URLCONF = "xoptweb.urls"
ASGI_APPLICATION = "xoptweb.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "xoptweb.pages.shell.shell",
            ],
        },
    },
]

SQLITE_INIT = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"


# Under ASGI each request has a thread of its own, whose kept connection nobody could use again.
WEB = os.environ.get("XOPTWEB_ROLE") == "web"
WEB_CONNECTIONS = 10


def database() -> dict[str, Any]:
    """PostgreSQL where a URL says so, else SQLite: write-ahead log, synced commits, write lock taken at BEGIN."""
    if CONFIG.database_url:
        found: dict[str, Any] = {**dj_database_url.parse(CONFIG.database_url, conn_health_checks=True)}
        pool = {"pool": {"min_size": 1, "max_size": WEB_CONNECTIONS}} if WEB else {}
        return {**found, "CONN_MAX_AGE": 0 if WEB else 60, "OPTIONS": {**found.get("OPTIONS", {}), **pool}}
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": CONFIG.database_path,
        "CONN_MAX_AGE": 0 if WEB else None,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": SQLITE_INIT, "timeout": 15},
    }


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["xoptweb.accounts.backend.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("login")
LOGIN_REDIRECT_URL = reverse_lazy("overview")
LOGOUT_REDIRECT_URL = reverse_lazy("login")

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CONFIG.secure_cookies
SESSION_COOKIE_NAME = "xoptweb_session"
CSRF_COOKIE_NAME = "xoptweb_csrf"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [CONFIG.broker(1)], "prefix": "xoptweb"},
    },
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # served from where they lie: nothing is collected, so STATIC_ROOT is not set
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024**2  # a field's own limit, and not this one, is to refuse a text of a megabyte
MEDIA_ROOT = CONFIG.home / "artifacts"

UNFOLD = {
    "SITE_TITLE": "xoptweb",
    "SITE_HEADER": "xoptweb",
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": CONFIG.log_level},
    "loggers": {"httpx": {"level": "WARNING"}},  # it would tell of every request; calls of models have their own record
}
