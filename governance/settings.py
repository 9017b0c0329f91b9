"""The one settings file; what differs between installations comes from the environment (see `.env.example`)."""

from importlib.util import find_spec
from pathlib import Path

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

# Lets Django's generic classes (QuerySet, ModelForm, ModelAdmin) be written with their type.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. Put SECRET_KEY=<at least 50 random characters> in the environment, "
        "or run `make run`, which writes one to .env for a trial installation."
    )
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Where the real input for tests and imports lies; absent on most installations.
SHARED_DATA = Path(env("SHARED_DATA", default=str(BASE_DIR.parent / "shared" / "data")))

INSTALLED_APPS = [
    "governance",
    "registry",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_filters",
    "rest_framework",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "governance.middleware.PersonalLocaleMiddleware",
    "governance.middleware.AuditMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "governance.middleware.ButtonMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "governance.middleware.SecondFactorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "governance.urls"
WSGI_APPLICATION = "governance.wsgi.application"

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
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
            ],
            "builtins": ["django.templatetags.i18n", "governance.templatetags.governance"],
        },
    },
]

# Database: SQLite unless DATABASE_URL says otherwise. Immediate transactions and a busy timeout make
# writers queue instead of failing; WAL lets readers go on meanwhile.
DATABASES = {"default": env.db_url_config(env("DATABASE_URL", default="") or f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"].get("ENGINE") == "django.db.backends.sqlite3":
    # A file, so that tests on several connections queue as in production.
    DATABASES["default"]["TEST"] = {"NAME": str(BASE_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-20000;",
    }
elif DATABASES["default"].get("ENGINE") == "django.db.backends.postgresql":
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
else:
    raise ImproperlyConfigured("DATABASE_URL must be sqlite:///path or postgres://user:password@host/name.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "governance.User"
AUTHENTICATION_BACKENDS = ["governance.permissions.RulesBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

# Logging in with an e-mail address. Nobody signs up: accounts come by invitation (which proves the address), from an
# administrator, or from the identity provider. So no address is verified again, and `User.email` is the only one kept.
ACCOUNT_ADAPTER = "governance.signing_in.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "governance.account_forms.LogInForm",
    "reset_password": "governance.account_forms.ResetPasswordForm",
    "reset_password_from_key": "governance.account_forms.NewPasswordForm",
    "change_password": "governance.account_forms.ChangePasswordForm",
    "set_password": "governance.account_forms.FirstPasswordForm",
    "reauthenticate": "governance.account_forms.ReauthenticateForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_SESSION_REMEMBER = True
# Many people of one organisation come from one address; guessing at one account stops after five attempts.
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip,5/5m/key"}
USERSESSIONS_ADAPTER = "governance.signing_in.SessionsAdapter"
MFA_ADAPTER = "governance.factor_secrets.FactorAdapter"
MFA_FORMS = {
    "authenticate": "governance.account_forms.CodeForm",
    "reauthenticate": "governance.account_forms.CodeAgainForm",
    "activate_totp": "governance.account_forms.AppForm",
    "add_webauthn": "governance.account_forms.KeyForm",
    "edit_webauthn": "governance.account_forms.KeyNameForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Algoritmeregister"
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG

# OpenID Connect, where the environment names a provider.
OIDC_SERVER_URL = env("OIDC_SERVER_URL", default="")
OIDC_CLIENT_ID = env("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env("OIDC_CLIENT_SECRET", default="")
OIDC_NAME = env("OIDC_NAME", default="OpenID Connect")
OIDC_TRUST_EMAIL = env.bool("OIDC_TRUST_EMAIL", default=False)
OIDC_CREATE_ACCOUNTS = env.bool("OIDC_CREATE_ACCOUNTS", default=False)
OIDC_GROUPS_CLAIM = env("OIDC_GROUPS_CLAIM", default="groups")
OIDC_ASKS_SECOND_FACTOR = env.bool("OIDC_ASKS_SECOND_FACTOR", default=False)
if OIDC_SERVER_URL and not (OIDC_CLIENT_ID and OIDC_CLIENT_SECRET):
    raise ImproperlyConfigured("OIDC_SERVER_URL is set; set OIDC_CLIENT_ID and OIDC_CLIENT_SECRET as well.")
if OIDC_SERVER_URL and not OIDC_SERVER_URL.startswith("https://") and not DEBUG:
    raise ImproperlyConfigured("OIDC_SERVER_URL must start with https://.")
SOCIALACCOUNT_ADAPTER = "governance.openid_connect.IdentityAdapter"
# By a link, as the Content-Security-Policy lets no form lead to another site; what a link could do harm with
# (joining an identity to an account) carries a token, see `openid_connect.log_in`.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "organisatie",
                "name": OIDC_NAME,
                "client_id": OIDC_CLIENT_ID,
                "secret": OIDC_CLIENT_SECRET,
                "settings": {"server_url": OIDC_SERVER_URL},
            }
        ]
        if OIDC_SERVER_URL
        else [],
    }
}

# E-mail goes to the console until EMAIL_URL names a mail server (or a folder).
try:
    vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
except ImproperlyConfigured as error:
    raise ImproperlyConfigured(
        "EMAIL_URL must be smtp+tls://user:password@host:587, smtp+ssl://…, smtp://…, filemail:////full/path or "
        "consolemail://."
    ) from error
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Algoritmeregister <algoritmeregister@localhost>")

# What processes must share for a moment (counted log-in attempts) lies in the database; `prepare` makes the table.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", _("Dutch")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "governance" / "locale"]
TIME_ZONE = "Europe/Amsterdam"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
FILE_STORAGE = env("FILE_STORAGE", default="") or "django.core.files.storage.FileSystemStorage"
FILE_STORAGE_OPTIONS = env.json("FILE_STORAGE_OPTIONS", default={})
if find_spec(FILE_STORAGE.partition(".")[0]) is None:
    raise ImproperlyConfigured(
        f"FILE_STORAGE names {FILE_STORAGE}, which is not installed. For an S3-compatible store install "
        "django-storages[s3]; leave FILE_STORAGE empty to keep files in MEDIA_ROOT."
    )
STORAGES = {
    "default": {"BACKEND": FILE_STORAGE, "OPTIONS": FILE_STORAGE_OPTIONS},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Files that people add. They are served after a permission check, never by their address.
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(BASE_DIR / "media")))
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=25 * 1024 * 1024)
KNOWN_UPLOAD_TYPES = ["pdf", "docx", "xlsx", "pptx", "odt", "ods", "odp", "png", "jpg", "txt", "csv", "md"]
UPLOAD_TYPES = env.list("UPLOAD_TYPES", default=KNOWN_UPLOAD_TYPES)
if set(UPLOAD_TYPES) - set(KNOWN_UPLOAD_TYPES):
    raise ImproperlyConfigured(f"UPLOAD_TYPES may name these, separated by commas: {','.join(KNOWN_UPLOAD_TYPES)}.")
if UPLOAD_MAX_BYTES < 1:
    raise ImproperlyConfigured("UPLOAD_MAX_BYTES must be a number of bytes above 0, such as 26214400 for 25 MB.")
# Tables longer than this, and PDF, are made aside, with their progress: in a thread of the web process, within the
# request, or by `manage.py run_exports`.
EXPORT_AT_ONCE = env.int("EXPORT_AT_ONCE", default=2000)
EXPORTS_IN = env("EXPORTS_IN", default="thread")
if EXPORTS_IN not in ("thread", "request", "worker"):
    raise ImproperlyConfigured("EXPORTS_IN must be thread, request or worker (then `manage.py run_exports` runs).")
FIXTURE_DIRS = [BASE_DIR / "fixtures"]

# Where links in e-mails lead: the address of this installation, with its scheme.
SITE_URL = env("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Security. Nothing inline and no third-party host in any page.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
# How many proxies of our own wrote to X-Forwarded-For; without any the visitor's address is that of the connection.
ALLAUTH_TRUSTED_PROXY_COUNT = 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
if not DEBUG:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
    SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=True)
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
    if env.bool("BEHIND_PROXY", default=False):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        # The visitor's address, by which attempts to log in are counted and which the audit trail keeps, is what the
        # outermost of them wrote.
        ALLAUTH_TRUSTED_PROXY_COUNT = env.int("PROXY_COUNT", default=1)

FILTERS_EMPTY_CHOICE_LABEL = _("All")
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "governance.api.problems.problem",
    "DEFAULT_PAGINATION_CLASS": "governance.api.paging.PagePagination",
    "PAGE_SIZE": 50,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    # They report every step and table of fonts of every PDF.
    "loggers": {name: {"level": "WARNING"} for name in ("weasyprint", "weasyprint.progress", "fontTools")},
}
