# SPDX-License-Identifier: Apache-2.0
# What all targets with Debian's libraries share: a system root below build/, filled by `make CROSS=... deps`, and
# the emulator that runs what was built. Nothing of it is installed on this machine.
SYSROOT := build/sysroot/$(CROSS)/root
RUN     := $(QEMU) -L $(SYSROOT)
CC      += --sysroot=$(SYSROOT)
PKG_CONFIG := PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) \
    PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/$(CROSS)/pkgconfig:$(SYSROOT)/usr/share/pkgconfig pkg-config
FILL_SYSROOT := cross/sysroot.sh $(CROSS) $(DEBIAN_ARCH) $(DEBIAN_SUITE) build/sysroot/$(CROSS)
