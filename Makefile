# The two commands: `make run` puts the whole method through the embedded world, `make test` runs the tests.
# Both set up .venv first (once; again when pyproject.toml or constraints.txt change).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARGS ?=
# TUTELAGE_PEERS=FOLDER: environments venv-ppo and venv-trl that are there already, for the benchmarks
PEERS := $(if $(TUTELAGE_PEERS),,benchmarks/.venv-ppo/.installed benchmarks/.venv-trl/.installed)

.PHONY: run test check base bench bench-quick bench-learning bench-memory bench-plan plans bench-ranks bench-rankings bench-labeling bench-serving clean

run: $(STAMP)  ## the whole method on the embedded world; go on after Ctrl-C with the same command
	@$(BIN)/tutelage run $(ARGS)

# Two processes of one thread each: threads of two test processes would fight for the same cores.
test: $(STAMP)  ## the tests
	@OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: $(STAMP)  ## style, types, floors, and the tests that keep documents and recipe fields true
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/documentation

base: $(STAMP)  ## pretrain the mini base model that the package ships, by the pipeline's own stage (40 minutes)
	@$(BIN)/tutelage run mini --from-scratch --until base --set threads=1 --out runs/mini-base $(ARGS)
	@$(BIN)/python -m tutelage.pipeline.shipping runs/mini-base

bench: $(STAMP) $(PEERS)  ## speed beside the peers, on one core, into docs/benchmarks.md (hours)
	@$(BIN)/python -m benchmarks $(ARGS)

bench-quick: $(STAMP) $(PEERS)  ## the same coarsely (minutes), printed only
	@$(BIN)/python -m benchmarks --quick $(ARGS)

bench-learning: $(STAMP)  ## do the fast paths learn what the plain ones learn? two hours, into docs/benchmarks.md
	@$(BIN)/python -m benchmarks.learning $(ARGS)

bench-memory: $(STAMP)  ## what the memory of a PPO step is made of, a minute, into docs/benchmarks.md
	@$(BIN)/python -m benchmarks.memory

bench-plan: $(STAMP)  ## `tutelage plan` against measured steps, ten minutes, into docs/benchmarks.md
	@$(BIN)/python -m benchmarks.planning $(ARGS)

plans: $(STAMP)  ## the tables of docs/scaling.md, by the planner
	@$(BIN)/python -m benchmarks.plans

bench-ranks: $(STAMP)  ## what a rank holds of a PPO step, whole and in shards, five minutes, into docs/scaling.md
	@$(BIN)/python -m benchmarks.ranks

bench-rankings: $(STAMP) $(if $(TUTELAGE_PEERS),,benchmarks/.venv-trl/.installed)  ## reward models on real comparisons beside TRL's, an hour, into docs/results.md
	@$(BIN)/python -m benchmarks.rankings $(ARGS)

bench-labeling: $(STAMP)  ## 200 labelers at once in the web app, fifteen minutes, into docs/benchmarks.md
	@$(BIN)/python -m benchmarks.labeling $(ARGS)

bench-serving: $(STAMP) $(if $(TUTELAGE_PEERS),,benchmarks/.venv-serve/.installed)  ## 64 clients of the server beside transformers', ten minutes, into docs/benchmarks.md
	@$(BIN)/python -m benchmarks.serving $(ARGS)

clean:  ## the virtual environment and caches; runs/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Where Python comes without ensurepip (Debian's), the environment is made bare and filled by the system's pip.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "tutelage needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true); name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up $(VENV) (once, a few minutes) ..."
	@$(PYTHON) -m venv --clear $(VENV) >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip $(VENV)
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || test -x $(BIN)/pip || \
	  { echo "tutelage's set-up needs pip: install it for '$(PYTHON)' (python3-pip)" >&2; exit 1; }
	@if test -x $(BIN)/pip; then $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[train,label,serve,privacy,evaluate,toxicity,harness,hub,qlora,tensorboard,wandb,mlflow,trackio,parquet,postgresql,dev]'; \
	 else $(PYTHON) -m pip --python $(BIN)/python install --quiet --constraint constraints.txt --editable '.[train,label,serve,privacy,evaluate,toxicity,harness,hub,qlora,tensorboard,wandb,mlflow,trackio,parquet,postgresql,dev]'; fi
	@touch $@

benchmarks/.venv-%/.installed: benchmarks/requirements-%.txt
	@echo "Setting up $(@D) (once, a few minutes) ..."
	@$(PYTHON) -m venv --clear $(@D) >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip $(@D)
	@if test -x $(@D)/bin/pip; then $(@D)/bin/python -m pip install --quiet --requirement $<; \
	 else $(PYTHON) -m pip --python $(@D)/bin/python install --quiet --requirement $<; fi
	@touch $@
