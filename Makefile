# SPDX-License-Identifier: MIT
#
# A thin front for Meson: `make` teaches. Everything that is built lies in build/.

RELEASE := build/release
CHECK   := build/check
FUZZ    := build/fuzz
PEERS   := build/peers
SOAK    := build/soak
DEBS    := build/packages
CHROOT  := build/chroot
TWICE   := build/reproducible
COVERAGE := build/coverage
comma   := ,

# Groups of packaging/debian-packages.txt that a target needs; `make TARGET PACKAGES=` leaves the
# step out, for systems without apt and for those who install by hand.
packages = tools/install-packages.sh $(if $(filter undefined,$(origin PACKAGES)),$(1),$(PACKAGES))

# A build directory that was left half made is made again.
setup = test -f $(1)/build.ninja || { rm -rf $(1) && $(3) meson setup $(1) $(2); }

# Sanitizers check the same at -O1, which takes a third less time to compile.
sanitized = -Db_sanitize=address$(comma)undefined -Db_lundef=false -Dwerror=true -Doptimization=1

released = -Ddebug=false -Doptimization=2 -Dtests=false $(layout)

prefix_option = $(if $(PREFIX),--prefix=$(PREFIX))

# Where the loader looks: Meson knows it by a program of Debian's that a small system does not have.
multiarch := $(shell $${CC:-cc} -print-multiarch 2>/dev/null)
layout = $(prefix_option) $(if $(multiarch),--libdir=lib/$(multiarch))

.DEFAULT_GOAL := help
.PHONY: help demo build install check lint bench fuzz hostile coverage soak package package-test \
        abi reproducible clean

help:
	@echo 'libwsd: Web Services for Devices, for programs and people.'
	@echo
	@echo '  make demo      builds everything and shows it: a scanner made of software is found,'
	@echo '                 described and scanned from, on this machine alone. Start here.'
	@echo '  make check     builds with the sanitizers and runs every test'
	@echo '  make build     builds for use, into $(RELEASE)'
	@echo '  make install   installs that build (PREFIX=/usr/local, DESTDIR=)'
	@echo '  make bench     measures speed and memory'
	@echo '  make soak      a month of the daemon behind the button, in simulated time (10 minutes)'
	@echo '  make fuzz      feeds parsers and conversations with garbage (FUZZ_SECONDS=60 each, two at a time)'
	@echo '  make hostile   10 000 sessions over a network that spoils what it can (HOSTILE_SEED=)'
	@echo '  make coverage  which lines and branches the tests run, into docs/coverage.md'
	@echo '  make lint      searches for bugs with clang-tidy'
	@echo '  make package   makes the Debian packages of the commit, into $(DEBS)'
	@echo '  make package-test   as root: installs them in a bare Debian, uses and removes them'
	@echo '  make abi       do programs of the release before run with this library?'
	@echo '  make reproducible   makes the packages twice, elsewhere and at another time; the same bits?'
	@echo '  make clean     removes build/'
	@echo
	@echo 'Packages that are missing are installed by apt, through sudo (which ones:'
	@echo 'packaging/debian-packages.txt). With PACKAGES= behind the target nothing is installed.'
	@echo 'Meson can be used directly too: meson setup build/mine && meson test -C build/mine'

build:
	@$(call packages,build)
	@$(call setup,$(RELEASE),$(released))
	@$(if $(PREFIX),meson setup --reconfigure $(RELEASE) $(layout) >/dev/null)
	@meson compile -C $(RELEASE)

demo: build
	@tools/demo.sh $(RELEASE)

# An existing build is installed as it is, so that `sudo make install` leaves no files of root here;
# but the programs know where they are installed, so another PREFIX is another build. The loader
# is told of a new library, where that is ours to do.
install:
	@test -f $(RELEASE)/build.ninja || $(MAKE) --no-print-directory build
	@$(if $(PREFIX),meson setup --reconfigure $(RELEASE) $(layout) >/dev/null && \
	    meson compile -C $(RELEASE))
	@meson install -C $(RELEASE) --no-rebuild
	@$(if $(DESTDIR),,ldconfig 2>/dev/null || true)

# Many tests wait for their peers most of the time: twice as many run as there are processors.
check:
	@$(call packages,build test)
	@$(call setup,$(CHECK),$(sanitized))
	@tools/fetch-peers.sh $(PEERS)
	@rm -f $(CHECK)/meson-logs/testlog.json
	@meson compile -C $(CHECK)
	@WSD_PEERS=$(CURDIR)/$(PEERS) UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
	    meson test -C $(CHECK) --print-errorlogs --timeout-multiplier 2 \
	        --num-processes $$(($$(getconf _NPROCESSORS_ONLN) * 2)); status=$$?; \
	    python3 tools/count-tests.py $(CHECK) && exit $$status

lint:
	@$(call packages,build test lint)
	@$(call setup,$(CHECK),$(sanitized))
	@meson compile -C $(CHECK)
	@tools/check-clang-tidy.sh $(CHECK)

bench:
	@$(call packages,build bench)
	@$(call setup,$(RELEASE),$(released))
	@meson compile -C $(RELEASE)
	@python3 bench/run.py $(RELEASE)

fuzz:
	@$(call packages,build fuzz)
	@$(call setup,$(FUZZ),-Dfuzz=true -Ddefault_library=static -Db_sanitize=address$(comma)undefined \
	    -Db_lundef=false,CC=clang)
	@meson compile -C $(FUZZ)
	@tools/fuzz.sh $(FUZZ)

# The seed is printed: with it as HOSTILE_SEED the same faults come again.
hostile:
	@$(call packages,build test)
	@$(call setup,$(CHECK),$(sanitized))
	@meson compile -C $(CHECK) hostile-sessions
	@UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
	    $(CHECK)/tests/hostile/hostile-sessions $${HOSTILE_SESSIONS:-10000} $${HOSTILE_SEED:-}

# The tests run as they do in make check; one that fails there is no matter here.
coverage:
	@$(call packages,build test)
	@$(call setup,$(COVERAGE),-Dbuildtype=debug -Db_coverage=true -Db_lundef=false)
	@tools/fetch-peers.sh $(PEERS)
	@meson compile -C $(COVERAGE)
	@find $(COVERAGE) -name '*.gcda' -delete
	@WSD_PEERS=$(CURDIR)/$(PEERS) meson test -C $(COVERAGE) --no-rebuild -t 3 || true
	@python3 tools/coverage.py . docs/coverage.md $(COVERAGE)

# Without sanitizers, whose own memory grows: that of the daemon is to stay flat.
soak:
	@$(call packages,build test)
	@$(call setup,$(SOAK),-Dbuildtype=release)
	@meson compile -C $(SOAK)
	@SOAK_DAYS=$${SOAK_DAYS:-30} SOAK_SCANS=$${SOAK_SCANS:-2000} \
	    python3 tests/apps/scand/test_soak.py $(SOAK)/apps/wsd/wsd $(SOAK)/apps/wsd/wsd-turned \
	    $(SOAK)/apps/wsd-scand/wsd-scand-turned

package:
	@$(call packages,build package)
	@tools/make-packages.sh $(DEBS)

# The base of the bare system is kept, since it takes a while to fetch.
package-test:
	@$(call packages,build package package-test)
	@ls $(DEBS)/*.deb >/dev/null 2>&1 || tools/make-packages.sh $(DEBS)
	@PYTHONDONTWRITEBYTECODE=1 python3 tests/packaging/test_packages.py $(DEBS) $(CHROOT)

abi:
	@$(call packages,build abi)
	@python3 tools/check-abi.py check

reproducible:
	@$(call packages,build package reproducible)
	@tools/check-reproducible.sh $(TWICE)

clean:
	@rm -rf build
