# SPDX-License-Identifier: Apache-2.0
# This machine's processor with musl: programs that are static and run on any Linux, in an empty root, too. Position-
# independent all the same, since the parser reads what strangers send.
SYSROOT := build/sysroot/musl
RUN     :=
CC      = gcc -specs=$(SYSROOT)/static-pie.specs -isystem $(SYSROOT)/include -L$(SYSROOT)/lib -Wl,--gc-sections -Wl,-Map=$@.map \
    -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables
AR      := ar
PKG_CONFIG := PKG_CONFIG_LIBDIR=$(SYSROOT)/lib/pkgconfig pkg-config --static
FILL_SYSROOT := cross/musl.sh $(SYSROOT)
