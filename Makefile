# `make run` tries the application, `make test` guards it; `make` lists the rest.

PYTHON ?= python3
PORT ?= 8000

python := .venv/bin/python
manage := $(python) manage.py
# One stamp per content of the requirements: a changed file is installed again, an unchanged one never.
runtime := .venv/runtime-$(shell cksum < requirements.txt | tr ' ' '-')
tooling := .venv/tooling-$(shell cat requirements.txt requirements-dev.txt | cksum | tr ' ' '-')
catalogues := $(wildcard governance/locale/*/LC_MESSAGES/*.po)
compiled := $(catalogues:.po=.mo)

# The guards run as in production and alike on every machine: these win from what .env says.
guarded := SECRET_KEY=only-for-the-guards-of-the-project-0123456789-abcdefghij DEBUG=0
on_sqlite := $(guarded) DATABASE_URL=sqlite://:memory:
pytest := $(guarded) NOT_RUN=.venv/not-run $(python) -m pytest -p tests.not_run
not_run = { echo "NOT RUN: $(1)" | tee -a .venv/not-run; test -z "$(REQUIRE_ALL)"; }

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run test check lint types migrations translations test-sqlite test-postgres format messages lock clean

help: ## What can be done here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 16

run: $(runtime) $(compiled) .env ## Try it: a demo organisation on http://127.0.0.1:8000 (PORT=… for another port)
	@$(manage) prepare --demo
	@echo "Open http://127.0.0.1:$(PORT)/ (stop with Ctrl-C)."
	@DJANGO_RUNSERVER_HIDE_WARNING=true exec $(manage) runserver 127.0.0.1:$(PORT)

test: $(tooling) $(compiled) ## Everything that guards the project; REQUIRE_ALL=1 fails where something cannot run
	@rm -f .venv/not-run
	@$(MAKE) --no-print-directory --keep-going lint types migrations translations test-sqlite test-postgres; status=$$?; \
	    if [ -s .venv/not-run ]; then sort -u .venv/not-run; else echo "Nothing was left out."; fi; exit $$status

check: $(tooling) $(compiled) lint types migrations ## The fast part: rules and verbs; no pages, PostgreSQL, browser or real input
	$(on_sqlite) $(python) -m pytest -q -n 2 -m "not data and not slow"

lint: $(tooling)
	$(python) -m ruff check .
	$(python) -m ruff format --check .

types: $(tooling)
	$(guarded) $(python) -m mypy governance registry

migrations: $(tooling)
	$(on_sqlite) $(manage) makemigrations --check --dry-run

translations: $(tooling)
	@if command -v xgettext >/dev/null; then \
	    $(guarded) $(python) bin/check-translations --against-sources; \
	else \
	    $(guarded) $(python) bin/check-translations && \
	    $(call not_run,translations against the sources: no xgettext found; install gettext); \
	fi

test-sqlite: $(tooling) $(compiled) ## The suite on SQLite
	DATABASE_URL=sqlite://:memory: $(pytest) -n 2

test-postgres: $(tooling) $(compiled) ## The suite on PostgreSQL: the one DATABASE_URL names, or a throwaway cluster
	@if bin/with-postgres --available; then \
	    echo "The suite on PostgreSQL:" && $(guarded) bin/with-postgres env $(pytest) -n 2; \
	else \
	    $(call not_run,PostgreSQL: no server binaries found; install postgresql or set DATABASE_URL); \
	fi

format: $(tooling) ## Lay out the code and mend what ruff can mend
	$(python) -m ruff check --fix .
	$(python) -m ruff format .

messages: $(tooling) ## Bring the texts to translate up to date with the sources (needs gettext)
	$(guarded) $(manage) makemessages --locale nl --no-obsolete --no-wrap --add-location file \
	    --ignore tests --ignore bin --ignore benchmarks --ignore .venv

lock: $(tooling) ## Pin and hash the requirements again; UPGRADE=--upgrade for newer versions
	$(python) -m pip install --quiet pip-tools
	for name in requirements requirements-dev; do \
	    $(python) -m piptools compile --quiet $(UPGRADE) --generate-hashes --strip-extras --no-header \
	        --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --annotation-style=line \
	        --output-file $$name.txt $$name.in || exit 1; \
	done

clean: ## Remove what can be made again; the database and .env stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis staticfiles $(compiled)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(python):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "Python 3.11 or newer is needed, and $(PYTHON) is not. Say which: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv .venv

$(runtime): | $(python)
	@echo "Installing what the application needs…"
	@$(python) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(tooling): | $(python)
	@echo "Installing what the application and its guards need…"
	@$(python) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

%.mo: %.po | $(python)
	@$(python) -m babel.messages.frontend --quiet compile --input-file $< --output-file $@ --locale $(word 3,$(subst /, ,$<))

.env: | $(python)
	@umask 077; key=$$($(python) -c 'import secrets; print(secrets.token_urlsafe(50))') && \
	    printf '# A trial installation; .env.example lists every setting.\nDEBUG=1\nSECRET_KEY=%s\n' "$$key" > $@
