# The commands a person types; CMake does the work. Each target installs what is missing by package name (tools/install).
JOBS ?= $(shell nproc)
STEPS ?=
FUZZ_SECONDS ?= 30
FRESH ?=
SHELL := /bin/sh

.PHONY: build test workshop bench format fuzz fresh install images clean help

help:
	@echo "make build | test | workshop | bench | format | fuzz | fresh | images | clean"

install:
	@tools/install

# The static program, its other names beside it, and the images of the node.
build: install
	@cmake --preset release >build/release.configure.log 2>&1 || { cat build/release.configure.log; exit 1; }
	@cmake --build build/release --parallel $(JOBS) --target meshka
	@for name in vcluster meshctl istioctl; do ln -sfn meshka build/release/$$name; done
	@$(MAKE) --no-print-directory images

images: install
	@/usr/bin/python3 tools/images.py build

# Unit, style and end-to-end tests of the very program that is shipped; the last lines are ctest's summary.
test: build
	@cmake --build build/release --parallel $(JOBS)
	@ctest --test-dir build/release --parallel $(JOBS) --output-on-failure --no-tests=error $(CTEST_ARGS)

workshop: build
	@build/release/meshka workshop --fresh --variant both $(STEPS)

bench: build
	@cmake --preset release >/dev/null && cmake --build build/release --parallel $(JOBS)
	@for program in build/release/bench/*_bench; do [ -x "$$program" ] || continue; "$$program" || exit 1; done

format: install
	@git ls-files '*.h' '*.cc' | xargs clang-format-19 -i

# Short by default; make fuzz FUZZ_SECONDS=600 for longer.
fuzz: install
	@cmake --preset fuzz >/dev/null && cmake --build build/fuzz --parallel $(JOBS)
	@tools/fuzz build/fuzz $(FUZZ_SECONDS)

# The same on a fresh minimal Debian 12; make fresh FRESH=test for tests only.
fresh:
	@tools/fresh $(FRESH)

clean:
	rm -rf build/dev build/release build/asan build/fuzz
