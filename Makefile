# Every target sets up what it needs; the second time costs nothing.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
STAMP   = $(VENV)/.locked
TOXIPROXY_VERSION = v2.12.0

.PHONY: setup demo test fuzz fuzz-recorder check bench prove prove-heal prove-privacy prove-recorder lock toxiproxy clean

setup: $(STAMP)

$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Foreshock needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Mend: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@echo "setting up $(VENV) with the locked dependencies (once, about half a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The real Toxiproxy server, built from its released source where Go is present.
toxiproxy: .tools/toxiproxy-server
.tools/toxiproxy-server:
	@if command -v go >/dev/null 2>&1; then \
	  echo "building Toxiproxy $(TOXIPROXY_VERSION) into .tools (once)"; mkdir -p .tools && \
	  GOBIN="$(CURDIR)/.tools" go install github.com/Shopify/toxiproxy/v2/cmd/server@$(TOXIPROXY_VERSION) && \
	  mv .tools/server .tools/toxiproxy-server; \
	else echo "no Go here: tests that need the real Toxiproxy will be skipped unless toxiproxy-server is on PATH or TOXIPROXY_URL is set"; fi

demo: setup toxiproxy
	@$(BIN)/foreshock demo $(DEMO)

# Mostly waiting, so two files at a time even on one core; JOBS=0 runs one test after the other.
JOBS ?= 2
test: setup toxiproxy
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(TESTS)

# The embedded server under a minute of nonsense; FUZZ_SEED=N repeats what was drawn.
fuzz: setup
	@FUZZ_S=$${FUZZ_S:-60} FUZZ_SEED=$${FUZZ_SEED:-$$(date +%s)} $(BIN)/python -m pytest tests/fuzz

# The recorder under a minute each of nonsense from clients and upstreams, over HTTP/1 and HTTP/2 (-P: not tests/recorder).
fuzz-recorder: setup
	@$(BIN)/python -P tests/fuzz_recorder.py $(FUZZ)

check: setup
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

bench: setup toxiproxy
	@$(BIN)/python tests/bench/run.py $(BENCH)

# Searches every service of tests/zoo, planted and fixed, with oracles only: three minutes each, so more than an hour.
prove: setup
	@$(BIN)/python -P tests/zoo/prove/run.py $(PROVE)

# Kills real runs at chance moments, 20 times on each engine: every link has to be healed within 5 s (-P: not tests/faults).
prove-heal: setup toxiproxy
	@$(BIN)/python -P tests/prove_heal.py $(PROVE)

# Kills real recorders under load at chance moments, 50 times: what they leave has to account for all but the last second.
prove-recorder: setup
	@$(BIN)/python -P tests/prove_recorder.py $(PROVE)

# Plants secrets of every kind in every place under every encoding, and looks for them in the recording.
prove-privacy: setup
	@PRIVACY_CORPUS=all $(BIN)/python -m pytest tests/recorder/privacy/test_corpus.py

lock:
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --no-annotate pyproject.toml -o requirements.txt

clean:
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache build *.egg-info
