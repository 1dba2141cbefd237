# Suicha 随查. `make help` lists every target; `make demo` and `make test` are all that a newcomer needs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PACKAGES := libs/rid1 libs/contracts libs/chassis services/registry services/draw services/inspection \
	services/disclosure gateway/portal sites/public deploy/sandbox deploy/local
SOURCES := $(foreach package,$(PACKAGES),$(package)/src)
EXPORT := --quiet --no-emit-workspace --no-header --no-annotate --format requirements-txt
IMAGES := registry draw inspection disclosure portal site sandbox
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## list every target / 列出所有命令
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(READY) ## install everything into .venv / 安装
$(READY): requirements.lock $(foreach package,$(PACKAGES),$(package)/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "需要 Python 3.11 或更新版本 / Python 3.11 or newer is needed"; exit 1; }
	@echo "安装依赖（首次约一至两分钟） / installing …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --quiet --require-hashes --requirement requirements.lock
	@$(BIN)/pip install --quiet --quiet --no-deps --no-build-isolation $(foreach package,$(PACKAGES),--editable $(package))
	@touch $@

demo: $(READY) ## run a whole inspection season through the gateway; KEEP=1 leaves it running / 演示
	@$(BIN)/python -m suicha_local demo

test: $(READY) ## every test, unit to end-to-end, on real PostgreSQL, JetStream and Envoy / 测试
	@$(BIN)/pytest -q $(ARGS)

up: $(READY) ## start the platform and keep it running / 启动
	@$(BIN)/python -m suicha_local up

down: $(READY) ## stop the platform, keep its data / 停止
	@$(BIN)/python -m suicha_local down

status: $(READY) ## show every process and the addresses / 状态
	@$(BIN)/python -m suicha_local status

scale: $(READY) ## run WORKERS=n draw workers, 0 pauses draws / 抽取执行进程数
	@$(BIN)/python -m suicha_local scale --workers $(or $(WORKERS),1)

clean: $(READY) ## stop the platform and remove its data / 清除数据
	@$(BIN)/python -m suicha_local clean

dlq: $(READY) ## list messages that could not be handled / 查看死信
	@$(BIN)/python -m suicha_local dlq

replay: $(READY) ## send dead letters again; SEQUENCE=n for one / 重放死信
	@$(BIN)/python -m suicha_local replay $(if $(SEQUENCE),--sequence $(SEQUENCE))

bench: $(READY) ## measure everything beside the rivals (long), exit 1 when a goal is missed; PARTS="rid1 draws" for some / 性能测量
	@$(BIN)/python -m bench $(PARTS)

lint: $(READY) ## style, types, import rules, migrations, OpenAPI and schema drift, compose file, audit / 检查
	@$(BIN)/ruff check . && $(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy $(SOURCES) bench
	@$(BIN)/lint-imports
	@$(BIN)/python -m suicha_contracts.schemas --check
	@$(BIN)/python gateway/merge_openapi.py --check
	@$(BIN)/python -m suicha_local.checks
	@$(BIN)/python deploy/audit.py

format: $(READY) ## bring the code into the house style / 排版
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

generate: $(READY) ## write the generated files: schemas, OpenAPI / 生成文件
	@$(BIN)/python -m suicha_contracts.schemas
	@$(BIN)/python gateway/merge_openapi.py

lock: ## resolve dependencies anew and pin them with hashes (needs uv) / 更新依赖锁
	uv lock --quiet --upgrade
	uv export $(EXPORT) --all-packages --all-extras --all-groups --output-file requirements.lock > /dev/null
	uv export $(EXPORT) --no-dev $(foreach package,$(IMAGES),--package suicha-$(package)) \
		--output-file deploy/docker/requirements.lock > /dev/null

.PHONY: help setup demo test up down status clean dlq replay bench lint format generate lock
