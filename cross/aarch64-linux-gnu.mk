# SPDX-License-Identifier: Apache-2.0
# 64-bit Arm: SBC appliances, single-board computers, servers.
DEBIAN_ARCH  := arm64
DEBIAN_SUITE := bookworm
QEMU := qemu-aarch64
include cross/debian.mk
