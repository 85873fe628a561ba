# make lab        set up, build the notebooks, open JupyterLab on the first  (ARGS="--ip=0.0.0.0 --port=9000 --no-browser")
# make quick      set up, then lint, types and unit tests                     (ARGS="tests/lesson")
# make test       set up, then everything CI runs                             (ARGS="-k widgets", VERIFY=--fresh)
# make solutions  executed notebooks with solutions, under build/solutions/
# make verify     prove every check and run every notebook                    (ARGS="a1/knn")
# make colab      the widgets' tests with the versions that Google Colab has (ARGS="-k linear")

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
VERIFY ?=

.PHONY: lab quick test solutions verify build clean colab
.DELETE_ON_ERROR:

lab: build
	$(BIN)/python -m jupyterlab --ServerApp.root_dir=. --LabApp.app_settings_dir=jupyter \
		--LabApp.default_url=/lab/tree/lectures/00_start_here.ipynb $(ARGS)

quick: .venv/ready
	$(BIN)/python -m ruff check
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "not slow" $(ARGS)

test: .venv/ready
	$(BIN)/python -m ruff check
	$(BIN)/python -m mypy
	$(BIN)/python -m grader build --check
	$(BIN)/python -m grader verify $(VERIFY)
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder --cov $(ARGS)

build: .venv/ready
	$(BIN)/python -m grader build

solutions: build
	$(BIN)/python -m grader solutions $(ARGS)

verify: build
	$(BIN)/python -m grader verify $(ARGS)

colab: .venv/ready
	$(BIN)/python tests/environments.py colab -n auto --dist loadfile --no-loadscope-reorder tests/widgets $(ARGS)

clean:
	rm -rf build

.venv/ready: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; v = sys.version_info[:2]; v >= (3, 11) or sys.exit("Python 3.11 or newer is needed, this is %d.%d: make PYTHON=python3.11 ..." % v)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch .venv/ready
