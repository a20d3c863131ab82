#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What ansible-lint has to say of the roles and playbooks; tests/packaging/boot/ansible.sh runs them.
# usage: tests/packaging/ansible.sh [BUILD_DIR]
cd "$(dirname "$0")/../.." || exit 2
command -v ansible-lint >/dev/null || { echo "skip ansible_lint: ansible-lint is not installed"; exit 0; }
export LC_ALL=C.UTF-8
if said=$(ansible-lint --nocolor -q -p -c packaging/ansible/.ansible-lint packaging/ansible 2>&1); then
	echo "ok ansible_lint"
else
	echo "FAIL ansible_lint: $(echo "$said" | head -n 4 | tr '\n' ' ')"
	exit 1
fi
