# make demo    train, evaluate, ask and export the byte model on embedded text
# make test    all tests
# make parity  our models against Hugging Face's in PyTorch
# make lint    style
# make wheel   build the wheel and import it from an empty folder
# make site    build the documentation's site and check its links
# make docs    build it, and run its examples and, in few steps, notebooks
# make notebooks NAMES=imagenet   run notebooks again; all without NAMES
# make release-check   build what is published, install it and run the demo;
#              RELEASE_SETTINGS=--training.steps=700 makes the demo short
#
# Everything goes into .venv, made with the first Python 3.11 to 3.13 found;
# PYTHON=/path/to/python names another one. PyTorch may come with CUDA's
# libraries; pip's own settings can point it at PyTorch's index of CPU builds.

VENV := .venv
BIN := $(VENV)/bin
RUN := runs/demo
EXPORT := saved_models/demo
# What docs/parity.md was measured with; TORCH=torch takes the newest.
TORCH := torch==2.13.0
IN_PROCESSES := --numprocesses=auto --maxprocesses=4 --dist=loadscope
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test parity lint wheel site docs notebooks release-check clean

demo: $(VENV)/installed
	$(BIN)/python -m recipes byte_mlm train --config tiny --run-folder $(RUN) --overwrite
	@echo
	$(BIN)/python -m recipes byte_mlm predict --run-folder $(RUN) 'The [MASK:9] statement is used [MASK:2] define a new name.'
	@echo
	$(BIN)/python -m recipes byte_mlm export --run-folder $(RUN) --to $(EXPORT)
	$(BIN)/keras-perceiver check $(EXPORT)
	@echo
	@echo 'Ask it yourself:'
	@echo "  $(BIN)/keras-perceiver ask $(EXPORT) 'Return the [MASK:6] of an object.'"

test: $(VENV)/installed-test
	$(BIN)/python -m pytest $(IN_PROCESSES) $(PYTEST_OPTIONS)

parity: $(VENV)/installed-parity
	$(BIN)/python -m pytest tests/parity $(IN_PROCESSES) $(PYTEST_OPTIONS)

lint: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

wheel: $(VENV)/installed
	rm -rf build
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir build .
	$(PIP) --no-deps --target build/imported build/*.whl
	cd build/imported && ../../$(BIN)/python -c "import keras_perceiver as k; print(k.__file__, len(k.presets()), 'presets')"

site: $(VENV)/installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

docs: site $(VENV)/installed-test
	$(BIN)/python -m pytest --large tests/docs $(PYTEST_OPTIONS)

notebooks: $(VENV)/installed-docs $(VENV)/installed-test
	$(BIN)/python -m scripts.notebooks $(NAMES)

release-check: $(VENV)/installed
	@$(PIP) build
	$(BIN)/python -m scripts.release_check --settings='$(RELEASE_SETTINGS)'

clean:
	rm -rf $(VENV) build runs/demo saved_models/demo

$(BIN)/python:
	@python=$$(PYTHON="$(PYTHON)" sh scripts/find_python.sh) && echo "making $(VENV) with $$python" \
	  && "$$python" -m venv $(VENV)

$(VENV)/installed: setup.cfg pyproject.toml | $(BIN)/python
	@echo 'installing TensorFlow, Keras and keras_perceiver into $(VENV) (about 600 MB to download, once) ...'
	@$(PIP) --editable .
	@touch $@

$(VENV)/installed-test: $(VENV)/installed
	@echo 'installing what tests need ...'
	@$(PIP) --editable '.[test]'
	@touch $@

$(VENV)/installed-docs: $(VENV)/installed
	@echo 'installing what the site and notebooks need ...'
	@$(PIP) --editable '.[docs]'
	@touch $@

$(VENV)/installed-parity: $(VENV)/installed-test
	@echo 'installing transformers and $(TORCH) (200 MB to 3 GB to download, once) ...'
	@$(PIP) --editable '.[parity]' '$(TORCH)'
	@touch $@
