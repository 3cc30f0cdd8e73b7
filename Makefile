# make            compile into build/bin/ (installs nothing)
# make deps       install the Debian packages that are missing (as root)
# make demo       the tour; make test: every test; make test-vm: those in a virtual machine; make bench: how fast, beside the peers
# make soak       the long form of the tests of load and faults: a quarter of an hour
# make install    PREFIX=/usr/local and DESTDIR= are honoured
# make format | lint | clean

PREFIX ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc)
BUILD := build
TOOLS := cmake ninja clang-19 clang++-19 ld.lld-19 pkg-config
PROGRAMS := minibox miniboxd minibox-shim
SOURCES = $(shell git ls-files -co --exclude-standard '*.cc' '*.h')

.DEFAULT_GOAL := build
.PHONY: build configure deps demo test test-vm soak bench install format lint clean

build: configure
	@ninja -C $(BUILD) -j $(JOBS)

# Only the first time, or after a change of the CMake files: ninja itself re-runs CMake later on.
configure:
	@for tool in $(TOOLS); do \
	  command -v $$tool >/dev/null || { echo "make: '$$tool' is not installed (remedy: make deps, as root)" >&2; exit 1; }; \
	done
	@[ -f $(BUILD)/build.ninja ] || cmake -S . -B $(BUILD) -G Ninja \
	  -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
	  || { rm -f $(BUILD)/CMakeCache.txt; echo "make: configuring failed; if a package is missing: make deps, as root" >&2; exit 1; }

deps:
	@tools/deps build run test

demo:
	@tools/deps build run
	@$(MAKE) --no-print-directory configure
	@ninja -C $(BUILD) -j $(JOBS) $(PROGRAMS)
	@tools/demo

test:
	@tools/deps build run test vm
	@$(MAKE) --no-print-directory build
	@tools/run_tests

test-vm:
	@tools/deps build run test vm
	@$(MAKE) --no-print-directory build
	@tools/run_tests vm

soak:
	@tools/deps build run test
	@$(MAKE) --no-print-directory build
	@MINIBOX_SOAK=full tools/run_tests soak leftovers

bench:
	@tools/deps build run
	@tools/deps bench || echo "bench: some peers could not be installed; the table leaves them out"
	@$(MAKE) --no-print-directory build
	@bench/run_start
	@bench/exec_start
	@bench/archive
	@bench/registry
	@bench/build
	@bench/many_start
	@bench/idle_memory

install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/minibox $(DESTDIR)$(PREFIX)/share/doc/minibox
	install -m 0755 $(PROGRAMS:%=$(BUILD)/bin/%) $(DESTDIR)$(PREFIX)/bin
	install -m 0644 profiles/*.json $(DESTDIR)$(PREFIX)/share/minibox
	install -m 0644 README.md ARCHITECTURE.md CHANGELOG.md LICENSE $(DESTDIR)$(PREFIX)/share/doc/minibox
	cp -r --no-preserve=ownership docs examples $(DESTDIR)$(PREFIX)/share/doc/minibox/

format:
	clang-format-19 -i $(SOURCES)

lint: configure
	tools/check_layers
	tools/check_style
	clang-tidy-19 -p $(BUILD) --quiet $(filter src/%.cc,$(SOURCES))

clean:
	rm -rf $(BUILD) build-asan
