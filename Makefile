# `make lab` opens the course, `make test` runs all tests: both from nothing but Python, pip and make.

PYTHON ?= python3
COURSE_LANGUAGE ?= en
LAB_FLAGS ?=
TORCH ?=
WORKERS ?= 2
COMMA := ,
DOORS ?= colab,lowest,lowest-instructor

VENV := .venv
BIN := $(VENV)/bin
# The Python that the environment is made from, also when the environment's own comes first on the path.
BASE := $(or $(shell command -v $(PYTHON)),$(PYTHON))
WITHOUT_ENSUREPIP = $(BASE) -m venv --without-pip $(VENV) && $(BASE) -m pip --python $(BIN)/python install --quiet pip
# One thread a worker: when workers fight over the cores, PyTorch's small operations take more than ten times as long.
PYTEST := OMP_NUM_THREADS=1 pytest -n $(WORKERS)
export PATH := $(CURDIR)/$(BIN):$(PATH)
export COURSE_LANGUAGE

# Worked out only where it is used: notebooks/pt also for COURSE_LANGUAGE=pt-BR.
ANY := $(or $(wildcard $(BIN)/python),$(PYTHON))
ASK_LANGUAGE = $(ANY) -I resnet_course/language.py '$(subst ','\'',$(COURSE_LANGUAGE))'
SPOKEN = $(shell $(ASK_LANGUAGE))
FIRST = $(firstword $(sort $(wildcard notebooks/$(SPOKEN)/*/*.ipynb)))
$(if $(filter-out cpu,$(TORCH)),$(error TORCH is $(TORCH); it can only be cpu: PyTorch without the libraries for NVIDIA GPUs))
# Among equal versions pip prefers the one marked +cpu.
CPU_BUILDS := --extra-index-url https://download.pytorch.org/whl/cpu

.PHONY: help lab install usable test doors programs quick lint build pictures kit site bench clean
.NOTPARALLEL: # programs before the environment, which may need one of them

help:
	@echo "make lab      open the start page in JupyterLab (COURSE_LANGUAGE=pt for Portuguese)"
	@echo "make install  make the environment that it needs (with TORCH=cpu, here too: without the libraries for NVIDIA GPUs)"
	@echo "make test     run all tests; install the programs that they use where that is possible (INSTALL=no: never)"
	@echo "make doors    run the lessons with Colab's versions and the lowest that we allow (DOORS=newest: the newest)"
	@echo "make quick    run the tests that need no kernel and no long training, within three minutes"
	@echo "make build    build the notebooks from the lesson scripts"
	@echo "make pictures make the READMEs' pictures that are stale"
	@echo "make kit      make the teacher's kit from the built notebooks: plans, slides, quizzes, in build/kit"
	@echo "make site     build the reading edition, a static site, in build/site/html: open index.html there"
	@echo "make bench    measure speed, as ratios"
	@echo "make clean    remove the environment and everything that tools left"

# Said before anything is installed: that this Python is too old, or that the course does not speak this language.
usable:
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and \
	"The course needs Python 3.10 or newer, and this is " + sys.version.split()[0] + ". Name a newer one: make lab PYTHON=python3.12")'
	@$(ASK_LANGUAGE) >/dev/null

$(VENV)/course: requirements.txt pyproject.toml | usable
	test -x $(BIN)/pip || $(BASE) -m venv $(VENV) || { $(WITHOUT_ENSUREPIP); }
	$(BIN)/python -m pip install --quiet --requirement requirements.txt $(if $(filter cpu,$(TORCH)),$(CPU_BUILDS))
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

# Sphinx and its theme need Python 3.11.
$(VENV)/site: $(VENV)/course site/requirements.txt
	$(BIN)/python -m pip install --quiet --requirement site/requirements.txt
	touch $@

$(VENV)/tests: $(VENV)/site tests/requirements.txt
	$(BIN)/python -m pip install --quiet --requirement tests/requirements.txt
	touch $@

install: $(VENV)/course

lab: $(VENV)/course
	jupyter lab --ServerApp.root_dir="$(CURDIR)" $(LAB_FLAGS) $(FIRST)

# What was not tested for want of a program, pytest says in its last line. nbval runs the English notebooks: those in
# Portuguese, in which the code is the same, are run by tests/notebooks/test_build.py and test_any_order.py.
test: usable programs lint
	python tests/doors/environments.py $(subst $(COMMA), ,$(DOORS)) >/dev/null 2>&1 & \
	failed=; \
	$(PYTEST) --dist loadfile --nbval-lax solutions/en || failed=yes; \
	$(PYTEST) --dist loadgroup tests --doors="$(DOORS)" || failed=yes; \
	test -z "$$failed"

# Every lesson in every language, with the versions of other places: DOORS=colab, lowest, lowest-instructor, newest.
doors: usable programs $(VENV)/tests
	$(PYTEST) --dist loadgroup tests/doors --doors="$(DOORS)" --every-language

programs:
	@$(BASE) tests/programs.py

quick: lint
	$(PYTEST) -m "not notebook and not training and not site" tests

lint: $(VENV)/tests
	ruff check --quiet .
	ruff format --quiet --check .
	mypy
	resnet-course build --check

build: $(VENV)/course
	resnet-course build

pictures: $(VENV)/tests
	python -m resnet_course.authoring.front

# Without npm there are no slides, and the kit says so.
kit: $(VENV)/tests
	-npm install --no-audit --no-fund --silent --prefix instructor
	python -m resnet_course.authoring.kit

# Nothing is executed: the outputs are those of the solved notebooks. The teacher's kit is in it.
site: $(VENV)/site
	-npm install --no-audit --no-fund --silent --prefix instructor
	python -m resnet_course.authoring.site

bench: $(VENV)/tests
	pytest -q -s -p no:xdist tests/benchmarks/bench_*.py

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf instructor/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
