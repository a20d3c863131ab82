# SPDX-License-Identifier: Apache-2.0
# 32-bit Arm with floating point: gateways, older single-board computers.
DEBIAN_ARCH  := armhf
DEBIAN_SUITE := bookworm
QEMU := qemu-arm
include cross/debian.mk
