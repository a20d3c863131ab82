# SPDX-License-Identifier: Apache-2.0
# 32-bit MIPS, little-endian: routers and customer premises gateways.
DEBIAN_ARCH  := mipsel
DEBIAN_SUITE := bookworm
QEMU := qemu-mipsel
include cross/debian.mk
