# From a clone to a running district: `make run`. Only make and Python 3.11 or newer are needed.

HOST ?= 127.0.0.1
PORT ?= 8000

# python3 may be older than what else is installed; a name on the PATH may also be a shim that does not run.
ifndef PYTHON
PYTHON := $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done || true)
ifeq ($(PYTHON),)
PYTHON := python3
endif
endif

BIN := .venv/bin
UV_VERSION := 0.13.8
# Hashes, all platforms, Python 3.11 and up; no index address, so that any mirror will do.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
OWN_SCRIPTS := hatch_build.py tools/setup_venv.py tools/fetch_test_data.py tools/install_bench.py \
	tools/picture.py tools/locate_figure.py tools/architecture_figure.py tools/make_calendar.py docs/build.py

.DEFAULT_GOAL := help
.PHONY: help run test test-fast coverage docs lint mypy python venv venv-test venv-spark lock bench clean

help: ## 显示本说明 · show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

run: venv ## 安装、准备演示数据并启动服务 · set up, prepare the demo, serve it at HOST:PORT
	@$(BIN)/geogrid demo
	@exec $(BIN)/geogrid serve --host $(HOST) --port $(PORT)

# The tests of a file run in one worker: most share a fixture that takes long to build. MARKED="browser or jvm" selects.
test: lint ## 全部检查与测试 · every check and test
	$(BIN)/pytest -n auto --dist loadfile $(if $(MARKED),-m "$(MARKED)")

test-fast: venv-test ## 不用浏览器、服务进程和 Java 的快速测试 · the tests without browser, service process, Java and long waits
	$(BIN)/pytest -n auto --dist loadfile -m "not browser and not server and not jvm and not slow"

# The report comes before pytest's summary, which stays the last line.
coverage: venv-test ## 分支覆盖率 · the fast tests with the branch coverage, also that of child processes
	$(BIN)/pytest -n auto --dist loadfile -m "not browser and not jvm and not slow" --cov --cov-report=term:skip-covered

lint: venv-test ## 静态检查 · lint, format, types, import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy $(OWN_SCRIPTS)
	$(BIN)/lint-imports

# For the commit hook, which does not set up an environment.
mypy:
	$(BIN)/mypy
	$(BIN)/mypy $(OWN_SCRIPTS)

python:
	@command -v $(PYTHON) >/dev/null || { echo "错误：找不到 $(PYTHON)，请安装 Python 3.11 或更高版本 · $(PYTHON) is not found:" \
		"install Python 3.11 or newer, or name it: make PYTHON=/path/to/python3" >&2; exit 2; }

venv: python ## 只安装运行环境 · set up .venv for running
	@$(PYTHON) tools/setup_venv.py run

venv-test: python ## 只安装测试环境 · set up .venv for testing
	@$(PYTHON) tools/setup_venv.py test
	@$(BIN)/python tools/fetch_test_data.py

venv-spark: python ## 测试环境加 PySpark · set up .venv for testing with Spark, which needs Java 17 too
	@$(PYTHON) tools/setup_venv.py spark

# Keeps the versions that are locked; UPGRADE=--upgrade takes the newest. Each lock holds the one before it whole.
lock: venv ## 重新生成锁文件 · remake the lock files
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
	$(LOCK) $(UPGRADE) --output-file requirements.lock --extra service pyproject.toml
	$(LOCK) $(UPGRADE) --output-file requirements-test.lock --extra service --extra test --extra docs \
		--constraint requirements.lock pyproject.toml
	$(LOCK) $(UPGRADE) --output-file requirements-spark.lock --extra service --extra test --extra docs --extra spark \
		--constraint requirements-test.lock pyproject.toml

bench: venv-test ## 性能测量 · measure; GEOGRID_BENCH_POSTGIS_URL names a PostGIS
	@$(BIN)/python tools/install_bench.py
	@for file in benchmarks/bench_*.py; do [ -e "$$file" ] || { echo "benchmarks/ is empty"; break; }; \
		echo "$$file"; $(BIN)/python "$$file" || exit 1; done

docs: venv-test ## 生成文档网站 · build the documentation site in build/docs
	@$(BIN)/python docs/build.py

picture: venv-test ## 重新截取说明中的地图 · retake the pictures of the maps in the documents
	@$(BIN)/python tools/picture.py

clean: ## 删除环境与缓存 · remove the environment and caches
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf maps/geogrid_maps/static/vendor
	find . -name __pycache__ -type d -not -path './.git/*' -exec rm -rf {} +
