# One target for each thing that a person does; CI calls the same ones.
# The README spells each out as plain commands, for Windows and for the curious.

PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
PACKAGE := _config.yml _toc.yml constraints.txt $(shell find d2lnotes -name '*.py' -o -path '*/datasets/*' -o -name '*.npz')
PAGES := $(shell find book notebooks -type f -not -path '*/.*' -not -path 'book/lite/*')
NOTEBOOKS := $(wildcard notebooks/*.ipynb)

# JupyterLite, the book to run in the browser: `make book LITE=` leaves it out;
# `make book LITE_CORE=self` serves Pyodide's core from the site too, and needs npm.
LITE ?= 1
LITE_CORE ?= cdn
LITE_BIN := .venv-lite/bin
LITE_BUILT := $(if $(LITE),_build/html/lite/.built-$(LITE_CORE))
LITE_FILES := $(filter d2lnotes/%,$(PACKAGE)) $(NOTEBOOKS) pyproject.toml $(wildcard book/lite/*)
LITE_KIND := _build/.lite-$(if $(LITE),$(LITE_CORE),none)
PYODIDE := _build/npm/node_modules/pyodide

# On small matrices a second BLAS thread gains nothing, and golden numbers depend on its absence.
export OMP_NUM_THREADS := 1
# Or the C library returns a training step's memory to the system and fetches it again in the next.
export MALLOC_TRIM_THRESHOLD_ := 1000000000
export MALLOC_MMAP_THRESHOLD_ := 1000000000
export PYTHONDONTWRITEBYTECODE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: book serve lab test lint unit notebooks browser golden colab picture release paper links bench weights same clean
.DELETE_ON_ERROR:

book: _build/html/.built $(LITE_BUILT)
	@echo "The book stands in file://$(CURDIR)/_build/html/index.html"
	@echo "or: make serve, then http://127.0.0.1:$(PORT)/"

serve: _build/html/.built $(LITE_BUILT)
	@echo "http://127.0.0.1:$(PORT)/  (Ctrl+C ends it)"
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

lab: .venv/.installed
	$(BIN)/jupyter lab notebooks

test: lint unit notebooks browser

lint: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

unit: .venv/.installed
	$(BIN)/pytest -n auto --dist loadgroup --doctest-modules --ignore=tests/site d2lnotes tests

# --nbval-lax compares the outputs of golden cells only, and fails on any error in any cell.
notebooks: .venv/.installed
	$(if $(NOTEBOOKS),$(BIN)/pytest -n auto --dist loadfile --nbval-lax notebooks)

browser: _build/html/.built $(LITE_BUILT)
	$(if $(wildcard tests/site/test_*.py),$(BIN)/pytest -n auto --dist loadgroup tests/site)

# Run the notebooks and store the outputs of the cells tagged keep_output, nothing else.
golden: .venv/.installed
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace $(NOTEBOOKS)
	$(BIN)/nbstripout --keep-id --keep-count --extra-keys "$(KERNEL_DETAILS)" $(NOTEBOOKS)

KERNEL_DETAILS := $(addprefix metadata.language_info.,\
	version codemirror_mode file_extension mimetype nbconvert_exporter pygments_lexer)

# The cell that fetches the package on Colab, from the address in _config.yml.
colab: .venv/.installed
	$(BIN)/python book/colab.py

# The figure at the top of the README, and the pictures that stand beside links to the book.
picture: _build/html/.built
	$(BIN)/python book/picture.py

# The site, the notebooks and the data in one archive, to be read from a disk.
release: _build/html/.built
	$(BIN)/python book/release.py

# The whole book as one PDF and one EPUB, in _build/paper.
paper: _build/html/.built
	$(BIN)/python book/paper.py

# Ask all addresses outside of the book whether they are still there; weekly, for it needs them.
links: .venv/.installed
	$(BIN)/jupyter-book build --builder linkcheck --path-output _build/links .

bench: _build/html/.built
	$(BIN)/python benchmarks/explorers.py

# Train again what ships trained, and compare; weekly, for it takes minutes.
weights: .venv/.installed
	$(BIN)/python benchmarks/weights/train.py

# Build the book twice from nothing: the same sources must give the same bytes. Weekly, too.
same: .venv/.installed
	rm -rf _build/same
	for k in 1 2; do \
	  $(BIN)/jupyter-book build -W -n --keep-going --path-output _build/same/$$k . || exit 1; done
	diff -r _build/same/1/_build/html _build/same/2/_build/html

clean:
	rm -rf _build .pytest_cache .ruff_cache .hypothesis d2lnotes.egg-info
	find . -name ".venv*" -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -type d -print0 | xargs -0 rm -rf

# The environment. Made anew when what it must hold has changed.
.venv/.installed: requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; choose one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -r requirements.txt
	@touch $@

# JupyterLite has an environment of its own: what it holds goes into the site.
.venv-lite/.installed: book/lite/requirements.txt
	test -x $(LITE_BIN)/python || $(PYTHON) -m venv .venv-lite
	$(LITE_BIN)/python -m pip install --quiet -r $<
	@touch $@

_build/html/lite/.built-$(LITE_CORE): .venv-lite/.installed $(LITE_FILES) \
		$(if $(filter self,$(LITE_CORE)),$(PYODIDE)/package.json) | _build/html/.built
	$(LITE_BIN)/python book/lite/build_lite.py $(@D) $(if $(filter self,$(LITE_CORE)),--core $(PYODIDE))
	@touch $@

$(PYODIDE)/package.json: book/lite/package.json book/lite/package-lock.json
	mkdir -p _build/npm
	cp $^ _build/npm
	npm ci --prefix _build/npm --no-audit --no-fund
	@touch $@

# With or without JupyterLite the pages have another button.
$(LITE_KIND):
	mkdir -p _build
	rm -f _build/.lite-*
	touch $@

# After a failed build Sphinx would not read its pages again, and so not warn of them again:
# it must forget them.
_build/html/.built: export D2LNOTES_LITE = $(if $(LITE),$(LITE_CORE))
_build/html/.built: .venv/.installed $(PACKAGE) $(PAGES) $(LITE_KIND)
	$(BIN)/jupyter-book build -W -n --keep-going . || { rm -rf _build/.doctrees; exit 1; }
	@touch $@
