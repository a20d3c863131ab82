# SPDX-License-Identifier: Apache-2.0
# make [VARIANT=release|debug|asan|tsan|fuzz|cov] [CROSS=aarch64-linux-gnu] [V=1]      make help
VARIANT ?= release
PREFIX  ?= /usr/local
SYSCONFDIR ?= /etc
SHARED  ?= ../shared
MOS     ?= $(SHARED)/mos
B       := build/$(or $(CROSS),native)-$(VARIANT)
Q       := $(if $(V),,@)
CC      := $(if $(filter fuzz,$(VARIANT)),clang,$(CROSS:%=%-)gcc)
AR      := $(CROSS:%=%-)ar
PKG_CONFIG ?= $(CROSS:%=%-)pkg-config
include $(CROSS:%=cross/%.mk)
MBEDTLS_LIBS ?= -lmbedtls -lmbedx509 -lmbedcrypto
pkg = $(shell $(PKG_CONFIG) $(1))
VERSION := $(shell cat VERSION)

F_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong
F_debug   := -O0 -g3
F_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
F_tsan    := -O1 -g -fsanitize=thread
F_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined
F_cov     := -O0 -g --coverage
WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
CF = -std=c11 $(WARN) $(F_$(VARIANT)) -fPIE -ffp-contract=off -ffile-prefix-map=$(CURDIR)=. \
     -D_FILE_OFFSET_BITS=64 -Iinclude -I. -I$(B) -DEARSHOT_VERSION='"$(VERSION)"' $(CFLAGS)
LF = $(F_$(VARIANT)) -pie -Wl,-z,relro,-z,now $(LDFLAGS)

# What goes where. Each folder is one archive; the arrows between them are checked by tests/layers.sh.
src  = $(sort $(wildcard $(1)))
obj  = $(patsubst %.c,$(B)/%.o,$(call src,$(1)))
lib  = $(1:%=$(B)/lib%.a)
MAINS := agent/earshot.c agent/earshotd.c collector/collector.c
CORE := $(call obj,$(patsubst %,probes/%/*.c,base wire/* quality quality/timing reassembly call stream media signalling engine))
HOST := $(call obj,probes/host/*.c probes/host/*/*.c probes/path/*.c)
CORR := $(call obj,correlate/*.c correlate/*/*.c)
PB   := $(patsubst %.proto,$(B)/%.pb-c.o,$(wildcard proto/*.proto))
WIRE := $(PB) $(call obj,proto/*.c)
RUNT := $(call obj,runtime/*.c runtime/*/*.c)
AGNT := $(filter-out $(MAINS:%.c=$(B)/%.o),$(call obj,agent/*.c agent/*/*.c))
COLL := $(filter-out $(MAINS:%.c=$(B)/%.o),$(call obj,collector/*.c collector/*/*.c)) $(B)/collector/portal/page/assets.o
LOOP := $(call obj,tests/sim/test_loop_*.c tests/sim/made_*.c)     # made_*.c stand in for parts of runtime
UNIT := $(filter-out $(LOOP),$(call obj,tests/unit/*.c tests/sim/*.c))
TESTS := $(B)/earshot-tests $(B)/earshot-loop-tests
FUZZ := $(patsubst %.c,$(B)/%,$(call src,tests/fuzz/fuzz_*.c))
TOOL := $(patsubst %.c,$(B)/%,$(call src,tests/bench/*.c tests/golden/*.c tests/faults/*.c tests/e2e/*.c tests/fuzz/seeds.c))
BIN  := $(B)/earshot $(B)/earshotd $(B)/earshot-collector
LIBS_RUNT = $(call pkg,--libs libevent libcap-ng libseccomp zlib) $(MBEDTLS_LIBS)
LIBS_AGNT = $(call pkg,--libs libprotobuf-c jansson libcap-ng libsrtp2) -lpcap $(LIBS_RUNT) -lm
LIBS_COLL = $(call pkg,--libs libprotobuf-c sqlite3 jansson) $(LIBS_RUNT) -pthread -lm
LIBS_ALL  = $(LIBS_COLL) $(LIBS_AGNT)

all: $(call lib,earshot earshot-host earshot-correlate) $(BIN)
libs: $(call lib,earshot earshot-host earshot-correlate proto runtime agent collector)
$(B)/libearshot.a: $(CORE)
$(B)/libearshot-host.a: $(HOST)
$(B)/libearshot-correlate.a: $(CORR)
$(B)/libproto.a: $(WIRE)
$(B)/libruntime.a: $(RUNT)
$(B)/libagent.a: $(AGNT)
$(B)/libcollector.a: $(COLL)
$(B)/%.a: ; $(Q)mkdir -p $(@D) && rm -f $@ && $(AR) rcsD $@ $^

AGENT_LIBS := $(call lib,agent proto runtime earshot-host earshot-correlate earshot)
COLL_LIBS  := $(call lib,collector proto runtime earshot-correlate earshot)
link = $(Q)$(CC) $(LF) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(1)
$(B)/earshot $(B)/earshotd: $(B)/%: $(B)/agent/%.o $(AGENT_LIBS) ; $(call link,$(LIBS_AGNT))
$(B)/earshot-collector: $(B)/collector/collector.o $(COLL_LIBS) ; $(call link,$(LIBS_COLL))
TEST_LIBS := $(call lib,agent collector proto runtime earshot-host earshot-correlate earshot)
$(B)/earshot-tests: $(UNIT) $(TEST_LIBS) ; $(call link,$(LIBS_ALL))
$(B)/earshot-loop-tests: $(LOOP) $(filter-out $(B)/tests/unit/test_% $(B)/tests/sim/test_%,$(UNIT)) $(TEST_LIBS) ; $(call link,$(LIBS_ALL))
$(TOOL): %: %.o $(TEST_LIBS) ; $(call link,$(LIBS_ALL))
REPLAY := $(if $(filter fuzz,$(VARIANT)),,$(B)/tests/fuzz/replay.o)
FUZZ_LINK := $(if $(filter fuzz,$(VARIANT)),-fsanitize=fuzzer)
$(FUZZ): %: %.o $(REPLAY) $(TEST_LIBS) ; $(call link,$(LIBS_ALL) $(FUZZ_LINK))

# Generated sources live in the build tree only.
$(B)/%.pb-c.c $(B)/%.pb-c.h &: %.proto ; $(Q)mkdir -p $(@D) && protoc-c --c_out=$(B) $<
$(B)/collector/portal/page/assets.c: packaging/embed.sh $(call src,collector/portal/page/*.*)
	$(Q)mkdir -p $(@D) && $< $(filter-out $<,$^) >$@
UP := $(HOST) $(WIRE) $(RUNT) $(call obj,agent/*.c agent/*/*.c collector/*.c collector/*/*.c tests/*/*.c)     # all that is above the core
$(UP): CF += -D_GNU_SOURCE
$(UP): | $(PB:.o=.h)
$(B)/%.o: %.c ; $(Q)mkdir -p $(@D) && $(CC) $(CF) -MMD -MP -c -o $@ $<
$(B)/%.o: $(B)/%.c ; $(Q)$(CC) $(CF) -w -MMD -MP -c -o $@ $<

# The two commands of the README: each first installs what is missing, then does its work.
deps: ; $(Q)packaging/deps.sh $(if $(CROSS),cross $(CROSS) && $(FILL_SYSROOT),check)
deps-demo: ; $(Q)packaging/deps.sh demo
demo: deps-demo ; $(Q)$(MAKE) --no-print-directory -j$$(nproc) all && packaging/demo.sh $(B) $(ONCE)
check: deps ; $(Q)$(MAKE) --no-print-directory $(if $(CROSS),check-cross,check-here)
check-here: ; $(Q)tests/check.sh
check-cross: all $(TESTS) ; $(Q)tests/cross.sh $(B) $(QEMU) $(SYSROOT)
# Machines of their own, which systemd boots in a namespace: needs root.
check-packages: deps all ; $(Q)packaging/deps.sh machines && for t in tests/packaging/boot/*.sh; do \
	    case $$t in */lib.sh) ;; *) $$t $(B) || exit 1 ;; esac; done
# Against the version before, OLD=COMMIT, which is built below build/.
check-upgrade: deps all tests
	$(Q)rm -rf build/old && git worktree prune && git worktree add -q --detach build/old $(or $(OLD),$(error OLD=COMMIT)) && \
	    $(MAKE) --no-print-directory -C build/old B=build/native-release all && OLD=build/old/build/native-release tests/e2e/upgrade.sh $(B)
check-long: deps ; $(Q)LONG=1 $(MAKE) --no-print-directory check-here
lint: ; $(Q)tests/lint.sh
folders: ; $(Q)tests/folders.py --write
tests: $(TESTS) $(TOOL) $(FUZZ)
parity: $(B)/earshot ; $(Q)tests/golden/parity.py $(B)/earshot $(SHARED)/corpus
mos: $(B)/earshot ; $(Q)tests/mos/table.py $(B)/earshot $(MOS)
bench: all $(TOOL) ; $(Q)tests/bench/run.sh $(B)
fuzz: ; $(Q)tests/fuzz/run.sh
mutants: ; $(Q)tests/mutants/run.py $(VARIANT) "$(DIR)" $(or $(N),40) $(or $(SEED),1)
attack: all $(TOOL) ; $(Q)$(MAKE) --no-print-directory VARIANT=asan all && tests/attack/run.sh
# A program that was built for another machine cannot be asked.
completions: $(BIN)
	$(Q)for p in $(notdir $(BIN)); do for s in bash zsh fish; do \
	    mkdir -p $(B)/completions/$$s && $(RUN) $(B)/$$p --print-completion $$s >$(B)/completions/$$s/$$p || exit 1; done; done
deb: all ; $(Q)packaging/deb/build.sh $(B)
# Of static programs: they run on any Linux of this processor.
tarball rpm ipk: ; $(Q)packaging/deps.sh packages && $(MAKE) --no-print-directory CROSS=musl deps && \
	    $(MAKE) --no-print-directory CROSS=musl all && packaging/$@/build.sh build/musl-release
release: deps ; $(Q)packaging/release.sh
check-tarball: deps all tarball ; $(Q)for t in tarball formats sbom; do tests/packaging/$$t.sh $(B) || exit 1; done
# From a fresh compile, in two directories.
check-reproducible: deps ; $(Q)$(MAKE) --no-print-directory CROSS=musl deps && REPRODUCIBLE=1 tests/packaging/reproducible.sh
install: all ; $(Q)SYSCONFDIR="$(SYSCONFDIR)" LIBDIR="$(LIBDIR)" UNITDIR="$(UNITDIR)" packaging/install.sh $(B) "$(DESTDIR)" "$(PREFIX)" $(PARTS)
clean: ; rm -rf build
help:
	@echo "demo      one real call, three agents, one verdict; ONCE=1: without waiting for Ctrl-C"
	@echo "check     everything the project promises; check-here: installs nothing; check-long: sweeps in full"
	@echo "all       programs and archives in $(B); libs, tests: parts of it"
	@echo "completions  for bash, zsh and fish, into $(B)/completions; install has them, too"
	@echo "install   DESTDIR= PREFIX=$(PREFIX) SYSCONFDIR=$(SYSCONFDIR) LIBDIR= UNITDIR= PARTS=; clean: removes build/"
	@echo "deb       Debian packages into build/packages/      check-packages  installs and runs them under systemd"
	@echo "release   every package, bills of materials, checksums    check-reproducible  packages twice from a fresh compile"
	@echo "tarball   static programs for any Linux of this processor; rpm, ipk: the same for Fedora, RHEL, SUSE; OpenWrt"
	@echo "check-tarball  runs these in an empty root    check-upgrade  OLD=COMMIT: to and from another version, each record counted"
	@echo "lint      format, static analysis, layers    parity    earshot read against the truth"
	@echo "mos       scores against speech, MOS=DIR     bench     what measuring costs"
	@echo "folders   puts the sizes of folders into docs/ARCHITECTURE.md"
	@echo "attack    the shared fault scripts, as root; ROUNDS=2, or tests/attack/run.sh SCRIPT"
	@echo "mutants   faults planted in DIR=agent/spool, N=40 SEED=7; E2E=1: scripts look too"
	@echo "fuzz      long runs, short by default        deps      system packages, as root or by sudo"
	@echo "VARIANT=  release debug asan tsan fuzz cov   CROSS=    another machine, one of cross/*.mk: deps, all, check"
	@echo "V=1       shows commands"
.PHONY: all completions libs deps deps-demo demo check check-here check-cross check-long lint folders tests parity mos bench fuzz mutants attack deb tarball rpm ipk release check-tarball check-reproducible check-packages check-upgrade install clean help
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
