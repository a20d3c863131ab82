# SPDX-License-Identifier: Apache-2.0
# IBM Z: the one big-endian target, so that byte order is never guessed.
DEBIAN_ARCH  := s390x
DEBIAN_SUITE := bookworm
QEMU := qemu-s390x
include cross/debian.mk
