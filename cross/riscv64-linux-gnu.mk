# SPDX-License-Identifier: Apache-2.0
# 64-bit RISC-V; Debian has it from release 13 on, with mbedtls 3.6.
DEBIAN_ARCH  := riscv64
DEBIAN_SUITE := trixie
QEMU := qemu-riscv64
include cross/debian.mk
